//! An object in a line: what people want to know of it first.

use std::fmt;

use crypto::asymmetric::curve::{Curve, Params};
use hsm_sim::Handle;
use hsm_sim::object::{Class, KeyType};
use hsm_sim::token::{Attribute, Error, ObjectHandle, SessionState, Value, class_name, key_type_name};
use serde_json::{Value as Json, json};

use crate::token::place::Session;

/// An object.
#[derive(Debug)]
pub(super) struct Object {
    /// Its handle in this application.
    pub(super) handle: ObjectHandle,
    /// Its handle in the cluster.
    pub(super) number: Option<Handle>,
    pub(super) class: u64,
    pub(super) key_type: Option<u64>,
    pub(super) label: String,
    pub(super) id: Vec<u8>,
    /// Such as `RSA 2048`; empty of what is no key.
    kind: String,
    sensitive: Option<bool>,
    extractable: Option<bool>,
}

impl Session {
    /// The attributes of an object; none for those that cannot be read.
    pub(super) fn attributes<const N: usize>(
        &self,
        object: ObjectHandle,
        wanted: [Attribute; N],
    ) -> Result<[Option<Value>; N], Error> {
        let mut values = self.token.way.attributes(self.id, object, &wanted)?.into_iter();
        Ok(wanted.map(|_| values.next().and_then(Result::ok)))
    }

    pub(super) fn is_logged_in(&self) -> Result<bool, Error> {
        let state = self.token.way.session_info(self.id)?.state;
        Ok(!matches!(state, SessionState::ReadOnlyPublic | SessionState::ReadWritePublic))
    }
}

pub(super) fn number(value: Option<&Value>) -> Option<u64> {
    if let Some(Value::Number(number)) = value { Some(*number) } else { None }
}

pub(super) fn flag(value: Option<&Value>) -> Option<bool> {
    if let Some(Value::Flag(flag)) = value { Some(*flag) } else { None }
}

pub(super) fn bytes(value: Option<&Value>) -> &[u8] {
    if let Some(Value::Bytes(bytes)) = value { bytes.expose() } else { &[] }
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Object {
    pub(super) fn read(session: &Session, handle: ObjectHandle) -> Result<Self, Error> {
        let [class, key_type, label, id, sensitive, extractable] = session.attributes(
            handle,
            [
                Attribute::Class,
                Attribute::KeyType,
                Attribute::Label,
                Attribute::Id,
                Attribute::Sensitive,
                Attribute::Extractable,
            ],
        )?;
        let [modulus, value_len, curve] =
            session.attributes(handle, [Attribute::Modulus, Attribute::ValueLen, Attribute::EcParams])?;
        let key_type = number(key_type.as_ref());
        let size = match number(value_len.as_ref()) {
            Some(length) => Some((length * 8).to_string()),
            None if !bytes(modulus.as_ref()).is_empty() => Some((bytes(modulus.as_ref()).len() * 8).to_string()),
            None => Params::parse(bytes(curve.as_ref())).ok().map(|params| curve_name(params).to_owned()),
        };
        Ok(Self {
            handle,
            number: session.token.way.cluster_handle(session.id, handle)?,
            class: number(class.as_ref()).unwrap_or(u64::MAX),
            kind: [key_type.map(type_name), size].into_iter().flatten().collect::<Vec<_>>().join(" "),
            key_type,
            label: String::from_utf8_lossy(bytes(label.as_ref())).into_owned(),
            id: bytes(id.as_ref()).to_vec(),
            sensitive: flag(sensitive.as_ref()),
            extractable: flag(extractable.as_ref()),
        })
    }

    pub(super) fn is(&self, class: Class) -> bool {
        self.class == u64::from(class.number())
    }

    pub(super) fn is_of(&self, key_type: KeyType) -> bool {
        self.key_type == Some(u64::from(key_type.number()))
    }

    pub(super) fn class_name(&self) -> String {
        class_name(self.class).map_or_else(
            || format!("class {:#x}", self.class),
            |name| name.trim_start_matches("CKO_").to_lowercase().replace('_', " "),
        )
    }

    /// The columns of a listing.
    pub(super) fn columns(&self) -> [String; 6] {
        let guard = match (self.sensitive, self.extractable) {
            (Some(true), Some(true)) => "sensitive, extractable",
            (Some(true), _) => "sensitive",
            (_, Some(true)) => "extractable",
            _ => "",
        };
        let number = self.number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        [number, self.class_name(), self.kind.clone(), self.label.clone(), hexadecimal(&self.id), guard.to_owned()]
    }

    pub(super) fn json(&self) -> Json {
        json!({
            "handle": self.number.map(Handle::get),
            "class": class_name(self.class),
            "key_type": self.key_type.and_then(key_type_name),
            "kind": self.kind,
            "label": self.label,
            "id": hexadecimal(&self.id),
            "sensitive": self.sensitive,
            "extractable": self.extractable,
        })
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} '{}'", self.class_name(), self.label)?;
        let number = self.number.map(|number| format!("handle {number}"));
        let kind = Some(self.kind.clone()).filter(|kind| !kind.is_empty());
        let id = Some(&self.id).filter(|id| !id.is_empty()).map(|id| format!("id {}", hexadecimal(id)));
        let more: Vec<String> = [kind, id, number].into_iter().flatten().collect();
        if more.is_empty() { Ok(()) } else { write!(f, " ({})", more.join(", ")) }
    }
}

fn type_name(number: u64) -> String {
    key_type_name(number).map_or_else(
        || format!("{number:#x}"),
        |name| match name.trim_start_matches("CKK_") {
            "GENERIC_SECRET" => "generic".to_owned(),
            "EC_EDWARDS" | "EC_MONTGOMERY" => "EC".to_owned(),
            name => name.replace('_', "-"),
        },
    )
}

/// The name by which people know a curve.
fn curve_name(params: Params) -> &'static str {
    match params {
        Params::Weierstrass(Curve::P224) => "P-224",
        Params::Weierstrass(Curve::P256) => "P-256",
        Params::Weierstrass(Curve::P384) => "P-384",
        Params::Weierstrass(Curve::P521) => "P-521",
        Params::Weierstrass(Curve::Secp256k1) => "secp256k1",
        Params::Edwards25519 => "Ed25519",
        Params::Curve25519 => "X25519",
        Params::Edwards448 => "Ed448",
        Params::Curve448 => "X448",
    }
}

/// Columns under their headings, as wide as they need.
pub(super) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = headings.map(|heading| heading.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; N]| {
        let cells: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    let body = rows.iter().map(|row| line(row.each_ref().map(String::as_str)));
    [line(headings)].into_iter().chain(body).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_need() {
        let rows =
            [["1".to_owned(), "é".to_owned(), String::new()], ["22".to_owned(), "long".to_owned(), "x".to_owned()]];
        assert_eq!(table(["A", "B", "C"], &rows), "A   B     C\n1   é\n22  long  x\n");
    }
}
