//! The attributes of objects as one table: number, name and form (documented).

use std::fmt;
use std::ops::BitOr;

use crypto::asymmetric::curve::Curve;
use crypto::keyfile::PublicKey;
use serde::{Deserialize, Serialize};

use crate::error::HsmError;
use crate::object::{Class, Object};

/// A set of attributes that are true; all others are false.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flags(u32);

impl Flags {
    /// Whether all of `flags` are true.
    pub const fn has(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// With `flags` set to `value`.
    #[must_use]
    pub const fn with(self, flags: Self, value: bool) -> Self {
        Self(if value { self.0 | flags.0 } else { self.0 & !flags.0 })
    }
}

/// Attributes of PKCS#11 clients only; the management tools do not show them.
impl Flags {
    /// `CKA_MODIFIABLE` is false.
    pub const FIXED: Self = Self(1 << 17);
    /// `CKA_COPYABLE` is false.
    pub const UNCOPYABLE: Self = Self(1 << 18);
    /// `CKA_SIGN_RECOVER`.
    pub const SIGN_RECOVER: Self = Self(1 << 19);
    /// `CKA_VERIFY_RECOVER`.
    pub const VERIFY_RECOVER: Self = Self(1 << 20);
    /// `CKA_ENCAPSULATE`.
    pub const ENCAPSULATE: Self = Self(1 << 21);
    /// `CKA_DECAPSULATE`.
    pub const DECAPSULATE: Self = Self(1 << 22);
    /// `CKA_ALWAYS_AUTHENTICATE`.
    pub const ALWAYS_AUTHENTICATE: Self = Self(1 << 23);
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = Attribute::ALL.into_iter().filter(|attribute| attribute.flag().is_some_and(|flag| self.has(flag)));
        f.debug_set().entries(set.map(Attribute::name)).finish()
    }
}

enum Form {
    Flag(Flags),
    Other,
}

macro_rules! attributes {
    ($($variant:ident = $number:literal, $name:literal $(, flag $bit:literal $constant:ident)?;)*) => {
        /// An attribute.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Attribute {
            $(#[doc = concat!("`", $name, "`, ", $number, ".")] $variant,)*
        }

        impl Flags {
            $($(#[doc = concat!("`", $name, "`.")] pub const $constant: Self = Self(1 << $bit);)?)*
        }

        impl Attribute {
            /// Every attribute of an object, by number.
            pub const ALL: [Self; [$($number),*].len()] = [$(Self::$variant),*];

            /// The number that commands use.
            pub const fn number(self) -> u32 {
                match self {
                    $(Self::$variant => $number,)*
                }
            }

            /// The name that listings show.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            const fn form(self) -> Form {
                match self {
                    $(Self::$variant => attributes!(@form $($bit)?),)*
                }
            }
        }
    };
    (@form) => { Form::Other };
    (@form $bit:literal) => { Form::Flag(Flags(1 << $bit)) };
}

attributes! {
    Class = 0, "OBJ_ATTR_CLASS";
    Token = 1, "OBJ_ATTR_TOKEN", flag 0 TOKEN;
    Private = 2, "OBJ_ATTR_PRIVATE", flag 1 PRIVATE;
    Label = 3, "OBJ_ATTR_LABEL";
    Trusted = 134, "OBJ_ATTR_TRUSTED", flag 2 TRUSTED;
    KeyType = 256, "OBJ_ATTR_KEY_TYPE";
    Id = 258, "OBJ_ATTR_ID";
    Sensitive = 259, "OBJ_ATTR_SENSITIVE", flag 3 SENSITIVE;
    Encrypt = 260, "OBJ_ATTR_ENCRYPT", flag 4 ENCRYPT;
    Decrypt = 261, "OBJ_ATTR_DECRYPT", flag 5 DECRYPT;
    Wrap = 262, "OBJ_ATTR_WRAP", flag 6 WRAP;
    Unwrap = 263, "OBJ_ATTR_UNWRAP", flag 7 UNWRAP;
    Sign = 264, "OBJ_ATTR_SIGN", flag 8 SIGN;
    Verify = 266, "OBJ_ATTR_VERIFY", flag 9 VERIFY;
    Derive = 268, "OBJ_ATTR_DERIVE", flag 10 DERIVE;
    Modulus = 288, "OBJ_ATTR_MODULUS";
    ModulusBits = 289, "OBJ_ATTR_MODULUS_BITS";
    PublicExponent = 290, "OBJ_ATTR_PUBLIC_EXPONENT";
    ValueLen = 353, "OBJ_ATTR_VALUE_LEN";
    Extractable = 354, "OBJ_ATTR_EXTRACTABLE", flag 11 EXTRACTABLE;
    Local = 355, "OBJ_ATTR_LOCAL", flag 12 LOCAL;
    NeverExtractable = 356, "OBJ_ATTR_NEVER_EXTRACTABLE", flag 13 NEVER_EXTRACTABLE;
    AlwaysSensitive = 357, "OBJ_ATTR_ALWAYS_SENSITIVE", flag 14 ALWAYS_SENSITIVE;
    Destroyable = 370, "OBJ_ATTR_DESTROYABLE", flag 15 DESTROYABLE;
    Kcv = 371, "OBJ_ATTR_KCV";
    WrapWithTrusted = 528, "OBJ_ATTR_WRAP_WITH_TRUSTED", flag 16 WRAP_WITH_TRUSTED;
}

/// The pseudo attribute of commands that stands for all attributes (documented).
pub const ALL_ATTRIBUTES: u32 = 512;

impl Attribute {
    /// The attribute of this number.
    ///
    /// # Errors
    /// [`HsmError::InvalidAttribute`]; also for [`ALL_ATTRIBUTES`], which is none.
    pub fn from_number(number: u32) -> Result<Self, HsmError> {
        Self::ALL.into_iter().find(|attribute| attribute.number() == number).ok_or(HsmError::InvalidAttribute)
    }

    /// The flag of an attribute that is true or false.
    pub const fn flag(self) -> Option<Flags> {
        match self.form() {
            Form::Flag(flag) => Some(flag),
            Form::Other => None,
        }
    }

    /// Its value in an object; none if the object has no such attribute.
    pub fn of(self, object: &Object) -> Option<AttributeValue> {
        Some(match self {
            Self::Class => AttributeValue::Number(object.class.number()),
            Self::Label => AttributeValue::Text(object.label.clone()),
            Self::KeyType => AttributeValue::Number(object.key_type.number()),
            Self::Id => AttributeValue::Bytes(object.id.clone()),
            Self::ValueLen => AttributeValue::Number(value_len(object)),
            Self::Kcv => AttributeValue::Bytes(object.kcv.to_vec()),
            Self::Modulus => AttributeValue::Bytes(PublicHalf::of(object)?.number),
            Self::ModulusBits => AttributeValue::Number(PublicHalf::of(object)?.bits),
            Self::PublicExponent => AttributeValue::Bytes(PublicHalf::of(object)?.exponent?),
            // Of public keys it is always true (documented); PKCS#11 knows no such attribute of them.
            Self::Extractable if object.class == Class::Public => AttributeValue::Flag(true),
            Self::Token
            | Self::Private
            | Self::Trusted
            | Self::Sensitive
            | Self::Encrypt
            | Self::Decrypt
            | Self::Wrap
            | Self::Unwrap
            | Self::Sign
            | Self::Verify
            | Self::Derive
            | Self::Extractable
            | Self::Local
            | Self::NeverExtractable
            | Self::AlwaysSensitive
            | Self::Destroyable
            | Self::WrapWithTrusted => AttributeValue::Flag(self.flag().is_some_and(|flag| object.flags.has(flag))),
        })
    }
}

/// What the tools show of the public half of a key, also in a private key.
struct PublicHalf {
    /// The modulus, or the point on the curve (documented samples).
    number: Vec<u8>,
    /// The bits of the modulus, or the number of the curve (documented sample).
    bits: u32,
    exponent: Option<Vec<u8>>,
}

impl PublicHalf {
    fn of(object: &Object) -> Option<Self> {
        match object.public_key()? {
            PublicKey::Rsa(key) => Some(Self {
                number: key.modulus(),
                bits: u32::try_from(key.bits()).ok()?,
                exponent: Some(key.exponent()),
            }),
            PublicKey::Ec(key) => {
                Some(Self { number: key.point().to_vec(), bits: curve_number(key.curve()), exponent: None })
            }
            PublicKey::Ed25519(_) | PublicKey::X25519(_) | PublicKey::Ed448(_) | PublicKey::X448(_) => None,
        }
    }
}

/// The number that OpenSSL gives a curve, which the documentation's sample shows in place of a length.
const fn curve_number(curve: Curve) -> u32 {
    match curve {
        Curve::P224 => 713,
        Curve::P256 => 415,
        Curve::P384 => 715,
        Curve::P521 => 716,
        Curve::Secp256k1 => 714,
    }
}

/// Of a public key twice its modulus (documented sample) or its point (inferred); of other keys what is stored.
fn value_len(object: &Object) -> u32 {
    let public = || match (object.class, object.public_key()?) {
        (Class::Public, PublicKey::Rsa(key)) => u32::try_from(key.modulus().len() * 2).ok(),
        (Class::Public, PublicKey::Ec(key)) => u32::try_from(key.point().len()).ok(),
        _ => None,
    };
    public().unwrap_or(object.value_len)
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// True or false.
    Flag(bool),
    /// A number.
    Number(u32),
    /// Text.
    Text(String),
    /// Bytes, shown in hexadecimal or, for the id, as text.
    Bytes(Vec<u8>),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_and_flags_are_distinct() {
        let numbers: BTreeSet<u32> = Attribute::ALL.iter().map(|attribute| attribute.number()).collect();
        assert_eq!(numbers.len(), Attribute::ALL.len());
        let bits: BTreeSet<u32> = Attribute::ALL.iter().filter_map(|attribute| attribute.flag()).map(|f| f.0).collect();
        assert_eq!(bits.len(), 17);
        for attribute in Attribute::ALL {
            assert_eq!(Attribute::from_number(attribute.number()), Ok(attribute));
        }
        assert_eq!(Attribute::from_number(ALL_ATTRIBUTES), Err(HsmError::InvalidAttribute));
    }

    #[test]
    fn flags_show_their_names() {
        let flags = Flags::TOKEN | Flags::WRAP_WITH_TRUSTED;
        assert_eq!(format!("{flags:?}"), r#"{"OBJ_ATTR_TOKEN", "OBJ_ATTR_WRAP_WITH_TRUSTED"}"#);
        assert!(!flags.with(Flags::TOKEN, false).has(Flags::TOKEN));
    }
}
