//! A new object: what a template says of it, checked against the rules, and what the token adds.

use crypto::hash::Hash;
use crypto::symmetric::DesKey;
use crypto::{SecretBytes, aes_kcv};

use crate::cluster::Personality;
use crate::object::{Class, Extra, ExtraValue, Flags, Handle, KeyType, LABEL_LIMIT, NOBODY, Object};
use crate::row;
use crate::token::certificate;
use crate::token::mechanism::MechanismType;
use crate::token::rules::{self, Kinds, Notes};
use crate::token::{Attribute, Error, Form, Result, Template, Value};
use crate::world::World;

/// The longest value of an attribute (inferred; data objects of a mebibyte fit).
const VALUE_LIMIT: usize = 2 * 1024 * 1024;

/// The longest value of a PKCS#11 client's secret key in bytes (documented).
const SECRET_LIMIT: usize = 800;

/// That of a tool's (documented).
const TOOL_SECRET_LIMIT: usize = 3584;

/// How an object comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The client gives it.
    Create,
    /// The token makes it.
    Generate(MechanismType),
    /// It arrives wrapped.
    Unwrap,
    /// From a key with these flags.
    Derive(Flags),
}

/// An object that has no value yet.
#[derive(Debug)]
pub(crate) struct Draft {
    personality: Personality,
    origin: Origin,
    pub(crate) kind: Kinds,
    class: Class,
    pub(crate) key_type: KeyType,
    flags: Flags,
    label: String,
    id: Vec<u8>,
    extra: Extra,
    /// The value that the template gave.
    pub(crate) value: Option<SecretBytes>,
    /// The length of the value that the template asks for.
    pub(crate) value_len: Option<usize>,
    check_value: Option<Vec<u8>>,
    /// The longest value that a secret key may have.
    secret_limit: usize,
    /// The secret parts of a private key that the template gave.
    parts: Vec<(Attribute, SecretBytes)>,
}

impl Draft {
    /// Checks a template. `expected` is the class and type that the operation makes, as far as it decides.
    pub(crate) fn new(
        personality: Personality,
        origin: Origin,
        expected: (Option<Class>, Option<KeyType>),
        officer: bool,
        template: &Template,
    ) -> Result<Self> {
        let class = agreed(expected.0, template.get(Attribute::Class), class_of)?;
        let (kind, key_type) = match class {
            Class::Data => (Kinds::DATA, KeyType::NoKey),
            Class::Certificate => (Kinds::CERTIFICATE, KeyType::NoKey),
            Class::Profile => return Err(Error::TemplateInconsistent),
            Class::Public | Class::Private | Class::Secret => {
                let key_type = agreed(expected.1, template.get(Attribute::KeyType), KeyType::of_number)?;
                (Kinds::of_key(class, key_type)?, key_type)
            }
        };
        // Its lattice keys are of a vendor-defined kind of their own (documented), which is not here.
        let in_cloud = !kind.meets(Kinds::DATA | Kinds::LATTICE_PUBLIC | Kinds::LATTICE_PRIVATE);
        if personality == Personality::CloudHsm && !in_cloud {
            return Err(Error::TemplateInconsistent);
        }
        let mut draft = Self {
            personality,
            origin,
            kind,
            class,
            key_type,
            flags: rules::default_flags(personality, kind, origin, template),
            label: String::new(),
            id: Vec::new(),
            extra: Extra::default(),
            value: None,
            value_len: None,
            check_value: None,
            secret_limit: SECRET_LIMIT,
            parts: Vec::new(),
        };
        draft.apply(template, officer)?;
        Ok(draft)
    }

    /// A tool makes it, whose secret keys may be longer.
    pub(crate) const fn of_tool(&mut self) {
        self.secret_limit = TOOL_SECRET_LIMIT;
    }

    /// Whether the object shall outlive the session.
    pub(crate) fn is_token(&self) -> bool {
        self.flags.has(Flags::TOKEN)
    }

    /// Whether only a logged-in user may see it.
    pub(crate) fn is_private(&self) -> bool {
        self.flags.has(Flags::PRIVATE)
    }

    pub(crate) fn is_public_key(&self) -> bool {
        self.class == Class::Public
    }

    pub(crate) fn personality(&self) -> Personality {
        self.personality
    }

    /// A secret part of a private key; empty if the template has none.
    pub(crate) fn part(&self, attribute: Attribute) -> &[u8] {
        self.parts.iter().find(|(name, _)| *name == attribute).map_or(&[], |(_, part)| part.expose())
    }

    pub(crate) fn extra(&self, attribute: Attribute) -> Option<&ExtraValue> {
        self.extra.get(number(attribute))
    }

    /// An attribute that is bytes; empty if there is none.
    pub(crate) fn extra_bytes(&self, attribute: Attribute) -> &[u8] {
        match self.extra(attribute) {
            Some(ExtraValue::Bytes(bytes)) => bytes,
            _ => &[],
        }
    }

    /// Sets an attribute that the token knows better.
    pub(crate) fn put(&mut self, attribute: Attribute, value: ExtraValue) {
        self.extra.set(number(attribute), value);
    }

    fn apply(&mut self, template: &Template, officer: bool) -> Result<()> {
        for (place, (attribute, value)) in template.iter().enumerate() {
            // The same again is as if it stood there once, as the standard encourages (PKCS#11 v3.1 §4.1.1).
            let earlier = template.iter().take(place).find(|(earlier, _)| *earlier == attribute);
            if let Some((_, earlier)) = earlier {
                if earlier == value {
                    continue;
                }
                return Err(Error::TemplateInconsistent);
            }
            if attribute.form().is_none() {
                return Err(Error::AttributeTypeInvalid);
            }
            let Some(rule) = rules::rule(self.personality, self.kind, attribute) else {
                return Err(match self.personality {
                    Personality::CloudHsm => Error::TemplateInconsistent,
                    Personality::Generic => Error::AttributeTypeInvalid,
                });
            };
            // Read-only everywhere; the known tokens say so of this one as if there were none such.
            if attribute == Attribute::UniqueId {
                return Err(Error::AttributeTypeInvalid);
            }
            let forbidden = match self.origin {
                Origin::Create => Notes::NOT_CREATE,
                Origin::Generate(_) => Notes::NOT_GENERATE,
                Origin::Unwrap | Origin::Derive(_) => Notes::NOT_UNWRAP,
            };
            let cloud_length = self.personality == Personality::CloudHsm
                && self.origin == Origin::Unwrap
                && attribute == Attribute::ValueLen;
            if rule.notes.has(forbidden) || cloud_length {
                return Err(Error::AttributeReadOnly);
            }
            if value.form() != rules::form(rule) {
                return Err(Error::AttributeValueInvalid);
            }
            if rule.notes.has(Notes::OFFICER) && *value == Value::Flag(true) && !officer {
                return Err(Error::AttributeReadOnly);
            }
            self.set(attribute, value)?;
        }
        let required = match self.origin {
            Origin::Create => Some(Notes::MUST_CREATE),
            Origin::Generate(_) => Some(Notes::MUST_GENERATE),
            Origin::Unwrap | Origin::Derive(_) => None,
        };
        if let Some(required) = required {
            let missing = |attribute| template.get(attribute).is_none();
            if rules::rules_of(self.kind).any(|rule| rule.notes.has(required) && missing(rule.attribute)) {
                return Err(Error::TemplateIncomplete);
            }
        }
        Ok(())
    }

    fn set(&mut self, attribute: Attribute, value: &Value) -> Result<()> {
        if value.as_bytes().is_some_and(|bytes| bytes.len() > VALUE_LIMIT) {
            return Err(Error::AttributeValueInvalid);
        }
        if self.personality == Personality::CloudHsm && self.kind == Kinds::CERTIFICATE {
            certificate::check(attribute, value)?;
        }
        match (attribute, value) {
            (Attribute::Class | Attribute::KeyType, _) => {}
            (Attribute::Value, Value::Bytes(bytes)) if self.kind.meets(Kinds::SECRET | Kinds::DATA) => {
                self.value = Some(bytes.clone());
            }
            (attribute, Value::Bytes(bytes))
                if self.kind.meets(Kinds::PRIVATE)
                    && rules::rule(self.personality, self.kind, attribute)
                        .is_some_and(|rule| rule.notes.has(Notes::SECRET)) =>
            {
                self.parts.push((attribute, bytes.clone()));
            }
            (Attribute::ValueLen, Value::Number(length)) => {
                let length = usize::try_from(*length).map_err(|_| Error::AttributeValueInvalid)?;
                self.value_len = Some(length);
            }
            (Attribute::CheckValue, Value::Bytes(bytes)) => self.check_value = Some(bytes.expose().to_vec()),
            (Attribute::Private, Value::Flag(false))
                if self.personality == Personality::CloudHsm && self.kind.meets(Kinds::KEY) =>
            {
                return Err(Error::AttributeValueInvalid);
            }
            (Attribute::CertificateType, Value::Number(kind)) if *kind != 0 => {
                return Err(Error::AttributeValueInvalid);
            }
            _ => change(&mut self.flags, &mut self.label, &mut self.id, &mut self.extra, attribute, value)?,
        }
        if self.personality == Personality::CloudHsm && self.label.len() > LABEL_LIMIT {
            return Err(Error::AttributeValueInvalid);
        }
        Ok(())
    }

    /// The length that a generated secret key shall have.
    pub(crate) fn length_to_generate(&self) -> Result<usize> {
        match (fixed_length(self.key_type), self.value_len) {
            (Some(fixed), None) => Ok(fixed),
            (Some(fixed), Some(wanted)) if fixed == wanted => Ok(fixed),
            (Some(_), Some(_)) => Err(Error::TemplateInconsistent),
            (None, Some(wanted)) => self.check_length(wanted).map(|()| wanted),
            (None, None) => Err(Error::TemplateIncomplete),
        }
    }

    /// The length that the template asks for.
    pub(crate) fn wanted_length(&self) -> Option<usize> {
        fixed_length(self.key_type).or(self.value_len)
    }

    /// The length that a derived key shall have; none if the mechanism decides.
    pub(crate) fn length_to_derive(&self) -> Result<Option<usize>> {
        let wanted = self.wanted_length();
        if let Some(length) = wanted {
            self.check_length(length)?;
        }
        Ok(wanted)
    }

    /// A key that shows the value of its base is guarded at least as well (PKCS#11 v3.1 §6.42).
    pub(crate) fn inherit(&mut self, base: Flags, template: &Template) -> Result<()> {
        let says = |attribute, value| template.get(attribute) == Some(&Value::Flag(value));
        if base.has(Flags::SENSITIVE) {
            if says(Attribute::Sensitive, false) {
                return Err(Error::TemplateInconsistent);
            }
            self.flags = self.flags.with(Flags::SENSITIVE, true);
        }
        if !base.has(Flags::EXTRACTABLE) {
            if says(Attribute::Extractable, true) {
                return Err(Error::TemplateInconsistent);
            }
            self.flags = self.flags.with(Flags::EXTRACTABLE, false);
        }
        Ok(())
    }

    /// A key that is guarded exactly as its base is (PKCS#11 v3.1 §6.39.8).
    pub(crate) fn inherit_all(&mut self, base: Flags, template: &Template) -> Result<()> {
        for (attribute, flag) in
            [(Attribute::Sensitive, Flags::SENSITIVE), (Attribute::Extractable, Flags::EXTRACTABLE)]
        {
            if template.get(attribute).is_some_and(|value| *value != Value::Flag(base.has(flag))) {
                return Err(Error::TemplateInconsistent);
            }
            self.flags = self.flags.with(flag, base.has(flag));
        }
        Ok(())
    }

    /// The finished secret key or data object of this value; a session object until it gets a handle.
    pub(crate) fn finish(mut self, world: &World, value: &[u8]) -> Result<Object> {
        if self.kind == Kinds::SECRET {
            self.check_length(value.len())?;
            if self.value_len.is_some_and(|wanted| wanted != value.len()) {
                return Err(Error::TemplateInconsistent);
            }
        }
        self.settle();
        let kcv = match self.kind {
            Kinds::SECRET => check_value(self.key_type, value)?,
            Kinds::CERTIFICATE => check_value_of(&self.extra, Attribute::Value),
            // Both halves of a pair have the same (documented).
            _ => check_value_of(&self.extra, Attribute::PublicKeyInfo),
        };
        if self.check_value.as_ref().is_some_and(|given| !given.is_empty() && *given != kcv) {
            return Err(Error::AttributeValueInvalid);
        }
        let unique = world.entropy().bytes();
        Ok(Object {
            handle: Handle::NONE,
            unique,
            class: self.class,
            key_type: self.key_type,
            label: self.label,
            id: self.id,
            flags: self.flags,
            value_len: u32::try_from(value.len()).map_err(|_| Error::AttributeValueInvalid)?,
            owner: NOBODY,
            shared: Vec::new(),
            kcv,
            material: world.vault().seal(world.entropy(), &Object::context(&unique), value),
            extra: self.extra,
        })
    }

    fn check_length(&self, length: usize) -> Result<()> {
        let fits = match (self.key_type, fixed_length(self.key_type)) {
            (_, Some(fixed)) => length == fixed,
            (KeyType::Aes, None) => [16, 24, 32].contains(&length),
            (_, None) => (1..=self.secret_limit).contains(&length),
        };
        if fits { Ok(()) } else { Err(Error::AttributeValueInvalid) }
    }

    /// What the token itself says of a key's birth.
    fn settle(&mut self) {
        if self.kind == Kinds::CERTIFICATE {
            self.extra.set(number(Attribute::CertificateType), ExtraValue::Number(0));
        }
        if !self.kind.meets(Kinds::KEY) {
            return;
        }
        let (sensitive, extractable) = (self.flags.has(Flags::SENSITIVE), self.flags.has(Flags::EXTRACTABLE));
        let (local, always, never) = match self.origin {
            Origin::Create | Origin::Unwrap => (false, false, false),
            Origin::Generate(_) => (true, sensitive, !extractable),
            // Local is documented for `cloudhsm`; the standard says no.
            Origin::Derive(base) => (
                self.personality == Personality::CloudHsm,
                base.has(Flags::ALWAYS_SENSITIVE) && sensitive,
                base.has(Flags::NEVER_EXTRACTABLE) && !extractable,
            ),
        };
        let guarded = self.kind.meets(Kinds::GUARDED);
        self.flags = self
            .flags
            .with(Flags::LOCAL, local)
            .with(Flags::ALWAYS_SENSITIVE, guarded && always)
            .with(Flags::NEVER_EXTRACTABLE, guarded && never);
        if let Origin::Generate(mechanism) = self.origin {
            self.extra.set(number(Attribute::KeyGenMechanism), ExtraValue::Number(mechanism.number()));
        }
    }
}

/// Sets an attribute that is kept as it is given.
pub(crate) fn change(
    flags: &mut Flags,
    label: &mut String,
    id: &mut Vec<u8>,
    extra: &mut Extra,
    attribute: Attribute,
    value: &Value,
) -> Result<()> {
    match (attribute, value) {
        (Attribute::Label, Value::Bytes(bytes)) => {
            let text = String::from_utf8(bytes.expose().to_vec()).map_err(|_| Error::AttributeValueInvalid)?;
            *label = text;
        }
        (Attribute::Id, Value::Bytes(bytes)) => *id = bytes.expose().to_vec(),
        (Attribute::StartDate | Attribute::EndDate, Value::Bytes(bytes)) if !is_date(bytes.expose()) => {
            return Err(Error::AttributeValueInvalid);
        }
        (_, Value::Flag(value)) => {
            let (flag, opposite) = rules::flag(attribute).ok_or(Error::AttributeTypeInvalid)?;
            *flags = flags.with(flag, *value != opposite);
        }
        (_, value) => extra.set(number(attribute), stored(value)?),
    }
    Ok(())
}

/// A date is absent or `YYYYMMDD`.
fn is_date(bytes: &[u8]) -> bool {
    bytes.is_empty() || (bytes.len() == 8 && bytes.iter().all(u8::is_ascii_digit))
}

/// The number under which an attribute is stored.
pub(crate) fn number(attribute: Attribute) -> u32 {
    // Every known attribute has a number of 32 bits; unknown ones are refused before.
    u32::try_from(attribute.number()).unwrap_or(u32::MAX)
}

fn stored(value: &Value) -> Result<ExtraValue> {
    Ok(match value {
        Value::Flag(value) => ExtraValue::Flag(*value),
        Value::Number(value) => ExtraValue::Number(*value),
        Value::Bytes(value) => ExtraValue::Bytes(value.expose().to_vec()),
        Value::Numbers(value) => ExtraValue::Numbers(value.clone()),
        Value::Template(template) => ExtraValue::Template(
            template
                .iter()
                .map(|(attribute, value)| match (attribute.form(), value) {
                    // A template in a template would have no end.
                    (None, _) | (_, Value::Template(_)) => Err(Error::AttributeValueInvalid),
                    (Some(form), value) if form != value.form() => Err(Error::AttributeValueInvalid),
                    (Some(_), value) => Ok((number(attribute), stored(value)?)),
                })
                .collect::<Result<_>>()?,
        ),
    })
}

/// What the operation makes and what the template says must agree.
fn agreed<T: Copy + PartialEq>(
    expected: Option<T>,
    given: Option<&Value>,
    known: impl Fn(u64) -> Option<T>,
) -> Result<T> {
    let given = match given {
        None => None,
        Some(value) => Some(value.as_number().and_then(known).ok_or(Error::AttributeValueInvalid)?),
    };
    match (expected, given) {
        (Some(expected), Some(given)) if expected != given => Err(Error::TemplateInconsistent),
        (expected, given) => expected.or(given).ok_or(Error::TemplateIncomplete),
    }
}

fn class_of(number: u64) -> Option<Class> {
    [Class::Data, Class::Certificate, Class::Public, Class::Private, Class::Secret, Class::Profile]
        .into_iter()
        .find(|class| u64::from(class.number()) == number)
}

/// The length of keys that have only one.
fn fixed_length(key_type: KeyType) -> Option<usize> {
    match key_type {
        KeyType::Des => Some(8),
        KeyType::TripleDes => Some(24),
        KeyType::ChaCha20 => Some(32),
        _ => None,
    }
}

/// `CKA_CHECK_VALUE`: of a block cipher the encryption of zeros, else the SHA-1 of the value; the first three bytes.
fn check_value(key_type: KeyType, value: &[u8]) -> Result<[u8; 3]> {
    match key_type {
        KeyType::Aes => Ok(aes_kcv(value)?),
        KeyType::Des | KeyType::TripleDes => Ok(DesKey::new(value)?.check_value()),
        _ => Ok(first_three(&Hash::Sha1.digest(value))),
    }
}

/// The first three bytes of an attribute's SHA-1; zeros if there is none.
fn check_value_of(extra: &Extra, attribute: Attribute) -> [u8; 3] {
    match extra.get(number(attribute)) {
        Some(ExtraValue::Bytes(value)) => first_three(&Hash::Sha1.digest(value)),
        _ => [0; 3],
    }
}

fn first_three(digest: &[u8]) -> [u8; 3] {
    // No digest is shorter.
    let mut three = [0; 3];
    three.copy_from_slice(&digest[..3]);
    three
}

/// How much room an object takes, for `C_GetObjectSize`.
pub(crate) fn size(object: &Object) -> u64 {
    (row::encode(object).len() + row::encode(&object.extra).len()) as u64
}

/// The form in which an attribute's value is shown, from what is stored.
pub(crate) fn shown(value: &ExtraValue) -> Value {
    match value {
        ExtraValue::Flag(value) => Value::Flag(*value),
        ExtraValue::Number(value) => Value::Number(*value),
        ExtraValue::Bytes(value) => Value::bytes(value),
        ExtraValue::Numbers(value) => Value::Numbers(value.clone()),
        ExtraValue::Template(value) => Value::Template(
            value.iter().map(|(number, value)| (Attribute::from_number(u64::from(*number)), shown(value))).collect(),
        ),
    }
}

/// The value of an attribute that nobody gave.
pub(crate) fn absent(attribute: Attribute) -> Value {
    match (attribute, attribute.form()) {
        (Attribute::CertificateCategory | Attribute::JavaMidpSecurityDomain, _) => Value::Number(0),
        (_, Some(Form::Flag)) => Value::Flag(false),
        (_, Some(Form::Number)) => Value::UNAVAILABLE,
        (_, Some(Form::Numbers)) => Value::Numbers(Vec::new()),
        (_, Some(Form::Template)) => Value::Template(Template::new()),
        (_, Some(Form::Bytes) | None) => Value::bytes(b""),
    }
}
