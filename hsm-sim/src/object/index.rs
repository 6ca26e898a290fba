//! Finding objects by an attribute: `layer | attribute | keyed hash of the value | handle`.
//!
//! Index rows are only ever added. A row that a later change made stale does no harm: what it names is looked up in the
//! view and compared.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::node::view::{LayerId, View};
use crate::object::layer::{self, Located};
use crate::object::{Handle, Object};
use crate::row::{self, Rows, Writer};
use crate::vault::Vault;

/// What objects are found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By<'a> {
    /// The label.
    Label(&'a str),
    /// `CKA_ID`.
    Id(&'a [u8]),
    /// The owner's user id.
    Owner(u32),
}

impl By<'_> {
    fn matches(self, object: &Object) -> bool {
        match self {
            Self::Label(label) => object.label == label,
            Self::Id(id) => object.id == id,
            Self::Owner(owner) => object.owner == owner,
        }
    }

    fn prefix(self, vault: &Vault, layer: LayerId) -> Vec<u8> {
        let (number, hash) = match self {
            Self::Label(label) => (1, vault.index_hash(label.as_bytes())),
            Self::Id(id) => (2, vault.index_hash(id)),
            Self::Owner(owner) => (3, vault.index_hash(&owner.to_be_bytes())),
        };
        [layer.to_bytes().as_slice(), &[number], &hash].concat()
    }
}

/// Adds the rows of an object to a layer's index.
pub(crate) fn add(tx: &mut Writer<'_>, vault: &Vault, layer: LayerId, object: &Object) -> Result<()> {
    for by in [By::Label(&object.label), By::Id(&object.id), By::Owner(object.owner)] {
        let mut key = by.prefix(vault, layer);
        key.extend_from_slice(&object.handle.to_bytes());
        if tx.get(row::OBJECT_INDEX, &key)?.is_none() {
            tx.put(row::OBJECT_INDEX, &key, &[])?;
        }
    }
    Ok(())
}

/// The objects of a view that fit, by handle.
pub(crate) fn find(rows: &impl Rows, vault: &Vault, view: &View, by: By<'_>) -> Result<Vec<Located>> {
    let mut found = Vec::new();
    for handle in candidates(rows, vault, view, by)? {
        if let Some(located) = layer::locate(rows, view, handle)?
            && by.matches(&located.object)
        {
            found.push(located);
        }
    }
    Ok(found)
}

/// Whether any object of a view fits.
pub(crate) fn any(rows: &impl Rows, vault: &Vault, view: &View, by: By<'_>) -> Result<bool> {
    for handle in candidates(rows, vault, view, by)? {
        if layer::locate(rows, view, handle)?.is_some_and(|located| by.matches(&located.object)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn candidates(rows: &impl Rows, vault: &Vault, view: &View, by: By<'_>) -> Result<BTreeSet<Handle>> {
    let mut handles = BTreeSet::new();
    for step in view.steps() {
        let prefix = by.prefix(vault, step.layer);
        for row in rows.scan(row::OBJECT_INDEX, &prefix, None)? {
            let (key, _) = row?;
            let number = key.get(prefix.len()..).and_then(|tail| <[u8; 4]>::try_from(tail).ok());
            let number = number.ok_or_else(|| row::corrupt(row::OBJECT_INDEX, &key))?;
            handles.insert(Handle::new(u32::from_be_bytes(number)));
        }
    }
    Ok(handles)
}
