//! Every mechanism in one table: number, parameter, key types, key sizes, what it is for, who offers it, how it is done.

use std::ops::BitOr;

use crypto::asymmetric::ml_dsa::Prehash;
use crypto::hash::Shake;
use crypto::symmetric::KeyWrap;
use serde::{Deserialize, Serialize};

use crate::object::KeyType;
use crate::token::derive::KdfMode;
use crate::token::mechanism::{Hash, ParameterForm};

/// What a mechanism can be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Uses(u32);

#[allow(missing_docs, reason = "the names say it")]
impl Uses {
    pub const ENCRYPT: Self = Self(1);
    pub const DECRYPT: Self = Self(1 << 1);
    pub const DIGEST: Self = Self(1 << 2);
    pub const SIGN: Self = Self(1 << 3);
    pub const SIGN_RECOVER: Self = Self(1 << 4);
    pub const VERIFY: Self = Self(1 << 5);
    pub const VERIFY_RECOVER: Self = Self(1 << 6);
    pub const GENERATE: Self = Self(1 << 7);
    pub const GENERATE_PAIR: Self = Self(1 << 8);
    pub const WRAP: Self = Self(1 << 9);
    pub const UNWRAP: Self = Self(1 << 10);
    pub const DERIVE: Self = Self(1 << 11);
    /// Elliptic curves over prime fields, named, with uncompressed points.
    pub const EC: Self = Self(1 << 12);
    pub const MESSAGE_ENCRYPT: Self = Self(1 << 13);
    pub const MESSAGE_DECRYPT: Self = Self(1 << 14);
    pub const MESSAGE_SIGN: Self = Self(1 << 15);
    pub const MESSAGE_VERIFY: Self = Self(1 << 16);
    /// Messages may come in pieces.
    pub const MULTI_MESSAGE: Self = Self(1 << 17);
    pub const ENCAPSULATE: Self = Self(1 << 18);
    pub const DECAPSULATE: Self = Self(1 << 19);
    /// For nothing.
    pub(super) const NONE: Self = Self(0);

    /// Those that are not among `uses`.
    #[must_use]
    pub const fn without(self, uses: Self) -> Self {
        Self(self.0 & !uses.0)
    }

    /// Whether all of `uses` are among them.
    pub const fn has(self, uses: Self) -> bool {
        self.0 & uses.0 == uses.0
    }
}

impl BitOr for Uses {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Who offers a mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shelf {
    /// Both personalities.
    Both,
    /// `cloudhsm` only.
    CloudHsm,
    /// `generic` only.
    Generic,
    /// No token.
    Nobody,
}

/// How much of a code is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mac {
    /// All of it, or as much as the mechanism always sends.
    Whole,
    /// As many bytes as the parameter says.
    General,
}

/// How a mechanism is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    Digest(Hash),
    Hmac(Hash, Mac),
    Ecb,
    Cbc,
    CbcPad,
    Ctr,
    Gcm,
    /// With an IV that the HSM makes and puts in front.
    GcmPrefixed,
    Ccm,
    ChaChaPoly,
    Cmac(Mac),
    Gmac,
    /// Encryption, and signatures of data that is padded only.
    RsaPkcs,
    RsaBare,
    RsaOaep,
    /// PKCS#1 v1.5 of a digest made here.
    RsaSign(Hash),
    /// PSS, of a digest made here or of the caller's.
    RsaPss(Option<Hash>),
    /// The same of ECDSA.
    Ecdsa(Option<Hash>),
    Eddsa,
    MlDsa,
    /// ML-DSA of a digest made here or of the caller's.
    HashMlDsa(Option<Prehash>),
    MlKem,
    /// Random bytes become a key of this type.
    Generate(KeyType),
    GeneratePair(KeyType),
    /// A password becomes a key.
    FromPassword,
    KeyWrap(KeyWrap),
    RsaAesWrap,
    Ecdh,
    Hkdf,
    CounterKdf(KdfMode),
    Join(Join),
    /// The digest of a key is the new key.
    HashKey(Hash),
    /// So is the encryption of some data.
    EncryptData,
    /// A version and random bytes.
    TlsPremaster,
    /// A master secret, from a premaster secret that begins with a version or from an agreed one.
    TlsMaster {
        versioned: bool,
    },
    /// Four keys, with or without IVs.
    TlsKeys {
        ivs: bool,
    },
    TlsKdf,
    TlsMac,
    /// Not at all.
    Unknown,
}

/// Simple derivations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Join {
    BaseAndKey,
    BaseAndData,
    DataAndBase,
    Xor,
    Extract,
}

impl Body {
    /// Whether what is signed may come in pieces.
    pub(crate) const fn signs_pieces(self) -> bool {
        !matches!(
            self,
            Self::RsaPkcs
                | Self::RsaBare
                | Self::RsaPss(None)
                | Self::Ecdsa(None)
                | Self::Eddsa
                | Self::HashMlDsa(None)
        )
    }

    /// Whether a key derived so shows the value of its base.
    pub(crate) const fn keeps_secrets(self) -> bool {
        matches!(self, Self::Join(_))
    }
}

pub(super) struct Row {
    pub(super) form: ParameterForm,
    pub(super) keys: &'static [KeyType],
    pub(super) sizes: (u64, u64),
    pub(super) uses: Uses,
    pub(super) shelf: Shelf,
    pub(super) body: Body,
}

const UNKNOWN: Row = Row {
    form: ParameterForm::None,
    keys: NONE,
    sizes: (0, 0),
    uses: Uses(0),
    shelf: Shelf::Nobody,
    body: Body::Unknown,
};

macro_rules! mechanisms {
    ($($variant:ident = $number:literal, $form:ident, $keys:ident, $min:literal..=$max:literal, $($use:ident)|+, $shelf:ident, $body:expr;)*) => {
        /// A mechanism that some token has; it travels as its number.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(from = "u64", into = "u64")]
        pub enum MechanismType {
            $(#[doc = concat!("Number ", stringify!($number), ".")] $variant,)*
            /// One that no token has: it is refused when its turn comes, after the key's handle.
            Unknown,
        }

        impl MechanismType {
            /// Every mechanism, in the order of listings.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The mechanism of this number.
            pub const fn from_number(number: u64) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The standard's number.
            pub const fn number(self) -> u64 {
                match self {
                    $(Self::$variant => $number,)*
                    Self::Unknown => u64::MAX,
                }
            }

            pub(super) const fn row(self) -> &'static Row {
                match self {
                    $(Self::$variant => &const {
                        Row {
                            form: ParameterForm::$form,
                            keys: $keys,
                            sizes: ($min, $max),
                            uses: Uses(0 $(| Uses::$use.0)+),
                            shelf: Shelf::$shelf,
                            body: $body,
                        }
                    },)*
                    Self::Unknown => &UNKNOWN,
                }
            }
        }
    };
}

use Body::{
    Cmac, CounterKdf, Digest, Ecdsa, FromPassword, Generate, GeneratePair, HashKey, HashMlDsa, Hmac, RsaPss, RsaSign,
    TlsKeys, TlsMaster,
};
use Mac::{General, Whole};

const NONE: &[KeyType] = &[];
const AES: &[KeyType] = &[KeyType::Aes];
const DES: &[KeyType] = &[KeyType::Des];
const DES3: &[KeyType] = &[KeyType::TripleDes];
const CHACHA: &[KeyType] = &[KeyType::ChaCha20];
const RSA: &[KeyType] = &[KeyType::Rsa];
const EC: &[KeyType] = &[KeyType::Ec];
const EDWARDS: &[KeyType] = &[KeyType::Edwards];
const ECDH: &[KeyType] = &[KeyType::Ec, KeyType::Montgomery];
const HKDF: &[KeyType] = &[KeyType::Hkdf];
/// Any secret key.
const SECRET: &[KeyType] =
    &[KeyType::Generic, KeyType::Aes, KeyType::Hkdf, KeyType::Des, KeyType::TripleDes, KeyType::ChaCha20];
const ML_DSA: &[KeyType] = &[KeyType::MlDsa];
const ML_KEM: &[KeyType] = &[KeyType::MlKem];
const MONTGOMERY: &[KeyType] = &[KeyType::Montgomery];
const GENERIC: &[KeyType] = &[KeyType::Generic];
mechanisms! {
    Md5 = 0x210, None, NONE, 0..=0, DIGEST, Generic, Digest(Hash::Md5);
    Md5Hmac = 0x211, None, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Md5, Whole);
    Md5HmacGeneral = 0x212, Number, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Md5, General);
    Sha1 = 0x220, None, NONE, 0..=0, DIGEST, Both, Digest(Hash::Sha1);
    Sha1Hmac = 0x221, None, GENERIC, 1..=800, SIGN | VERIFY, Both, Hmac(Hash::Sha1, Whole);
    Sha1HmacGeneral = 0x222, Number, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Sha1, General);
    Sha224 = 0x255, None, NONE, 0..=0, DIGEST, Both, Digest(Hash::Sha224);
    Sha224Hmac = 0x256, None, GENERIC, 1..=800, SIGN | VERIFY, Both, Hmac(Hash::Sha224, Whole);
    Sha224HmacGeneral = 0x257, Number, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Sha224, General);
    Sha256 = 0x250, None, NONE, 0..=0, DIGEST, Both, Digest(Hash::Sha256);
    Sha256Hmac = 0x251, None, GENERIC, 1..=800, SIGN | VERIFY, Both, Hmac(Hash::Sha256, Whole);
    Sha256HmacGeneral = 0x252, Number, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Sha256, General);
    Sha384 = 0x260, None, NONE, 0..=0, DIGEST, Both, Digest(Hash::Sha384);
    Sha384Hmac = 0x261, None, GENERIC, 1..=800, SIGN | VERIFY, Both, Hmac(Hash::Sha384, Whole);
    Sha384HmacGeneral = 0x262, Number, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Sha384, General);
    Sha512 = 0x270, None, NONE, 0..=0, DIGEST, Both, Digest(Hash::Sha512);
    Sha512Hmac = 0x271, None, GENERIC, 1..=800, SIGN | VERIFY, Both, Hmac(Hash::Sha512, Whole);
    Sha512HmacGeneral = 0x272, Number, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Sha512, General);
    Sha512T224 = 0x48, None, NONE, 0..=0, DIGEST, Generic, Digest(Hash::Sha512_224);
    Sha512T224Hmac = 0x49, None, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Sha512_224, Whole);
    Sha512T224HmacGeneral = 0x4a, Number, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Sha512_224, General);
    Sha512T256 = 0x4c, None, NONE, 0..=0, DIGEST, Generic, Digest(Hash::Sha512_256);
    Sha512T256Hmac = 0x4d, None, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Sha512_256, Whole);
    Sha512T256HmacGeneral = 0x4e, Number, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Sha512_256, General);
    Sha3x224 = 0x2b5, None, NONE, 0..=0, DIGEST, Generic, Digest(Hash::Sha3_224);
    Sha3x224Hmac = 0x2b6, None, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Sha3_224, Whole);
    Sha3x224HmacGeneral = 0x2b7, Number, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Sha3_224, General);
    Sha3x256 = 0x2b0, None, NONE, 0..=0, DIGEST, Generic, Digest(Hash::Sha3_256);
    Sha3x256Hmac = 0x2b1, None, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Sha3_256, Whole);
    Sha3x256HmacGeneral = 0x2b2, Number, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Sha3_256, General);
    Sha3x384 = 0x2c0, None, NONE, 0..=0, DIGEST, Generic, Digest(Hash::Sha3_384);
    Sha3x384Hmac = 0x2c1, None, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Sha3_384, Whole);
    Sha3x384HmacGeneral = 0x2c2, Number, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Sha3_384, General);
    Sha3x512 = 0x2d0, None, NONE, 0..=0, DIGEST, Generic, Digest(Hash::Sha3_512);
    Sha3x512Hmac = 0x2d1, None, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Sha3_512, Whole);
    Sha3x512HmacGeneral = 0x2d2, Number, GENERIC, 1..=800, SIGN | VERIFY, Generic, Hmac(Hash::Sha3_512, General);
    GenericSecretKeyGen = 0x350, None, GENERIC, 8..=6400, GENERATE, Both, Generate(KeyType::Generic);
    Sha1KeyGen = 0x4003, None, NONE, 1..=800, GENERATE, Generic, Generate(KeyType::Sha1Hmac);
    Sha224KeyGen = 0x4004, None, NONE, 1..=800, GENERATE, Generic, Generate(KeyType::Sha224Hmac);
    Sha256KeyGen = 0x4005, None, NONE, 1..=800, GENERATE, Generic, Generate(KeyType::Sha256Hmac);
    Sha384KeyGen = 0x4006, None, NONE, 1..=800, GENERATE, Generic, Generate(KeyType::Sha384Hmac);
    Sha512KeyGen = 0x4007, None, NONE, 1..=800, GENERATE, Generic, Generate(KeyType::Sha512Hmac);
    Sha512T224KeyGen = 0x4008, None, NONE, 1..=800, GENERATE, Generic, Generate(KeyType::Sha512T224Hmac);
    Sha512T256KeyGen = 0x4009, None, NONE, 1..=800, GENERATE, Generic, Generate(KeyType::Sha512T256Hmac);
    Sha3x224KeyGen = 0x2b8, None, NONE, 1..=800, GENERATE, Generic, Generate(KeyType::Sha3x224Hmac);
    Sha3x256KeyGen = 0x2b3, None, NONE, 1..=800, GENERATE, Generic, Generate(KeyType::Sha3x256Hmac);
    Sha3x384KeyGen = 0x2c3, None, NONE, 1..=800, GENERATE, Generic, Generate(KeyType::Sha3x384Hmac);
    Sha3x512KeyGen = 0x2d3, None, NONE, 1..=800, GENERATE, Generic, Generate(KeyType::Sha3x512Hmac);
    AesKeyGen = 0x1080, None, AES, 16..=32, GENERATE, Both, Generate(KeyType::Aes);
    AesEcb = 0x1081, None, AES, 16..=32, ENCRYPT | DECRYPT | WRAP | UNWRAP, Both, Body::Ecb;
    AesCbc = 0x1082, Bytes, AES, 16..=32, ENCRYPT | DECRYPT | WRAP | UNWRAP, Both, Body::Cbc;
    AesCbcPad = 0x1085, Bytes, AES, 16..=32, ENCRYPT | DECRYPT | WRAP | UNWRAP, Both, Body::CbcPad;
    AesCtr = 0x1086, Counter, AES, 16..=32, ENCRYPT | DECRYPT | WRAP | UNWRAP, Both, Body::Ctr;
    AesGcm = 0x1087, Gcm, AES, 16..=32, ENCRYPT | DECRYPT | WRAP | UNWRAP, Both, Body::Gcm;
    CloudHsmAesGcm = 0x8000_1087, Gcm, AES, 16..=32, ENCRYPT | DECRYPT | WRAP | UNWRAP, CloudHsm, Body::GcmPrefixed;
    AesCcm = 0x1088, Ccm, AES, 16..=32, ENCRYPT | DECRYPT | WRAP | UNWRAP, Generic, Body::Ccm;
    AesCmac = 0x108a, None, AES, 16..=32, SIGN | VERIFY, Both, Cmac(Whole);
    AesCmacGeneral = 0x108b, Number, AES, 16..=32, SIGN | VERIFY, Generic, Cmac(General);
    AesGmac = 0x108e, Gmac, AES, 16..=32, SIGN | VERIFY, Generic, Body::Gmac;
    AesKeyWrap = 0x2109, Bytes, AES, 16..=32, WRAP | UNWRAP, Generic, Body::KeyWrap(KeyWrap::KW);
    AesKeyWrapPad = 0x210a, Bytes, AES, 16..=32, WRAP | UNWRAP, Generic, Body::KeyWrap(KeyWrap::KWP);
    AesKeyWrapKwp = 0x210b, Bytes, AES, 16..=32, WRAP | UNWRAP, Generic, Body::KeyWrap(KeyWrap::KWP);
    AesKeyWrapPkcs7 = 0x210c, Bytes, AES, 16..=32, WRAP | UNWRAP, Generic, Body::KeyWrap(KeyWrap::KW_PKCS7);
    CloudHsmAesKeyWrapNoPad = 0x8000_2109, Bytes, AES, 16..=32, WRAP | UNWRAP, CloudHsm, Body::KeyWrap(KeyWrap::KW);
    CloudHsmAesKeyWrapPkcs5Pad = 0x8000_210a, Bytes, AES, 16..=32, WRAP | UNWRAP, CloudHsm, Body::KeyWrap(KeyWrap::KW_PKCS7);
    CloudHsmAesKeyWrapZeroPad = 0x8000_216f, None, AES, 16..=32, WRAP | UNWRAP, CloudHsm, Body::KeyWrap(KeyWrap::KWP);
    AesEcbEncryptData = 0x1104, StringData, AES, 16..=32, DERIVE, Generic, Body::EncryptData;
    AesCbcEncryptData = 0x1105, IvAndData, AES, 16..=32, DERIVE, Generic, Body::EncryptData;
    DesEcbEncryptData = 0x1100, StringData, DES, 8..=8, DERIVE, Generic, Body::EncryptData;
    DesCbcEncryptData = 0x1101, IvAndData, DES, 8..=8, DERIVE, Generic, Body::EncryptData;
    Des3EcbEncryptData = 0x1102, StringData, DES3, 24..=24, DERIVE, Generic, Body::EncryptData;
    Des3CbcEncryptData = 0x1103, IvAndData, DES3, 24..=24, DERIVE, Generic, Body::EncryptData;
    ConcatenateBaseAndKey = 0x360, Key, SECRET, 1..=800, DERIVE, Generic, Body::Join(Join::BaseAndKey);
    ConcatenateBaseAndData = 0x362, StringData, SECRET, 1..=800, DERIVE, Generic, Body::Join(Join::BaseAndData);
    ConcatenateDataAndBase = 0x363, StringData, SECRET, 1..=800, DERIVE, Generic, Body::Join(Join::DataAndBase);
    XorBaseAndData = 0x364, StringData, SECRET, 1..=800, DERIVE, Generic, Body::Join(Join::Xor);
    ExtractKeyFromKey = 0x365, Number, SECRET, 1..=800, DERIVE, Generic, Body::Join(Join::Extract);
    Sha1KeyDerivation = 0x392, None, SECRET, 1..=800, DERIVE, Generic, HashKey(Hash::Sha1);
    Sha256KeyDerivation = 0x393, None, SECRET, 1..=800, DERIVE, Generic, HashKey(Hash::Sha256);
    Sha384KeyDerivation = 0x394, None, SECRET, 1..=800, DERIVE, Generic, HashKey(Hash::Sha384);
    Sha512KeyDerivation = 0x395, None, SECRET, 1..=800, DERIVE, Generic, HashKey(Hash::Sha512);
    Sha512T224KeyDerivation = 0x4b, None, SECRET, 1..=800, DERIVE, Generic, HashKey(Hash::Sha512_224);
    Sha512T256KeyDerivation = 0x4f, None, SECRET, 1..=800, DERIVE, Generic, HashKey(Hash::Sha512_256);
    Sha3x256KeyDerivation = 0x397, None, SECRET, 1..=800, DERIVE, Generic, HashKey(Hash::Sha3_256);
    Sha3x224KeyDerivation = 0x398, None, SECRET, 1..=800, DERIVE, Generic, HashKey(Hash::Sha3_224);
    Sha3x384KeyDerivation = 0x399, None, SECRET, 1..=800, DERIVE, Generic, HashKey(Hash::Sha3_384);
    Sha3x512KeyDerivation = 0x39a, None, SECRET, 1..=800, DERIVE, Generic, HashKey(Hash::Sha3_512);
    Sha224KeyDerivation = 0x396, None, SECRET, 1..=800, DERIVE, Generic, HashKey(Hash::Sha224);
    HkdfKeyGen = 0x402c, None, HKDF, 8..=6400, GENERATE, Generic, Generate(KeyType::Hkdf);
    HkdfDerive = 0x402a, Hkdf, SECRET, 1..=800, DERIVE, Generic, Body::Hkdf;
    Pkcs5Pbkd2 = 0x3b0, Pbkdf2, NONE, 8..=6400, GENERATE, Generic, FromPassword;
    Sp800CounterKdf = 0x3ac, CounterKdf, SECRET, 1..=800, DERIVE, Generic, CounterKdf(KdfMode::Counter);
    Sp800FeedbackKdf = 0x3ad, FeedbackKdf, SECRET, 1..=800, DERIVE, Generic, CounterKdf(KdfMode::Feedback);
    Sp800DoublePipelineKdf = 0x3ae, CounterKdf, SECRET, 1..=800, DERIVE, Generic, CounterKdf(KdfMode::DoublePipeline);
    CloudHsmSp800CounterKdf = 0x8000_0001, CounterKdf, SECRET, 1..=800, DERIVE, CloudHsm, CounterKdf(KdfMode::Counter);
    TlsPreMasterKeyGen = 0x374, Version, GENERIC, 48..=48, GENERATE, Generic, Body::TlsPremaster;
    Tls12MasterKeyDerive = 0x3e0, TlsMaster, GENERIC, 48..=48, DERIVE, Generic, TlsMaster { versioned: true };
    Tls12MasterKeyDeriveDh = 0x3e2, TlsMaster, GENERIC, 1..=800, DERIVE, Generic, TlsMaster { versioned: false };
    Tls12ExtendedMasterKeyDerive = 0x56, TlsExtendedMaster, GENERIC, 48..=48, DERIVE, Generic, TlsMaster { versioned: true };
    Tls12ExtendedMasterKeyDeriveDh = 0x57, TlsExtendedMaster, GENERIC, 1..=800, DERIVE, Generic, TlsMaster { versioned: false };
    Tls12KeyAndMacDerive = 0x3e1, TlsKeys, GENERIC, 48..=48, DERIVE, Generic, TlsKeys { ivs: true };
    Tls12KeySafeDerive = 0x3e3, TlsKeys, GENERIC, 48..=48, DERIVE, Generic, TlsKeys { ivs: false };
    Tls12Kdf = 0x3d9, TlsKdf, GENERIC, 1..=800, DERIVE, Generic, Body::TlsKdf;
    TlsKdf = 0x3e5, TlsKdf, GENERIC, 1..=800, DERIVE, Generic, Body::TlsKdf;
    Tls12Mac = 0x3d8, TlsMac, GENERIC, 48..=48, SIGN | VERIFY, Generic, Body::TlsMac;
    TlsMac = 0x3e4, TlsMac, GENERIC, 48..=48, SIGN | VERIFY, Generic, Body::TlsMac;
    ChaCha20KeyGen = 0x1225, None, CHACHA, 32..=32, GENERATE, Generic, Generate(KeyType::ChaCha20);
    ChaCha20Poly1305 = 0x4021, ChaChaPoly, CHACHA, 32..=32, ENCRYPT | DECRYPT, Generic, Body::ChaChaPoly;
    DesKeyGen = 0x120, None, DES, 8..=8, GENERATE, Generic, Generate(KeyType::Des);
    DesEcb = 0x121, None, DES, 8..=8, ENCRYPT | DECRYPT | WRAP | UNWRAP, Generic, Body::Ecb;
    DesCbc = 0x122, Bytes, DES, 8..=8, ENCRYPT | DECRYPT | WRAP | UNWRAP, Generic, Body::Cbc;
    DesCbcPad = 0x125, Bytes, DES, 8..=8, ENCRYPT | DECRYPT | WRAP | UNWRAP, Generic, Body::CbcPad;
    Des3KeyGen = 0x131, None, DES3, 24..=24, GENERATE, Both, Generate(KeyType::TripleDes);
    Des3Ecb = 0x132, None, DES3, 24..=24, ENCRYPT | DECRYPT | WRAP | UNWRAP, Both, Body::Ecb;
    Des3Cbc = 0x133, Bytes, DES3, 24..=24, ENCRYPT | DECRYPT | WRAP | UNWRAP, Both, Body::Cbc;
    Des3CbcPad = 0x136, Bytes, DES3, 24..=24, ENCRYPT | DECRYPT | WRAP | UNWRAP, Both, Body::CbcPad;
    RsaPkcsKeyPairGen = 0x0, None, RSA, 512..=8192, GENERATE_PAIR, Both, GeneratePair(KeyType::Rsa);
    RsaX931KeyPairGen = 0xa, None, RSA, 512..=8192, GENERATE_PAIR, Both, GeneratePair(KeyType::Rsa);
    RsaPkcs = 0x1, None, RSA, 512..=8192, ENCRYPT | DECRYPT | SIGN | SIGN_RECOVER | VERIFY | VERIFY_RECOVER | WRAP | UNWRAP, Both, Body::RsaPkcs;
    RsaX509 = 0x3, None, RSA, 512..=8192, ENCRYPT | DECRYPT | SIGN | SIGN_RECOVER | VERIFY | VERIFY_RECOVER | WRAP | UNWRAP, Both, Body::RsaBare;
    RsaPkcsOaep = 0x9, Oaep, RSA, 512..=8192, ENCRYPT | DECRYPT | WRAP | UNWRAP, Both, Body::RsaOaep;
    RsaAesKeyWrap = 0x1054, RsaAesWrap, RSA, 512..=8192, WRAP | UNWRAP, Both, Body::RsaAesWrap;
    Md5RsaPkcs = 0x5, None, RSA, 512..=8192, SIGN | VERIFY, Generic, RsaSign(Hash::Md5);
    Sha1RsaPkcs = 0x6, None, RSA, 512..=8192, SIGN | VERIFY, Both, RsaSign(Hash::Sha1);
    Sha224RsaPkcs = 0x46, None, RSA, 512..=8192, SIGN | VERIFY, Both, RsaSign(Hash::Sha224);
    Sha256RsaPkcs = 0x40, None, RSA, 512..=8192, SIGN | VERIFY, Both, RsaSign(Hash::Sha256);
    Sha384RsaPkcs = 0x41, None, RSA, 512..=8192, SIGN | VERIFY, Both, RsaSign(Hash::Sha384);
    Sha512RsaPkcs = 0x42, None, RSA, 512..=8192, SIGN | VERIFY, Both, RsaSign(Hash::Sha512);
    Sha3x224RsaPkcs = 0x66, None, RSA, 512..=8192, SIGN | VERIFY, Generic, RsaSign(Hash::Sha3_224);
    Sha3x256RsaPkcs = 0x60, None, RSA, 512..=8192, SIGN | VERIFY, Generic, RsaSign(Hash::Sha3_256);
    Sha3x384RsaPkcs = 0x61, None, RSA, 512..=8192, SIGN | VERIFY, Generic, RsaSign(Hash::Sha3_384);
    Sha3x512RsaPkcs = 0x62, None, RSA, 512..=8192, SIGN | VERIFY, Generic, RsaSign(Hash::Sha3_512);
    RsaPkcsPss = 0xd, Pss, RSA, 512..=8192, SIGN | VERIFY, Both, RsaPss(None);
    Sha1RsaPkcsPss = 0xe, Pss, RSA, 512..=8192, SIGN | VERIFY, Both, RsaPss(Some(Hash::Sha1));
    Sha224RsaPkcsPss = 0x47, Pss, RSA, 512..=8192, SIGN | VERIFY, Both, RsaPss(Some(Hash::Sha224));
    Sha256RsaPkcsPss = 0x43, Pss, RSA, 512..=8192, SIGN | VERIFY, Both, RsaPss(Some(Hash::Sha256));
    Sha384RsaPkcsPss = 0x44, Pss, RSA, 512..=8192, SIGN | VERIFY, Both, RsaPss(Some(Hash::Sha384));
    Sha512RsaPkcsPss = 0x45, Pss, RSA, 512..=8192, SIGN | VERIFY, Both, RsaPss(Some(Hash::Sha512));
    Sha3x224RsaPkcsPss = 0x67, Pss, RSA, 512..=8192, SIGN | VERIFY, Generic, RsaPss(Some(Hash::Sha3_224));
    Sha3x256RsaPkcsPss = 0x63, Pss, RSA, 512..=8192, SIGN | VERIFY, Generic, RsaPss(Some(Hash::Sha3_256));
    Sha3x384RsaPkcsPss = 0x64, Pss, RSA, 512..=8192, SIGN | VERIFY, Generic, RsaPss(Some(Hash::Sha3_384));
    Sha3x512RsaPkcsPss = 0x65, Pss, RSA, 512..=8192, SIGN | VERIFY, Generic, RsaPss(Some(Hash::Sha3_512));
    EcKeyPairGen = 0x1040, None, EC, 224..=521, GENERATE_PAIR | EC, Both, GeneratePair(KeyType::Ec);
    Ecdsa = 0x1041, None, EC, 224..=521, SIGN | VERIFY | EC, Both, Ecdsa(None);
    EcdsaSha1 = 0x1042, None, EC, 224..=521, SIGN | VERIFY | EC, Both, Ecdsa(Some(Hash::Sha1));
    EcdsaSha224 = 0x1043, None, EC, 224..=521, SIGN | VERIFY | EC, Both, Ecdsa(Some(Hash::Sha224));
    EcdsaSha256 = 0x1044, None, EC, 224..=521, SIGN | VERIFY | EC, Both, Ecdsa(Some(Hash::Sha256));
    EcdsaSha384 = 0x1045, None, EC, 224..=521, SIGN | VERIFY | EC, Both, Ecdsa(Some(Hash::Sha384));
    EcdsaSha512 = 0x1046, None, EC, 224..=521, SIGN | VERIFY | EC, Both, Ecdsa(Some(Hash::Sha512));
    EcdsaSha3x224 = 0x1047, None, EC, 224..=521, SIGN | VERIFY | EC, Generic, Ecdsa(Some(Hash::Sha3_224));
    EcdsaSha3x256 = 0x1048, None, EC, 224..=521, SIGN | VERIFY | EC, Generic, Ecdsa(Some(Hash::Sha3_256));
    EcdsaSha3x384 = 0x1049, None, EC, 224..=521, SIGN | VERIFY | EC, Generic, Ecdsa(Some(Hash::Sha3_384));
    EcdsaSha3x512 = 0x104a, None, EC, 224..=521, SIGN | VERIFY | EC, Generic, Ecdsa(Some(Hash::Sha3_512));
    EcEdwardsKeyPairGen = 0x1055, None, EDWARDS, 255..=448, GENERATE_PAIR, Generic, GeneratePair(KeyType::Edwards);
    Eddsa = 0x1057, Eddsa, EDWARDS, 255..=448, SIGN | VERIFY, Generic, Body::Eddsa;
    EcdhDerive = 0x1050, Ecdh, ECDH, 224..=521, DERIVE | EC, Both, Body::Ecdh;
    EcdhCofactorDerive = 0x1051, Ecdh, ECDH, 224..=521, DERIVE | EC, Generic, Body::Ecdh;
    MlDsaKeyPairGen = 0x1c, None, ML_DSA, 1312..=2592, GENERATE_PAIR, Generic, GeneratePair(KeyType::MlDsa);
    MlDsa = 0x1d, MlDsa, ML_DSA, 1312..=2592, SIGN | VERIFY, Generic, Body::MlDsa;
    HashMlDsa = 0x1f, HashMlDsa, ML_DSA, 1312..=2592, SIGN | VERIFY, Generic, HashMlDsa(None);
    HashMlDsaSha224 = 0x23, MlDsa, ML_DSA, 1312..=2592, SIGN | VERIFY, Generic, HashMlDsa(Some(Prehash::Hash(Hash::Sha224)));
    HashMlDsaSha256 = 0x24, MlDsa, ML_DSA, 1312..=2592, SIGN | VERIFY, Generic, HashMlDsa(Some(Prehash::Hash(Hash::Sha256)));
    HashMlDsaSha384 = 0x25, MlDsa, ML_DSA, 1312..=2592, SIGN | VERIFY, Generic, HashMlDsa(Some(Prehash::Hash(Hash::Sha384)));
    HashMlDsaSha512 = 0x26, MlDsa, ML_DSA, 1312..=2592, SIGN | VERIFY, Generic, HashMlDsa(Some(Prehash::Hash(Hash::Sha512)));
    HashMlDsaSha3x224 = 0x27, MlDsa, ML_DSA, 1312..=2592, SIGN | VERIFY, Generic, HashMlDsa(Some(Prehash::Hash(Hash::Sha3_224)));
    HashMlDsaSha3x256 = 0x28, MlDsa, ML_DSA, 1312..=2592, SIGN | VERIFY, Generic, HashMlDsa(Some(Prehash::Hash(Hash::Sha3_256)));
    HashMlDsaSha3x384 = 0x29, MlDsa, ML_DSA, 1312..=2592, SIGN | VERIFY, Generic, HashMlDsa(Some(Prehash::Hash(Hash::Sha3_384)));
    HashMlDsaSha3x512 = 0x2a, MlDsa, ML_DSA, 1312..=2592, SIGN | VERIFY, Generic, HashMlDsa(Some(Prehash::Hash(Hash::Sha3_512)));
    HashMlDsaShake128 = 0x2b, MlDsa, ML_DSA, 1312..=2592, SIGN | VERIFY, Generic, HashMlDsa(Some(Prehash::Shake(Shake::Shake128)));
    HashMlDsaShake256 = 0x2c, MlDsa, ML_DSA, 1312..=2592, SIGN | VERIFY, Generic, HashMlDsa(Some(Prehash::Shake(Shake::Shake256)));
    MlKemKeyPairGen = 0xf, None, ML_KEM, 800..=1568, GENERATE_PAIR, Generic, GeneratePair(KeyType::MlKem);
    MlKem = 0x17, None, ML_KEM, 800..=1568, ENCAPSULATE | DECAPSULATE, Generic, Body::MlKem;
    EcMontgomeryKeyPairGen = 0x1056, None, MONTGOMERY, 255..=448, GENERATE_PAIR, Generic, GeneratePair(KeyType::Montgomery);
}

impl From<u64> for MechanismType {
    fn from(number: u64) -> Self {
        Self::from_number(number).unwrap_or(Self::Unknown)
    }
}

impl From<MechanismType> for u64 {
    fn from(mechanism: MechanismType) -> Self {
        mechanism.number()
    }
}

/// The one digest that keys of a type are for; none for a type that is not bound to one.
pub(crate) const fn only_digest(key: KeyType) -> Option<Hash> {
    Some(match key {
        KeyType::Sha1Hmac => Hash::Sha1,
        KeyType::Sha224Hmac => Hash::Sha224,
        KeyType::Sha256Hmac => Hash::Sha256,
        KeyType::Sha384Hmac => Hash::Sha384,
        KeyType::Sha512Hmac => Hash::Sha512,
        KeyType::Sha512T224Hmac => Hash::Sha512_224,
        KeyType::Sha512T256Hmac => Hash::Sha512_256,
        KeyType::Sha3x224Hmac => Hash::Sha3_224,
        KeyType::Sha3x256Hmac => Hash::Sha3_256,
        KeyType::Sha3x384Hmac => Hash::Sha3_384,
        KeyType::Sha3x512Hmac => Hash::Sha3_512,
        _ => return None,
    })
}

impl MechanismType {
    /// Which parameter it takes.
    pub const fn form(self) -> ParameterForm {
        self.row().form
    }

    /// What it is for.
    pub const fn uses(self) -> Uses {
        self.row().uses
    }

    pub(crate) const fn body(self) -> Body {
        self.row().body
    }

    /// Whether it works with keys of this type. A type that is for one digest goes with that digest only.
    pub(crate) fn takes(self, key: KeyType) -> bool {
        let row = self.row();
        match (only_digest(key), row.body) {
            (None, _) => row.keys.contains(&key),
            (only, Hmac(hash, _)) => only == Some(hash),
            (Some(_), _) => false,
        }
    }
}
