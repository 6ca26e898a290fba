//! Keys as listings show them (documented). What the HSMs that hold a key disagree on reads `inconsistent`.

use std::fmt::Display;

use hsm_sim::admin::{NodeResult, UserInfo};
use hsm_sim::object::{Attribute, AttributeValue, Class, Flags, KeyType, Object};
use hsm_sim::{Handle, HsmError};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::chsm::answer::Refusal;
use crate::chsm::key::attribute::{Hex, ROWS};
use crate::chsm::session::Session;

const FULL: &str = "full";
const INCONSISTENT: &str = "inconsistent";

/// A key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::chsm) struct Shown {
    #[serde(serialize_with = "reference")]
    pub(super) key_reference: Handle,
    pub(super) key_info: Info,
    pub(super) attributes: Attributes,
}

/// Whose it is and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::chsm) struct Info {
    key_owners: Vec<Person>,
    shared_users: Vec<Person>,
    key_quorum_values: Quorum,
    cluster_coverage: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Person {
    username: String,
    key_coverage: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Quorum {
    manage_key_quorum_value: u8,
    use_key_quorum_value: u8,
}

impl Shown {
    /// Whether HSMs disagree on anything.
    pub(super) fn is_inconsistent(&self) -> bool {
        let people = self.key_info.key_owners.iter().chain(&self.key_info.shared_users);
        self.key_info.cluster_coverage == INCONSISTENT
            || people.into_iter().any(|person| person.key_coverage == INCONSISTENT)
            || self.attributes.0.iter().any(|(_, value)| *value == Shape::Text(INCONSISTENT.to_owned()))
    }
}

/// Names and values in the order of listings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chsm) struct Attributes(Vec<(&'static str, Shape)>);

/// A value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(in crate::chsm) enum Shape {
    Flag(bool),
    Number(u32),
    Text(String),
}

impl Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
        }
    }
}

/// A handle as this tool writes it (documented).
pub(in crate::chsm) fn reference_of(handle: Handle) -> String {
    format!("{:#018x}", handle.get())
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form of serde's functions")]
fn reference<S: Serializer>(handle: &Handle, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&reference_of(*handle))
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        self.0.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

impl Attributes {
    pub(super) fn get(&self, name: &str) -> Option<&Shape> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// As one HSM says; `read` gives what the tools know of the key.
    fn read(modifiable: bool, read: impl Fn(Attribute) -> Option<AttributeValue>) -> Self {
        let mut shown: Vec<(&'static str, Shape)> = Vec::with_capacity(ROWS.len() + 4);
        for row in ROWS {
            let value = match row.attribute {
                Some(attribute) => read(attribute).map(|value| shape(attribute, &value)),
                None => Some(Shape::Flag(modifiable)),
            };
            shown.extend(value.map(|value| (row.name, value)));
        }
        let number = |attribute| match read(attribute) {
            Some(AttributeValue::Number(number)) => Some(number),
            _ => None,
        };
        shown.extend(number(Attribute::ValueLen).map(|length| ("key-length-bytes", Shape::Number(length))));
        let hex = |value: &Option<AttributeValue>| match value {
            Some(AttributeValue::Bytes(bytes)) => Some(Shape::Text(Hex(bytes).to_string())),
            _ => None,
        };
        let half = read(Attribute::Modulus);
        match number(Attribute::KeyType) {
            Some(key_type) if key_type == KeyType::Ec.number() => {
                shown.extend(hex(&half).map(|point| ("ec-point", point)));
                let curve = number(Attribute::ModulusBits).map(|number| Shape::Text(curve_name(number)));
                shown.extend(curve.map(|curve| ("curve", curve)));
            }
            _ => {
                let exponent = read(Attribute::PublicExponent).map(|value| match value {
                    AttributeValue::Bytes(bytes) => AttributeValue::Bytes(three_bytes(bytes)),
                    value => value,
                });
                shown.extend(hex(&exponent).map(|exponent| ("public-exponent", exponent)));
                shown.extend(hex(&half).map(|modulus| ("modulus", modulus)));
                let bits = number(Attribute::ModulusBits).map(Shape::Number);
                shown.extend(bits.map(|bits| ("modulus-size-bits", bits)));
            }
        }
        Self(shown)
    }

    /// Attributes on which others disagree become inconsistent.
    fn agree(&mut self, other: &Self) {
        for (name, value) in &mut self.0 {
            if other.get(name) != Some(value) {
                *value = Shape::Text(INCONSISTENT.to_owned());
            }
        }
    }
}

/// `0x010001` (documented sample).
fn three_bytes(mut number: Vec<u8>) -> Vec<u8> {
    while number.len() < 3 {
        number.insert(0, 0);
    }
    number
}

fn shape(attribute: Attribute, value: &AttributeValue) -> Shape {
    match (attribute, value) {
        (Attribute::Class, AttributeValue::Number(number)) => Shape::Text(class_name(*number)),
        (Attribute::KeyType, AttributeValue::Number(number)) => Shape::Text(type_name(*number)),
        (_, AttributeValue::Number(number)) => Shape::Number(*number),
        (_, AttributeValue::Flag(flag)) => Shape::Flag(*flag),
        (_, AttributeValue::Text(text)) => Shape::Text(text.clone()),
        (_, AttributeValue::Bytes(bytes)) => Shape::Text(Hex(bytes).to_string()),
    }
}

fn class_name(number: u32) -> String {
    let known = [(Class::Public, "public-key"), (Class::Private, "private-key"), (Class::Secret, "secret-key")];
    let name = known.iter().find(|(class, _)| class.number() == number).map(|(_, name)| *name);
    name.map_or_else(|| number.to_string(), str::to_owned)
}

fn type_name(number: u32) -> String {
    let known = [
        (KeyType::Aes, "aes"),
        (KeyType::Rsa, "rsa"),
        (KeyType::Ec, "ec"),
        (KeyType::Generic, "generic-secret"),
        (KeyType::TripleDes, "3des"),
    ];
    let name = known.iter().find(|(key_type, _)| key_type.number() == number).map(|(_, name)| *name);
    name.map_or_else(|| number.to_string(), str::to_owned)
}

/// By the number under which the older tools show a curve.
fn curve_name(number: u32) -> String {
    let known = [(713, "secp224r1"), (415, "prime256v1"), (715, "secp384r1"), (716, "secp521r1"), (714, "secp256k1")];
    let name = known.iter().find(|(known, _)| *known == number).map(|(_, name)| *name);
    name.map_or_else(|| number.to_string(), str::to_owned)
}

/// What one HSM knows.
struct View<'a> {
    keys: &'a [Object],
    users: &'a [UserInfo],
}

/// Every key that the login sees, by handle; those of this session stand last.
pub(super) fn all(session: &mut Session<'_>) -> Result<Vec<Shown>, Refusal> {
    let connection = session.connection(None)?;
    let name = connection.user()?.name.clone();
    let keys = connection.admin.keys()?;
    let users = connection.admin.list_users()?;
    let away = |error: &HsmError| matches!(error, HsmError::NodeUnavailable | HsmError::Busy);
    let mut views = Vec::new();
    for NodeResult { node, result, .. } in &keys {
        let users = users.iter().find(|answer| answer.node == *node).and_then(|answer| answer.result.as_ref().ok());
        match (result, users) {
            (Ok(keys), Some(users)) => views.push(View { keys, users }),
            // An HSM without the user holds nothing of it.
            (Err(error), Some(users)) if !away(error) => views.push(View { keys: &[], users }),
            _ => {}
        }
    }
    if views.is_empty() {
        return Err(HsmError::NoNode.into());
    }
    let mut handles: Vec<Handle> = views.iter().flat_map(|view| view.keys).map(|key| key.handle).collect();
    handles.sort_unstable();
    handles.dedup();
    let mut shown: Vec<Shown> = handles.into_iter().filter_map(|handle| fold(handle, &views)).collect();
    if let Some(keys) = connection.open_keys() {
        for handle in keys.find(&hsm_sim::keys::Query::default())?.0 {
            if shown.iter().all(|key| key.key_reference != handle) {
                shown.push(of_session(handle, &name, |attribute| keys.attribute(handle, attribute).ok()));
            }
        }
    }
    Ok(shown)
}

/// The key of this handle.
pub(super) fn one(session: &mut Session<'_>, handle: Handle) -> Result<Shown, Refusal> {
    let mut keys = all(session)?;
    keys.retain(|key| key.key_reference == handle);
    keys.pop().ok_or_else(|| HsmError::InvalidHandle.into())
}

fn of_session(handle: Handle, owner: &str, read: impl Fn(Attribute) -> Option<AttributeValue>) -> Shown {
    let owner = Person { username: owner.to_owned(), key_coverage: FULL };
    Shown {
        key_reference: handle,
        key_info: Info {
            key_owners: vec![owner],
            shared_users: Vec::new(),
            key_quorum_values: Quorum { manage_key_quorum_value: 0, use_key_quorum_value: 0 },
            cluster_coverage: "session",
        },
        attributes: Attributes::read(true, read),
    }
}

fn fold(handle: Handle, views: &[View<'_>]) -> Option<Shown> {
    let holders: Vec<(&Object, &[UserInfo])> = views
        .iter()
        .filter_map(|view| Some((view.keys.iter().find(|key| key.handle == handle)?, view.users)))
        .collect();
    let read = |key: &Object| Attributes::read(!key.flags.has(Flags::FIXED), |attribute| attribute.of(key));
    let (first, rest) = holders.split_first()?;
    let mut attributes = read(first.0);
    rest.iter().for_each(|(key, _)| attributes.agree(&read(key)));
    let approvals = first.0.approvals();
    Some(Shown {
        key_reference: handle,
        key_info: Info {
            key_owners: people(&holders, views.len(), |key| vec![key.owner]),
            shared_users: people(&holders, views.len(), |key| key.shared.clone()),
            key_quorum_values: Quorum { manage_key_quorum_value: approvals, use_key_quorum_value: approvals },
            cluster_coverage: if holders.len() == views.len() { FULL } else { INCONSISTENT },
        },
        attributes,
    })
}

/// Users by their names: keys name them by numbers, which each HSM gives by itself.
fn people(holders: &[(&Object, &[UserInfo])], nodes: usize, ids: impl Fn(&Object) -> Vec<u32>) -> Vec<Person> {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for (key, users) in holders {
        for id in ids(key) {
            let user = users.iter().find(|user| user.id == id);
            let Some(name) = user.map(|user| user.name.as_str().to_lowercase()) else { continue };
            match counted.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => counted.push((name, 1)),
            }
        }
    }
    let person =
        |(username, count)| Person { username, key_coverage: if count == nodes { FULL } else { INCONSISTENT } };
    counted.into_iter().map(person).collect()
}
