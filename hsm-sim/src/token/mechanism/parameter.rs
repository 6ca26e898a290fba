//! The parameters of mechanisms, as values.

use crypto::SecretBytes;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::token::mechanism::Hash;
use crate::token::{ObjectHandle, Template};

/// A nonce or IV. Nearly every one is short, and takes no allocation.
pub type Nonce = SmallVec<[u8; 16]>;

/// Which parameter a mechanism takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParameterForm {
    /// None.
    None,
    /// An IV or other bytes, given as they are.
    Bytes,
    /// A length: `CK_MAC_GENERAL_PARAMS`, `CK_EXTRACT_PARAMS`.
    Number,
    /// `CK_AES_CTR_PARAMS`.
    Counter,
    /// `CK_GCM_PARAMS`.
    Gcm,
    /// `CK_GCM_PARAMS` without additional data, or a bare IV.
    Gmac,
    /// `CK_CCM_PARAMS`.
    Ccm,
    /// `CK_SALSA20_CHACHA20_POLY1305_PARAMS`.
    ChaChaPoly,
    /// `CK_RSA_PKCS_OAEP_PARAMS`.
    Oaep,
    /// `CK_RSA_PKCS_PSS_PARAMS`.
    Pss,
    /// `CK_RSA_AES_KEY_WRAP_PARAMS`.
    RsaAesWrap,
    /// `CK_ECDH1_DERIVE_PARAMS`.
    Ecdh,
    /// `CK_EDDSA_PARAMS`, or none.
    Eddsa,
    /// `CK_SIGN_ADDITIONAL_CONTEXT`, or none.
    MlDsa,
    /// `CK_HASH_SIGN_ADDITIONAL_CONTEXT`.
    HashMlDsa,
    /// `CK_KEY_DERIVATION_STRING_DATA`.
    StringData,
    /// `CK_AES_CBC_ENCRYPT_DATA_PARAMS` and its like.
    IvAndData,
    /// A key's handle.
    Key,
    /// `CK_HKDF_PARAMS`.
    Hkdf,
    /// `CK_PKCS5_PBKD2_PARAMS2`.
    Pbkdf2,
    /// `CK_SP800_108_KDF_PARAMS`.
    CounterKdf,
    /// `CK_SP800_108_FEEDBACK_KDF_PARAMS`.
    FeedbackKdf,
    /// `CK_VERSION`.
    Version,
    /// `CK_TLS12_MASTER_KEY_DERIVE_PARAMS`.
    TlsMaster,
    /// `CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS`.
    TlsExtendedMaster,
    /// `CK_TLS12_KEY_MAT_PARAMS`.
    TlsKeys,
    /// `CK_TLS_KDF_PARAMS`.
    TlsKdf,
    /// `CK_TLS_MAC_PARAMS`.
    TlsMac,
}

/// The parameter of a mechanism.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of the standard's structures")]
pub enum Parameter {
    /// None was given.
    None,
    /// What was given is not of the mechanism's form. It fits no mechanism and is refused when its turn comes, after the key.
    Malformed,
    /// [`ParameterForm::Bytes`], [`ParameterForm::StringData`].
    Bytes(Vec<u8>),
    /// [`ParameterForm::Number`].
    Number(u64),
    /// [`ParameterForm::Key`].
    Key(ObjectHandle),
    /// The counter block and how many of its last bits count.
    Counter { bits: u64, block: [u8; 16] },
    /// The IV is empty when the HSM shall make it.
    Gcm { iv: Nonce, aad: Vec<u8>, tag_bits: u64 },
    /// The length of the data is announced.
    Ccm { data_len: u64, nonce: Nonce, aad: Vec<u8>, mac_len: u64 },
    /// The nonce in bytes.
    ChaChaPoly { nonce: Nonce, aad: Vec<u8> },
    /// The label is the source data.
    Oaep { hash: Hash, mgf: Hash, label: Vec<u8> },
    /// The salt's length in bytes.
    Pss { hash: Hash, mgf: Hash, salt_len: u64 },
    /// The bits of the AES key that is made for the purpose.
    RsaAesWrap { aes_bits: u64, hash: Hash, mgf: Hash, label: Vec<u8> },
    /// The number of the key derivation function, what it mixes in, and the other party's point as it was given.
    Ecdh { kdf: u64, shared: Vec<u8>, public: Vec<u8> },
    /// The variant and its context.
    Eddsa { prehash: bool, context: Vec<u8> },
    /// Whether the same message shall have the same signature; the context; the digest, if the parameter names one.
    MlDsa { deterministic: bool, context: Vec<u8>, hash: Option<Hash> },
    /// IV and data.
    IvAndData { iv: Vec<u8>, data: Vec<u8> },
    /// HKDF: which halves, the digest, the salt and the info.
    Hkdf { extract: bool, expand: bool, hash: Hash, salt: Salt, info: Vec<u8> },
    /// PBKDF2.
    Pbkdf2 {
        salt: Vec<u8>,
        iterations: u64,
        prf: Hash,
        #[serde(with = "crate::token::travel")]
        password: SecretBytes,
    },
    /// SP 800-108: pseudo-random function (a mechanism's number), data fields in order, the feedback's IV, the templates of
    /// further keys.
    CounterKdf { prf: u64, fields: Vec<KdfField>, iv: Vec<u8>, further: Vec<Template> },
    /// The version of the protocol that a premaster secret begins with.
    Version([u8; 2]),
    /// What a master secret is made from, and whether the version in the premaster secret shall be told.
    TlsMaster { prf: Hash, seed: MasterSeed, tells_version: bool },
    /// The lengths of the keys and IVs of one direction, in bits.
    TlsKeys { prf: Hash, client: Vec<u8>, server: Vec<u8>, mac_bits: u64, key_bits: u64, iv_bits: u64 },
    /// The randoms of client and server stand before the context.
    TlsKdf { prf: Hash, label: Vec<u8>, client: Vec<u8>, server: Vec<u8>, context: Vec<u8> },
    /// The code of a Finished message, in bytes.
    TlsMac { prf: Hash, length: u64, client: bool },
}

/// [`Parameter::Gcm`] as an edge finds it, to be copied once.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the fields are those of the standard's structure")]
pub struct Gcm<'a> {
    pub iv: &'a [u8],
    pub aad: &'a [u8],
    pub tag_bits: u64,
}

impl From<Gcm<'_>> for Parameter {
    fn from(gcm: Gcm<'_>) -> Self {
        Self::Gcm { iv: Nonce::from_slice(gcm.iv), aad: gcm.aad.to_vec(), tag_bits: gcm.tag_bits }
    }
}

impl Parameter {
    /// The parameter of GCM, if it is one.
    pub(crate) fn gcm(&self) -> Option<Gcm<'_>> {
        match self {
            Self::Gcm { iv, aad, tag_bits } => Some(Gcm { iv, aad, tag_bits: *tag_bits }),
            _ => None,
        }
    }
}

/// What a master secret of TLS is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of the standard's structures")]
pub enum MasterSeed {
    /// The randoms of both sides (RFC 5246).
    Randoms { client: Vec<u8>, server: Vec<u8> },
    /// The digest of the handshake (RFC 7627).
    Session(Vec<u8>),
}

/// The salt of HKDF.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Salt {
    /// Zeros.
    Null,
    /// These bytes.
    Data(Vec<u8>),
    /// The value of a key.
    Key(ObjectHandle),
}

/// A field of the data that SP 800-108 puts through its function, in the order given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of the standard's structures")]
pub enum KdfField {
    /// What chains the blocks: the counter in this form, or (none) the previous block.
    Iteration(Option<CounterForm>),
    /// The counter beside the previous block.
    Counter(CounterForm),
    /// Bytes.
    Bytes(Vec<u8>),
    /// The length of the derived material, of its segments when `segments`, else of the keys.
    Length { segments: bool, form: CounterForm },
}

/// How an integer is written into the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of the standard's structures")]
pub struct CounterForm {
    pub little_endian: bool,
    pub bits: u64,
}
