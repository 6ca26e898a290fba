//! The parameters of mechanisms.
#![allow(missing_docs, reason = "the fields are those of the standard's structures")]

use super::{Attribute, Bool, Ulong, Version};
use crate::boundary::{Array, ArrayAfterLen, Bytes, BytesAfterLen, In, Out, Start};

/// `CK_AES_CTR_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AesCtrParams {
    pub counter_bits: Ulong,
    pub block: [u8; 16],
}

/// `CK_GCM_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct GcmParams {
    pub iv: Bytes,
    pub iv_bits: Ulong,
    pub aad: Bytes,
    pub tag_bits: Ulong,
}

/// `CK_GCM_PARAMS` without the IV's bits, as headers before v2.40's errata had it; many clients still do.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ShortGcmParams {
    pub iv: Bytes,
    pub aad: Bytes,
    pub tag_bits: Ulong,
}

/// `CK_CCM_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct CcmParams {
    pub data_len: Ulong,
    pub nonce: Bytes,
    pub aad: Bytes,
    pub mac_len: Ulong,
}

/// `CK_SALSA20_CHACHA20_POLY1305_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ChaChaPolyParams {
    pub nonce: Bytes,
    pub aad: Bytes,
}

/// `CK_GCM_MESSAGE_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct GcmMessageParams {
    pub iv: Bytes,
    pub fixed_bits: Ulong,
    pub generator: Ulong,
    pub tag: Start,
    pub tag_bits: Ulong,
}

/// `CK_CCM_MESSAGE_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct CcmMessageParams {
    pub data_len: Ulong,
    pub nonce: Bytes,
    pub fixed_bits: Ulong,
    pub generator: Ulong,
    pub mac: Bytes,
}

/// `CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ChaChaPolyMessageParams {
    pub nonce: Bytes,
    pub tag: Start,
}

/// `CK_RSA_PKCS_OAEP_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct OaepParams {
    pub hash: Ulong,
    pub mgf: Ulong,
    pub source: Ulong,
    pub source_data: Bytes,
}

/// `CK_RSA_PKCS_PSS_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct PssParams {
    pub hash: Ulong,
    pub mgf: Ulong,
    pub salt_len: Ulong,
}

/// `CK_RSA_AES_KEY_WRAP_PARAMS`; the pointer is to [`OaepParams`].
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct RsaAesKeyWrapParams {
    pub aes_bits: Ulong,
    pub oaep: In<OaepParams>,
}

/// `CK_ECDH1_DERIVE_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct EcdhParams {
    pub kdf: Ulong,
    pub shared: BytesAfterLen,
    pub public: BytesAfterLen,
}

/// `CK_EDDSA_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct EddsaParams {
    pub prehash: Bool,
    pub context: BytesAfterLen,
}

/// `CK_SIGN_ADDITIONAL_CONTEXT`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SignContext {
    pub hedge: Ulong,
    pub context: Bytes,
}

/// `CK_HASH_SIGN_ADDITIONAL_CONTEXT`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct HashSignContext {
    pub hedge: Ulong,
    pub context: Bytes,
    pub hash: Ulong,
}

/// `CKH_DETERMINISTIC_REQUIRED`; the other two kinds take what the token prefers, which is randomness.
pub const DETERMINISTIC_REQUIRED: Ulong = 2;

/// `CK_KEY_DERIVATION_STRING_DATA`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct StringData {
    pub data: Bytes,
}

/// `CK_AES_CBC_ENCRYPT_DATA_PARAMS` and, with 8 bytes, `CK_DES_CBC_ENCRYPT_DATA_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct CbcEncryptDataParams<const BLOCK: usize> {
    pub iv: [u8; BLOCK],
    pub data: Bytes,
}

/// `CK_HKDF_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct HkdfParams {
    pub extract: Bool,
    pub expand: Bool,
    pub hash: Ulong,
    pub salt_type: Ulong,
    pub salt: Bytes,
    pub salt_key: Ulong,
    pub info: Bytes,
}

/// `CKF_HKDF_SALT_NULL`.
pub const HKDF_SALT_NULL: Ulong = 1;
/// `CKF_HKDF_SALT_DATA`.
pub const HKDF_SALT_DATA: Ulong = 2;
/// `CKF_HKDF_SALT_KEY`.
pub const HKDF_SALT_KEY: Ulong = 4;

/// `CK_PKCS5_PBKD2_PARAMS2`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Pbkdf2Params {
    pub salt_source: Ulong,
    pub salt: Bytes,
    pub iterations: Ulong,
    pub prf: Ulong,
    pub prf_data: Bytes,
    pub password: Bytes,
}

/// `CK_SP800_108_KDF_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct CounterKdfParams {
    pub prf: Ulong,
    pub fields: ArrayAfterLen<PrfDataParam>,
    pub additional: ArrayAfterLen<DerivedKey>,
}

/// `CK_SP800_108_FEEDBACK_KDF_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FeedbackKdfParams {
    pub prf: Ulong,
    pub fields: ArrayAfterLen<PrfDataParam>,
    pub iv: BytesAfterLen,
    pub additional: ArrayAfterLen<DerivedKey>,
}

/// `CK_DERIVED_KEY`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct DerivedKey {
    pub template: Array<Attribute>,
    pub key: Out<Ulong>,
}

/// `CK_PRF_DATA_PARAM`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct PrfDataParam {
    pub kind: Ulong,
    pub value: Bytes,
}

/// `CK_SP800_108_ITERATION_VARIABLE`.
pub const PRF_ITERATION: Ulong = 1;
/// `CK_SP800_108_OPTIONAL_COUNTER`.
pub const PRF_COUNTER: Ulong = 2;
/// `CK_SP800_108_DKM_LENGTH`.
pub const PRF_LENGTH: Ulong = 3;
/// `CK_SP800_108_BYTE_ARRAY`.
pub const PRF_BYTES: Ulong = 4;

/// `CK_SP800_108_COUNTER_FORMAT`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct CounterFormat {
    pub little_endian: Bool,
    pub bits: Ulong,
}

/// `CK_SP800_108_DKM_LENGTH_FORMAT`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct LengthFormat {
    pub method: Ulong,
    pub little_endian: Bool,
    pub bits: Ulong,
}

/// `CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS`.
pub const LENGTH_OF_KEYS: Ulong = 1;
/// `CK_SP800_108_DKM_LENGTH_SUM_OF_SEGMENTS`.
pub const LENGTH_OF_SEGMENTS: Ulong = 2;

/// `CK_SSL3_RANDOM_DATA`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct TlsRandoms {
    pub client: Bytes,
    pub server: Bytes,
}

/// `CK_TLS12_MASTER_KEY_DERIVE_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct TlsMasterParams {
    pub randoms: TlsRandoms,
    pub version: Out<Version>,
    pub prf: Ulong,
}

/// `CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct TlsExtendedMasterParams {
    pub prf: Ulong,
    pub session_hash: Bytes,
    pub version: Out<Version>,
}

/// `CK_TLS12_KEY_MAT_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct TlsKeyMatParams {
    pub mac_bits: Ulong,
    pub key_bits: Ulong,
    pub iv_bits: Ulong,
    pub export: Bool,
    pub randoms: TlsRandoms,
    pub out: Out<TlsKeyMatOut>,
    pub prf: Ulong,
}

/// `CK_SSL3_KEY_MAT_OUT`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct TlsKeyMatOut {
    pub keys: [Ulong; 4],
    pub client_iv: Out<u8>,
    pub server_iv: Out<u8>,
}

/// `CK_TLS_KDF_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct TlsKdfParams {
    pub prf: Ulong,
    pub label: Bytes,
    pub randoms: TlsRandoms,
    pub context: Bytes,
}

/// `CK_TLS_MAC_PARAMS`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct TlsMacParams {
    pub prf: Ulong,
    pub length: Ulong,
    pub server_or_client: Ulong,
}
