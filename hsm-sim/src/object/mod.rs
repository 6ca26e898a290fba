//! Key objects: what an HSM stores, their handles and attributes.

pub mod attribute;
pub mod cache;
pub(crate) mod collect;
mod extra;
pub(crate) mod index;
pub(crate) mod layer;
mod template;

use std::fmt;
use std::str::FromStr;

use crypto::keyfile::PublicKey;
use serde::{Deserialize, Serialize};

pub use attribute::{Attribute, AttributeValue, Flags};
pub use extra::{Extra, ExtraValue};
pub use template::KeyTemplate;
pub(crate) use template::LABEL_LIMIT;

use crate::error::HsmError;
use crate::row::Numbers;
use crate::vault::Sealed;

/// Names one object in one cluster; the same on every node that holds it, and after backup and restore (documented).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Handle(u32);

/// `CKA_PUBLIC_KEY_INFO`, which both halves of a pair have.
const PUBLIC_KEY_INFO: u32 = 0x129;

/// Where a key keeps how many users must approve its use; no PKCS#11 client sees it.
const APPROVALS: u32 = 0xc000_0001;

/// The owner of objects that have none yet, and of public ones that nobody was logged in for.
pub(crate) const NOBODY: u32 = 0;

/// The creating node's join order stands above these bits (inferred from the documentation's examples).
const INDEX_SHIFT: u32 = 18;

impl Handle {
    /// That of an object that has none yet; no object of a node has it.
    pub const NONE: Self = Self(0);

    /// From its number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The handle that the node with this join order makes of its counter. A counter beyond 18 bits runs on into the next
    /// node's range, where taken handles are skipped.
    pub const fn made_on(index: u32, counter: u32) -> Self {
        Self((index << INDEX_SHIFT).wrapping_add(counter))
    }

    /// That of the rest of a row's key behind its layer.
    pub(crate) fn of_key(rest: &[u8]) -> Option<Self> {
        let (number, rest) = Numbers::split(rest)?;
        u32::try_from(number).ok().filter(|_| rest.is_empty()).map(Self)
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Decimal, as the tools take it.
impl FromStr for Handle {
    type Err = HsmError;

    fn from_str(text: &str) -> Result<Self, HsmError> {
        text.parse().map(Self).map_err(|_| HsmError::InvalidHandle)
    }
}

/// The class of an object and its number in `OBJ_ATTR_CLASS` (documented).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Class {
    /// 2.
    Public,
    /// 3.
    Private,
    /// 4.
    Secret,
    /// 0, of PKCS#11 clients only.
    Data,
    /// 1, of PKCS#11 clients only.
    Certificate,
    /// 9, of PKCS#11 clients only.
    Profile,
}

impl Class {
    /// The value of `OBJ_ATTR_CLASS`.
    pub const fn number(self) -> u32 {
        match self {
            Self::Public => 2,
            Self::Private => 3,
            Self::Secret => 4,
            Self::Data => 0,
            Self::Certificate => 1,
            Self::Profile => 9,
        }
    }
}

macro_rules! key_types {
    ($(#[$doc:meta] $variant:ident = $number:expr,)*) => {
        /// The type of a key and its number in `OBJ_ATTR_KEY_TYPE` (documented).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum KeyType {
            $(#[$doc] $variant,)*
        }

        impl KeyType {
            const ALL: &[Self] = &[$(Self::$variant),*];

            /// The value of `OBJ_ATTR_KEY_TYPE` and of `CKA_KEY_TYPE`.
            pub const fn number(self) -> u32 {
                match self {
                    $(Self::$variant => $number,)*
                }
            }
        }
    };
}

key_types! {
    // Rows are kept by their place in this list: new types go to its end.
    /// `CKK_RSA`.
    Rsa = 0,
    /// `CKK_EC`.
    Ec = 3,
    /// `CKK_GENERIC_SECRET`, also the type of HMAC keys.
    Generic = 16,
    /// `CKK_DES3`.
    TripleDes = 21,
    /// `CKK_AES`.
    Aes = 31,
    /// `CKK_DES`, legacy.
    Des = 19,
    /// `CKK_CHACHA20`.
    ChaCha20 = 51,
    /// `CKK_EC_EDWARDS`: Ed25519, Ed448.
    Edwards = 64,
    /// `CKK_EC_MONTGOMERY`: X25519, X448.
    Montgomery = 65,
    /// `CKK_HKDF`.
    Hkdf = 66,
    /// For HMAC with one digest only.
    Sha1Hmac = 40,
    /// The same.
    Sha224Hmac = 46,
    /// The same.
    Sha256Hmac = 43,
    /// The same.
    Sha384Hmac = 44,
    /// The same.
    Sha512Hmac = 45,
    /// `CKK_ML_KEM`.
    MlKem = 73,
    /// `CKK_ML_DSA`.
    MlDsa = 74,
    /// The standard's "unavailable": the object is no key.
    NoKey = u32::MAX,
    /// For HMAC with one digest only.
    Sha512T224Hmac = 67,
    /// The same.
    Sha512T256Hmac = 68,
    /// The same.
    Sha3x224Hmac = 54,
    /// The same.
    Sha3x256Hmac = 55,
    /// The same.
    Sha3x384Hmac = 56,
    /// The same.
    Sha3x512Hmac = 57,
}

impl KeyType {
    /// The type of keys with this number.
    pub fn of_number(number: u64) -> Option<Self> {
        let mut of_keys = Self::ALL.iter().copied().filter(|key_type| *key_type != Self::NoKey);
        of_keys.find(|key_type| u64::from(key_type.number()) == number)
    }
}

/// A key. A change makes a new version; no version is ever overwritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its name in the cluster.
    pub handle: Handle,
    /// Its own for ever, also in clones of the cluster; the sealed material opens only under it.
    pub unique: [u8; 16],
    /// Public, private or secret.
    pub class: Class,
    /// The algorithm.
    pub key_type: KeyType,
    /// Free text, at most 127 bytes; need not be unique.
    pub label: String,
    /// `CKA_ID`.
    pub id: Vec<u8>,
    /// The attributes that are true or false.
    pub flags: Flags,
    /// Length of the value in bytes.
    pub value_len: u32,
    /// The user id of the owner.
    pub owner: u32,
    /// The ids of the users who may use it too.
    pub shared: Vec<u32>,
    /// Key check value.
    pub kcv: [u8; 3],
    /// The key itself.
    pub material: Sealed,
    /// Attributes that not every key has; stored beside the rest.
    #[serde(skip)]
    pub extra: Extra,
}

impl Object {
    /// Whether a user may use the key (documented: the owner, those it is shared with; a public key everybody).
    pub fn usable_by(&self, user: u32) -> bool {
        self.owner == user || self.class == Class::Public || self.shared.contains(&user)
    }

    /// The public key of either half of a pair; none of other objects and of lattice keys.
    pub fn public_key(&self) -> Option<PublicKey> {
        match self.extra.get(PUBLIC_KEY_INFO)? {
            ExtraValue::Bytes(info) => PublicKey::from_spki(info).ok(),
            _ => None,
        }
    }

    /// How many users must approve the use of the key; 0 for none.
    pub fn approvals(&self) -> u8 {
        match self.extra.get(APPROVALS) {
            Some(ExtraValue::Number(approvals)) => u8::try_from(*approvals).unwrap_or(u8::MAX),
            _ => 0,
        }
    }

    /// Whether its users must approve what is done with it. One user alone needs nobody, as with services (inferred).
    pub fn is_guarded(&self) -> bool {
        self.approvals() > 1
    }

    /// Has the use of the key approved by so many users; 0 for none.
    pub(crate) fn set_approvals(&mut self, approvals: u8) {
        if approvals != self.approvals() {
            self.extra.set(APPROVALS, ExtraValue::Number(approvals.into()));
        }
    }

    /// The context under which the material of the object with this unique id is sealed.
    pub(crate) fn context(unique: &[u8; 16]) -> Vec<u8> {
        [b"object/".as_slice(), unique].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_of_the_documentation() {
        for (index, counter, handle) in [(0, 6, 6), (1, 8, 262_152), (2, 7, 524_295), (8, 3025, 2_100_177)] {
            assert_eq!(Handle::made_on(index, counter), Handle(handle));
        }
        assert_eq!("262152".parse(), Ok(Handle(262_152)));
        assert_eq!("-1".parse::<Handle>(), Err(HsmError::InvalidHandle));
    }
}
