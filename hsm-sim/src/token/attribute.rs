//! The attributes of objects: number, name and form (PKCS#11 v3.1 §4, v3.2 for the newest), and their values.

use std::fmt;

use crypto::SecretBytes;
use serde::{Deserialize, Serialize};

/// How the value of an attribute is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// True or false.
    Flag,
    /// A number.
    Number,
    /// Bytes: text, big-endian integers, DER, dates.
    Bytes,
    /// Mechanism numbers.
    Numbers,
    /// A template.
    Template,
}

macro_rules! attributes {
    ($($variant:ident = $number:literal, $form:ident;)*) => {
        /// An attribute; it travels as its number.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(from = "u64", into = "u64")]
        pub enum Attribute {
            $(#[doc = concat!("Number ", stringify!($number), ".")] $variant,)*
            /// One that no object here has.
            Unknown(u64),
        }

        impl Attribute {
            /// Every attribute that objects have.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The attribute of this number.
            pub const fn from_number(number: u64) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    other => Self::Unknown(other),
                }
            }

            /// The standard's number.
            pub const fn number(self) -> u64 {
                match self {
                    $(Self::$variant => $number,)*
                    Self::Unknown(number) => number,
                }
            }

            /// How its value is written; none for one that no object has.
            pub const fn form(self) -> Option<Form> {
                match self {
                    $(Self::$variant => Some(Form::$form),)*
                    Self::Unknown(_) => None,
                }
            }
        }
    };
}

attributes! {
    Class = 0x0, Number;
    Token = 0x1, Flag;
    Private = 0x2, Flag;
    Label = 0x3, Bytes;
    UniqueId = 0x4, Bytes;
    Application = 0x10, Bytes;
    Value = 0x11, Bytes;
    ObjectId = 0x12, Bytes;
    CertificateType = 0x80, Number;
    Issuer = 0x81, Bytes;
    SerialNumber = 0x82, Bytes;
    Trusted = 0x86, Flag;
    CertificateCategory = 0x87, Number;
    JavaMidpSecurityDomain = 0x88, Number;
    Url = 0x89, Bytes;
    HashOfSubjectPublicKey = 0x8a, Bytes;
    HashOfIssuerPublicKey = 0x8b, Bytes;
    NameHashAlgorithm = 0x8c, Number;
    CheckValue = 0x90, Bytes;
    KeyType = 0x100, Number;
    Subject = 0x101, Bytes;
    Id = 0x102, Bytes;
    Sensitive = 0x103, Flag;
    Encrypt = 0x104, Flag;
    Decrypt = 0x105, Flag;
    Wrap = 0x106, Flag;
    Unwrap = 0x107, Flag;
    Sign = 0x108, Flag;
    SignRecover = 0x109, Flag;
    Verify = 0x10a, Flag;
    VerifyRecover = 0x10b, Flag;
    Derive = 0x10c, Flag;
    StartDate = 0x110, Bytes;
    EndDate = 0x111, Bytes;
    Modulus = 0x120, Bytes;
    ModulusBits = 0x121, Number;
    PublicExponent = 0x122, Bytes;
    PrivateExponent = 0x123, Bytes;
    Prime1 = 0x124, Bytes;
    Prime2 = 0x125, Bytes;
    Exponent1 = 0x126, Bytes;
    Exponent2 = 0x127, Bytes;
    Coefficient = 0x128, Bytes;
    PublicKeyInfo = 0x129, Bytes;
    ValueLen = 0x161, Number;
    Extractable = 0x162, Flag;
    Local = 0x163, Flag;
    NeverExtractable = 0x164, Flag;
    AlwaysSensitive = 0x165, Flag;
    KeyGenMechanism = 0x166, Number;
    Modifiable = 0x170, Flag;
    Copyable = 0x171, Flag;
    Destroyable = 0x172, Flag;
    EcParams = 0x180, Bytes;
    EcPoint = 0x181, Bytes;
    AlwaysAuthenticate = 0x202, Flag;
    WrapWithTrusted = 0x210, Flag;
    ProfileId = 0x601, Number;
    ParameterSet = 0x61d, Number;
    EncapsulateTemplate = 0x62a, Template;
    DecapsulateTemplate = 0x62b, Template;
    Encapsulate = 0x633, Flag;
    Decapsulate = 0x634, Flag;
    Seed = 0x637, Bytes;
    WrapTemplate = 0x4000_0211, Template;
    UnwrapTemplate = 0x4000_0212, Template;
    DeriveTemplate = 0x4000_0213, Template;
    AllowedMechanisms = 0x4000_0600, Numbers;
}

impl From<u64> for Attribute {
    fn from(number: u64) -> Self {
        Self::from_number(number)
    }
}

impl From<Attribute> for u64 {
    fn from(attribute: Attribute) -> Self {
        attribute.number()
    }
}

/// The value of an attribute.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// True or false.
    Flag(bool),
    /// A number; the standard's "unavailable" is [`Value::UNAVAILABLE`].
    Number(u64),
    /// Bytes, perhaps secret ones.
    Bytes(#[serde(with = "crate::token::travel")] SecretBytes),
    /// Mechanism numbers.
    Numbers(Vec<u64>),
    /// Attributes with their values.
    Template(#[serde(deserialize_with = "crate::token::travel::nested")] Template),
}

impl Value {
    /// A number that is not known.
    pub const UNAVAILABLE: Self = Self::Number(u64::MAX);

    /// Bytes.
    pub fn bytes(bytes: &[u8]) -> Self {
        Self::Bytes(SecretBytes::from(bytes))
    }

    /// How it is written.
    pub const fn form(&self) -> Form {
        match self {
            Self::Flag(_) => Form::Flag,
            Self::Number(_) => Form::Number,
            Self::Bytes(_) => Form::Bytes,
            Self::Numbers(_) => Form::Numbers,
            Self::Template(_) => Form::Template,
        }
    }

    pub(crate) fn as_flag(&self) -> Option<bool> {
        if let Self::Flag(value) = self { Some(*value) } else { None }
    }

    pub(crate) fn as_number(&self) -> Option<u64> {
        if let Self::Number(value) = self { Some(*value) } else { None }
    }

    pub(crate) fn as_bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(value) = self { Some(value.expose()) } else { None }
    }
}

/// Shows no bytes, which may be secret.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value:#x}"),
            Self::Bytes(value) => write!(f, "<{} bytes>", value.len()),
            Self::Numbers(value) => write!(f, "{value:x?}"),
            Self::Template(value) => write!(f, "{value:?}"),
        }
    }
}

/// Attributes with their values, in the order in which a client gave them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template(Vec<(Attribute, Value)>);

impl Template {
    /// Without attributes.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// With one attribute more.
    #[must_use]
    pub fn with(mut self, attribute: Attribute, value: Value) -> Self {
        self.push(attribute, value);
        self
    }

    /// With one attribute more that is true or false.
    #[must_use]
    pub fn flag(self, attribute: Attribute, value: bool) -> Self {
        self.with(attribute, Value::Flag(value))
    }

    /// With one attribute more that is a number.
    #[must_use]
    pub fn number(self, attribute: Attribute, value: u64) -> Self {
        self.with(attribute, Value::Number(value))
    }

    /// With one attribute more that is bytes.
    #[must_use]
    pub fn bytes(self, attribute: Attribute, value: &[u8]) -> Self {
        self.with(attribute, Value::bytes(value))
    }

    /// Adds an attribute.
    pub fn push(&mut self, attribute: Attribute, value: Value) {
        self.0.push((attribute, value));
    }

    /// The value of an attribute.
    pub fn get(&self, attribute: Attribute) -> Option<&Value> {
        self.0.iter().find(|(name, _)| *name == attribute).map(|(_, value)| value)
    }

    /// Every attribute.
    pub fn iter(&self) -> impl Iterator<Item = (Attribute, &Value)> {
        self.0.iter().map(|(attribute, value)| (*attribute, value))
    }

    /// How many attributes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(Attribute, Value)> for Template {
    fn from_iter<I: IntoIterator<Item = (Attribute, Value)>>(attributes: I) -> Self {
        Self(attributes.into_iter().collect())
    }
}
