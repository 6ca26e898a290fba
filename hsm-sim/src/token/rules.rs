//! Which attributes objects have, and the rules of each, as one table (PKCS#11 v3.1 §4, footnotes of its tables; the notes
//! bear the footnotes' numbers).

use std::ops::BitOr;

use crate::cluster::Personality;
use crate::object::{Class, Flags, KeyType, Object};
use crate::token::draft::Origin;
use crate::token::mechanism::only_digest;
use crate::token::{Attribute, Error, Form, Result, Template, Value};

/// A set of kinds of objects. Attributes and their rules depend on the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kinds(u16);

impl Kinds {
    pub(crate) const DATA: Self = Self(1);
    pub(crate) const CERTIFICATE: Self = Self(1 << 1);
    pub(crate) const SECRET: Self = Self(1 << 2);
    pub(crate) const RSA_PUBLIC: Self = Self(1 << 3);
    pub(crate) const RSA_PRIVATE: Self = Self(1 << 4);
    /// With Edwards and Montgomery curves.
    pub(crate) const EC_PUBLIC: Self = Self(1 << 5);
    pub(crate) const EC_PRIVATE: Self = Self(1 << 6);
    /// Lattice keys, whose value is one string of bytes.
    pub(crate) const LATTICE_PUBLIC: Self = Self(1 << 7);
    pub(crate) const LATTICE_PRIVATE: Self = Self(1 << 8);
    pub(crate) const PROFILE: Self = Self(1 << 9);

    pub(crate) const PUBLIC: Self = Self(Self::RSA_PUBLIC.0 | Self::EC_PUBLIC.0 | Self::LATTICE_PUBLIC.0);
    pub(crate) const PRIVATE: Self = Self(Self::RSA_PRIVATE.0 | Self::EC_PRIVATE.0 | Self::LATTICE_PRIVATE.0);
    /// Secret and private keys.
    pub(crate) const GUARDED: Self = Self(Self::SECRET.0 | Self::PRIVATE.0);
    pub(crate) const KEY: Self = Self(Self::GUARDED.0 | Self::PUBLIC.0);
    pub(crate) const STORAGE: Self = Self(Self::KEY.0 | Self::DATA.0 | Self::CERTIFICATE.0);
    pub(crate) const ALL: Self = Self(Self::STORAGE.0 | Self::PROFILE.0);

    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The kind of a key.
    ///
    /// # Errors
    /// [`Error::TemplateInconsistent`] when the class has no keys of this type.
    pub(crate) const fn of_key(class: Class, key_type: KeyType) -> Result<Self> {
        Ok(match (class, key_type) {
            (Class::Public, KeyType::Rsa) => Self::RSA_PUBLIC,
            (Class::Private, KeyType::Rsa) => Self::RSA_PRIVATE,
            (Class::Public, KeyType::Ec | KeyType::Edwards | KeyType::Montgomery) => Self::EC_PUBLIC,
            (Class::Private, KeyType::Ec | KeyType::Edwards | KeyType::Montgomery) => Self::EC_PRIVATE,
            (Class::Public, KeyType::MlDsa | KeyType::MlKem) => Self::LATTICE_PUBLIC,
            (Class::Private, KeyType::MlDsa | KeyType::MlKem) => Self::LATTICE_PRIVATE,
            (
                Class::Secret,
                KeyType::Aes | KeyType::Generic | KeyType::TripleDes | KeyType::Des | KeyType::ChaCha20 | KeyType::Hkdf,
            ) => Self::SECRET,
            (Class::Secret, key_type) if only_digest(key_type).is_some() => Self::SECRET,
            _ => return Err(Error::TemplateInconsistent),
        })
    }

    /// The kind of an object.
    pub(crate) fn of(object: &Object) -> Self {
        Self::of_object(object.class, object.key_type)
    }

    /// The kind of an object of this class and, if it is a key, type.
    pub(crate) fn of_object(class: Class, key_type: KeyType) -> Self {
        match class {
            Class::Data => Self::DATA,
            Class::Certificate => Self::CERTIFICATE,
            Class::Profile => Self::PROFILE,
            // Objects are made with a type that fits their class.
            class @ (Class::Public | Class::Private | Class::Secret) => {
                Self::of_key(class, key_type).unwrap_or(Self::SECRET)
            }
        }
    }
}

impl BitOr for Kinds {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The rules of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Notes(u16);

impl Notes {
    const NONE: Self = Self(0);
    /// 1: must be given to C_CreateObject.
    pub(crate) const MUST_CREATE: Self = Self(1);
    /// 2: must not be given to C_CreateObject.
    pub(crate) const NOT_CREATE: Self = Self(1 << 1);
    /// 3: must be given when a key is generated.
    pub(crate) const MUST_GENERATE: Self = Self(1 << 2);
    /// 4: must not be given when a key is generated.
    pub(crate) const NOT_GENERATE: Self = Self(1 << 3);
    /// 6: must not be given when a key is unwrapped (nor derived).
    pub(crate) const NOT_UNWRAP: Self = Self(1 << 4);
    /// 7: not shown of a sensitive or an unextractable key.
    pub(crate) const SECRET: Self = Self(1 << 5);
    /// 8: can be changed.
    pub(crate) const CHANGE: Self = Self(1 << 6);
    /// 10: set to true by the security officer only.
    pub(crate) const OFFICER: Self = Self(1 << 7);
    /// 11: once true it stays so.
    pub(crate) const STAYS_TRUE: Self = Self(1 << 8);
    /// 12: once false it stays so.
    pub(crate) const STAYS_FALSE: Self = Self(1 << 9);
    /// `cloudhsm`: can be changed there too (documented list).
    pub(crate) const CLOUD_CHANGE: Self = Self(1 << 10);
    /// `cloudhsm`: unknown there (documented tables).
    pub(crate) const CLOUD_ABSENT: Self = Self(1 << 11);
    /// Made by the token, never given.
    const MADE: Self = Self(Self::NOT_CREATE.0 | Self::NOT_GENERATE.0 | Self::NOT_UNWRAP.0);
    /// A part of a private key.
    const PART: Self = Self(Self::NOT_GENERATE.0 | Self::NOT_UNWRAP.0 | Self::SECRET.0);

    pub(crate) const fn has(self, notes: Self) -> bool {
        self.0 & notes.0 == notes.0
    }
}

impl BitOr for Notes {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) attribute: Attribute,
    kinds: Kinds,
    pub(crate) notes: Notes,
}

macro_rules! rules {
    ($($attribute:ident: $($kind:ident)|+, $($note:ident)|+;)*) => {
        static RULES: &[Rule] = &[$(Rule {
            attribute: Attribute::$attribute,
            kinds: Kinds(0 $(| Kinds::$kind.0)+),
            notes: Notes(0 $(| Notes::$note.0)+),
        }),*];
    };
}

rules! {
    Class: ALL, MUST_CREATE;
    Token: STORAGE, CLOUD_CHANGE;
    Private: STORAGE, NONE;
    Modifiable: STORAGE, NONE;
    Copyable: KEY | DATA, STAYS_FALSE | CHANGE | CLOUD_ABSENT;
    Destroyable: STORAGE, NONE;
    Label: STORAGE, CHANGE | CLOUD_CHANGE;
    UniqueId: ALL, MADE | CLOUD_ABSENT;
    ProfileId: PROFILE, MADE | CLOUD_ABSENT;
    Token: PROFILE, MADE;
    Private: PROFILE, MADE;

    Application: DATA, CHANGE;
    ObjectId: DATA, CHANGE;
    Value: DATA, CHANGE;

    Copyable: CERTIFICATE, STAYS_FALSE | CHANGE;
    CertificateType: CERTIFICATE, MUST_CREATE;
    Trusted: CERTIFICATE, OFFICER | CHANGE;
    CertificateCategory: CERTIFICATE, NONE;
    CheckValue: CERTIFICATE, NONE;
    StartDate: CERTIFICATE, CHANGE | CLOUD_CHANGE;
    EndDate: CERTIFICATE, CHANGE | CLOUD_CHANGE;
    PublicKeyInfo: CERTIFICATE, NONE;
    Subject: CERTIFICATE, MUST_CREATE;
    Id: CERTIFICATE, CHANGE | CLOUD_CHANGE;
    Issuer: CERTIFICATE, CHANGE | CLOUD_CHANGE;
    SerialNumber: CERTIFICATE, CHANGE | CLOUD_CHANGE;
    Value: CERTIFICATE, MUST_CREATE;
    Url: CERTIFICATE, CLOUD_ABSENT;
    HashOfSubjectPublicKey: CERTIFICATE, CLOUD_ABSENT;
    HashOfIssuerPublicKey: CERTIFICATE, CLOUD_ABSENT;
    JavaMidpSecurityDomain: CERTIFICATE, CLOUD_ABSENT;
    NameHashAlgorithm: CERTIFICATE, CLOUD_ABSENT;

    KeyType: KEY, MUST_CREATE;
    Id: KEY, CHANGE;
    StartDate: KEY, CHANGE | CLOUD_ABSENT;
    EndDate: KEY, CHANGE | CLOUD_ABSENT;
    Derive: KEY, CHANGE | CLOUD_CHANGE;
    Local: KEY, MADE;
    KeyGenMechanism: KEY, MADE | CLOUD_ABSENT;
    AllowedMechanisms: KEY, CLOUD_ABSENT;
    Subject: PUBLIC | PRIVATE, CHANGE | CLOUD_ABSENT;
    PublicKeyInfo: PUBLIC | PRIVATE, MADE | CLOUD_ABSENT;

    Encrypt: PUBLIC | SECRET, CHANGE | CLOUD_CHANGE;
    Verify: PUBLIC | SECRET, CHANGE | CLOUD_CHANGE;
    VerifyRecover: PUBLIC, CHANGE | CLOUD_ABSENT;
    Wrap: PUBLIC | SECRET, CHANGE | CLOUD_CHANGE;
    WrapTemplate: PUBLIC | SECRET, NONE;
    Encapsulate: PUBLIC, CHANGE | CLOUD_ABSENT;
    EncapsulateTemplate: PUBLIC, CLOUD_ABSENT;
    Trusted: PUBLIC | SECRET, OFFICER | CHANGE | CLOUD_CHANGE;

    Decrypt: GUARDED, CHANGE | CLOUD_CHANGE;
    Sign: GUARDED, CHANGE | CLOUD_CHANGE;
    SignRecover: PRIVATE, CHANGE | CLOUD_ABSENT;
    Unwrap: GUARDED, CHANGE | CLOUD_CHANGE;
    UnwrapTemplate: GUARDED, NONE;
    DeriveTemplate: GUARDED, CLOUD_ABSENT;
    Decapsulate: PRIVATE, CHANGE | CLOUD_ABSENT;
    DecapsulateTemplate: PRIVATE, CLOUD_ABSENT;
    Sensitive: GUARDED, CHANGE | STAYS_TRUE | CLOUD_CHANGE;
    Extractable: GUARDED, CHANGE | STAYS_FALSE;
    AlwaysSensitive: GUARDED, MADE;
    NeverExtractable: GUARDED, MADE;
    WrapWithTrusted: GUARDED, CHANGE | STAYS_TRUE | CLOUD_CHANGE;
    AlwaysAuthenticate: PRIVATE, CLOUD_ABSENT;

    CheckValue: SECRET, NONE;
    Value: SECRET, MUST_CREATE | NOT_GENERATE | NOT_UNWRAP | SECRET;
    ValueLen: SECRET, NOT_CREATE;

    Modulus: RSA_PUBLIC, MUST_CREATE | NOT_GENERATE;
    ModulusBits: RSA_PUBLIC, NOT_CREATE | MUST_GENERATE;
    PublicExponent: RSA_PUBLIC, MUST_CREATE;
    Modulus: RSA_PRIVATE, MUST_CREATE | NOT_GENERATE | NOT_UNWRAP;
    PublicExponent: RSA_PRIVATE, NOT_GENERATE | NOT_UNWRAP;
    PrivateExponent: RSA_PRIVATE, MUST_CREATE | PART;
    Prime1: RSA_PRIVATE, PART;
    Prime2: RSA_PRIVATE, PART;
    Exponent1: RSA_PRIVATE, PART;
    Exponent2: RSA_PRIVATE, PART;
    Coefficient: RSA_PRIVATE, PART;

    EcParams: EC_PUBLIC, MUST_CREATE | MUST_GENERATE;
    EcPoint: EC_PUBLIC, MUST_CREATE | NOT_GENERATE;
    EcParams: EC_PRIVATE, MUST_CREATE | NOT_GENERATE | NOT_UNWRAP;
    Value: EC_PRIVATE, MUST_CREATE | PART;

    ParameterSet: LATTICE_PUBLIC, MUST_CREATE | MUST_GENERATE;
    Value: LATTICE_PUBLIC, MUST_CREATE | NOT_GENERATE;
    // The standard forbids it where a pair is made; clients repeat the public key's there, which does no harm.
    ParameterSet: LATTICE_PRIVATE, MUST_CREATE | NOT_UNWRAP;
    Value: LATTICE_PRIVATE, PART;
    Seed: LATTICE_PRIVATE, PART;
}

/// The rule of an attribute of a kind; none if objects of the kind have no such attribute.
pub(crate) fn rule(personality: Personality, kind: Kinds, attribute: Attribute) -> Option<&'static Rule> {
    let rule = RULES.iter().find(|rule| rule.attribute == attribute && rule.kinds.meets(kind))?;
    let absent = personality == Personality::CloudHsm && rule.notes.has(Notes::CLOUD_ABSENT);
    (!absent).then_some(rule)
}

/// Every rule of a kind.
pub(crate) fn rules_of(kind: Kinds) -> impl Iterator<Item = &'static Rule> {
    RULES.iter().filter(move |rule| rule.kinds.meets(kind))
}

/// The form that a value of the attribute has.
pub(crate) fn form(rule: &Rule) -> Form {
    // Unknown attributes have no rule.
    rule.attribute.form().unwrap_or(Form::Bytes)
}

/// Where an attribute that is true or false is kept, and whether the flag means the opposite.
pub(crate) const fn flag(attribute: Attribute) -> Option<(Flags, bool)> {
    Some(match attribute {
        Attribute::Token => (Flags::TOKEN, false),
        Attribute::Private => (Flags::PRIVATE, false),
        Attribute::Trusted => (Flags::TRUSTED, false),
        Attribute::Sensitive => (Flags::SENSITIVE, false),
        Attribute::Encrypt => (Flags::ENCRYPT, false),
        Attribute::Decrypt => (Flags::DECRYPT, false),
        Attribute::Wrap => (Flags::WRAP, false),
        Attribute::Unwrap => (Flags::UNWRAP, false),
        Attribute::Sign => (Flags::SIGN, false),
        Attribute::SignRecover => (Flags::SIGN_RECOVER, false),
        Attribute::Verify => (Flags::VERIFY, false),
        Attribute::VerifyRecover => (Flags::VERIFY_RECOVER, false),
        Attribute::Derive => (Flags::DERIVE, false),
        Attribute::Extractable => (Flags::EXTRACTABLE, false),
        Attribute::Local => (Flags::LOCAL, false),
        Attribute::NeverExtractable => (Flags::NEVER_EXTRACTABLE, false),
        Attribute::AlwaysSensitive => (Flags::ALWAYS_SENSITIVE, false),
        Attribute::Destroyable => (Flags::DESTROYABLE, false),
        Attribute::WrapWithTrusted => (Flags::WRAP_WITH_TRUSTED, false),
        Attribute::Encapsulate => (Flags::ENCAPSULATE, false),
        Attribute::Decapsulate => (Flags::DECAPSULATE, false),
        Attribute::AlwaysAuthenticate => (Flags::ALWAYS_AUTHENTICATE, false),
        Attribute::Modifiable => (Flags::FIXED, true),
        Attribute::Copyable => (Flags::UNCOPYABLE, true),
        _ => return None,
    })
}

/// What a key can be for.
const USAGES: [Attribute; 7] = [
    Attribute::Encrypt,
    Attribute::Decrypt,
    Attribute::Sign,
    Attribute::Verify,
    Attribute::Wrap,
    Attribute::Unwrap,
    Attribute::Derive,
];

/// The flags of a new object, where its template says nothing.
///
/// `cloudhsm`: documented table. `generic`: as the known soft tokens, but keys of a pair do not wrap or unwrap unless they are said
/// to, and a secret key that is said to wrap or unwrap does not encrypt and decrypt unless it is said to as well: keys that do both
/// give others away, which `wrap` refuses when it would happen. Only keys whose algorithm encrypts encrypt. Three defaults depend on the rest of the template (inferred; PKCS#11 v3.1 §4.8 and §4.10 leave them to the token): a derived key
/// whose template names a use has the uses named and no other, a secret that its creator shows to everybody is not hidden, and a
/// key that is said not to be sensitive is extractable.
pub(crate) fn default_flags(personality: Personality, kind: Kinds, origin: Origin, template: &Template) -> Flags {
    let mut flags = Flags::DESTROYABLE;
    let mut set = |kinds: Kinds, more: Flags| {
        if kind.meets(kinds) {
            flags = flags | more;
        }
    };
    match personality {
        Personality::CloudHsm => {
            set(Kinds::KEY, Flags::PRIVATE);
            set(Kinds::CERTIFICATE, Flags::TOKEN | Flags::UNCOPYABLE);
            set(Kinds::GUARDED, Flags::SENSITIVE | Flags::EXTRACTABLE);
            if matches!(origin, Origin::Generate(_)) {
                set(Kinds::SECRET, Flags::SIGN | Flags::VERIFY);
            }
        }
        Personality::Generic => {
            set(Kinds::GUARDED, Flags::PRIVATE);
            let named = matches!(origin, Origin::Derive(_)) && USAGES.iter().any(|use_| template.get(*use_).is_some());
            let is = |use_: &Attribute| template.get(*use_) == Some(&Value::Flag(true));
            let wraps = kind == Kinds::SECRET && [Attribute::Wrap, Attribute::Unwrap].iter().any(is);
            if !named && !wraps {
                // What the template denies is denied all the same.
                set(Kinds::SECRET, Flags::WRAP | Flags::UNWRAP);
            }
            if !named {
                set(Kinds::GUARDED, Flags::SIGN);
                set(Kinds::SECRET | Kinds::PUBLIC, Flags::VERIFY);
            }
            if !named && !wraps {
                set(Kinds::SECRET | Kinds::RSA_PRIVATE, Flags::DECRYPT);
                set(Kinds::SECRET | Kinds::RSA_PUBLIC, Flags::ENCRYPT);
            }
            let shown = origin == Origin::Create && template.get(Attribute::Private) == Some(&Value::Flag(false));
            if shown && kind == Kinds::SECRET {
                set(Kinds::SECRET, Flags::EXTRACTABLE);
            } else {
                set(Kinds::GUARDED, Flags::SENSITIVE);
            }
            // Who says that a key is not sensitive wants to read it, which an unextractable one forbids all the same.
            if template.get(Attribute::Sensitive) == Some(&Value::Flag(false)) {
                set(Kinds::GUARDED, Flags::EXTRACTABLE);
            }
        }
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_attribute_has_two_rules_for_one_kind() {
        for bit in 0..10 {
            let kind = Kinds(1 << bit);
            let mut seen: Vec<Attribute> = rules_of(kind).map(|rule| rule.attribute).collect();
            let all = seen.len();
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), all, "{kind:?}");
        }
    }

    #[test]
    fn every_attribute_that_is_true_or_false_has_a_flag() {
        for attribute in Attribute::ALL {
            assert_eq!(attribute.form() == Some(Form::Flag), flag(*attribute).is_some(), "{attribute:?}");
        }
    }
}
