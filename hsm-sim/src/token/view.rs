//! Reading the attributes of an object.

use crypto::SecretBytes;

use crate::cluster::Personality;
use crate::object::index::{By, Outline};
use crate::object::{ExtraValue, Flags, Object};
use crate::token::draft::{absent, number, shown};
use crate::token::rules::{self, Kinds, Notes};
use crate::token::{Attribute, Error, Result, Template, Value, asymmetric};
use crate::world::World;

/// An object as attributes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) world: &'a World,
    pub(crate) personality: Personality,
    pub(crate) object: &'a Object,
}

impl View<'_> {
    /// The value of an attribute.
    ///
    /// # Errors
    /// [`Error::AttributeTypeInvalid`], [`Error::AttributeSensitive`].
    pub(crate) fn get(&self, attribute: Attribute) -> Result<Value> {
        let object = self.object;
        let kind = Kinds::of(object);
        let rule = rules::rule(self.personality, kind, attribute).ok_or(Error::AttributeTypeInvalid)?;
        if rule.notes.has(Notes::SECRET)
            && (object.flags.has(Flags::SENSITIVE) || !object.flags.has(Flags::EXTRACTABLE))
        {
            return Err(Error::AttributeSensitive);
        }
        if let Some((flag, opposite)) = rules::flag(attribute) {
            return Ok(Value::Flag(object.flags.has(flag) != opposite));
        }
        Ok(match attribute {
            Attribute::Class => Value::Number(u64::from(object.class.number())),
            Attribute::KeyType => Value::Number(u64::from(object.key_type.number())),
            Attribute::Label => Value::bytes(object.label.as_bytes()),
            Attribute::Id => Value::bytes(&object.id),
            Attribute::UniqueId => Value::bytes(unique_id(object).as_bytes()),
            Attribute::ValueLen => Value::Number(u64::from(object.value_len)),
            Attribute::CheckValue => Value::bytes(&object.kcv),
            Attribute::Value if kind.meets(Kinds::SECRET | Kinds::DATA) => Value::Bytes(self.material()?),
            _ if rule.notes.has(Notes::SECRET) => asymmetric::part(object, self.material()?.expose(), attribute)?,
            _ => match (object.extra.get(number(attribute)), attribute) {
                (Some(value), _) => shown(value),
                // No list is not the empty list.
                (None, Attribute::AllowedMechanisms) => return Err(Error::AttributeTypeInvalid),
                (None, attribute) => absent(attribute),
            },
        })
    }

    /// Whether the object has all attributes of a template with these values. What cannot be read does not match.
    pub(crate) fn matches(&self, template: &Template) -> bool {
        template.iter().all(|(attribute, value)| self.get(attribute).is_ok_and(|found| found == *value))
    }

    /// The value of a secret key or data object, the PKCS#8 document of a private key.
    pub(crate) fn material(&self) -> Result<SecretBytes> {
        Ok(self.world.vault().open_sealed(&Object::context(&self.object.unique), &self.object.material)?)
    }
}

/// Whether the object of an outline that was found by some values of a template has the others too; none if only the object tells.
pub(crate) fn outline_matches(
    personality: Personality,
    outline: &Outline,
    by: By<'_>,
    template: &Template,
) -> Option<bool> {
    let kind = Kinds::of_object(outline.class, outline.key_type);
    for (attribute, value) in template.iter() {
        if rules::rule(personality, kind, attribute).is_none() {
            return Some(false);
        }
        let same = match (attribute, by, rules::flag(attribute)) {
            (Attribute::Label, By::Label(label), _) => value.as_bytes() == Some(label.as_bytes()),
            (Attribute::Id, By::Id(id), _) => value.as_bytes() == Some(id),
            (Attribute::Class, ..) => *value == Value::Number(u64::from(outline.class.number())),
            (Attribute::KeyType, ..) => *value == Value::Number(u64::from(outline.key_type.number())),
            (_, _, Some((flag, opposite))) => *value == Value::Flag(outline.flags.has(flag) != opposite),
            _ => return None,
        };
        if !same {
            return Some(false);
        }
    }
    Some(true)
}

/// Whether a key may be used with a mechanism of this number.
pub(crate) fn allows(object: &Object, mechanism: u64) -> bool {
    match object.extra.get(number(Attribute::AllowedMechanisms)) {
        // A list without entries allows nothing; a key that has no list is free.
        Some(ExtraValue::Numbers(allowed)) => allowed.contains(&mechanism),
        _ => true,
    }
}

fn unique_id(object: &Object) -> String {
    object.unique.iter().map(|byte| format!("{byte:02x}")).collect()
}
