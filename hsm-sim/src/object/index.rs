//! Finding objects by an attribute: `layer | attribute | keyed hash of the value | handle`.
//!
//! Index rows are only ever added. A row that a later change made stale does no harm: what it names is looked up in the
//! view and compared.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::error::Result;
use crate::node::view::{LayerId, View};
use crate::object::layer::{self, Located};
use crate::object::{Class, Handle, Object};
use crate::row::{self, Rows, Writer};
use crate::vault::Vault;

/// What objects are found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By<'a> {
    /// The label.
    Label(&'a str),
    /// `CKA_ID`; never the empty one.
    Id(&'a [u8]),
    /// The owner's user id.
    Owner(u32),
    /// The class; never that of secret keys, which nearly all are.
    Class(Class),
}

impl By<'_> {
    fn matches(self, object: &Object) -> bool {
        match self {
            Self::Label(label) => object.label == label,
            Self::Id(id) => object.id == id,
            Self::Owner(owner) => object.owner == owner,
            Self::Class(class) => object.class == class,
        }
    }

    fn prefix(self, vault: &Vault, layer: LayerId) -> Vec<u8> {
        let (number, hash) = match self {
            Self::Label(label) => (1, vault.index_hash(label.as_bytes())),
            Self::Id(id) => (2, vault.index_hash(id)),
            Self::Owner(owner) => (3, vault.index_hash(&owner.to_be_bytes())),
            Self::Class(class) => (4, vault.index_hash(&class.number().to_be_bytes())),
        };
        [layer.to_bytes().as_slice(), &[number], &hash].concat()
    }
}

/// Adds the rows of an object to a layer's index.
pub(crate) fn add(tx: &mut Writer<'_>, vault: &Vault, layer: LayerId, object: &Object) -> Result<()> {
    // Most keys have no id, and nobody looks for the empty one.
    let id = Some(By::Id(&object.id)).filter(|_| !object.id.is_empty());
    let class = Some(By::Class(object.class)).filter(|_| object.class != Class::Secret);
    for by in [By::Label(&object.label), By::Owner(object.owner)].into_iter().chain(id).chain(class) {
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
    let mut found = BTreeMap::new();
    visit(rows, vault, view, by, |located| {
        found.insert(located.object.handle, located);
        ControlFlow::Continue(())
    })?;
    Ok(found.into_values().collect())
}

/// Whether any object of a view fits.
pub(crate) fn any(rows: &impl Rows, vault: &Vault, view: &View, by: By<'_>) -> Result<bool> {
    let mut any = false;
    visit(rows, vault, view, by, |_| {
        any = true;
        ControlFlow::Break(())
    })?;
    Ok(any)
}

/// Shows every fitting object, some perhaps more than once.
fn visit(
    rows: &impl Rows,
    vault: &Vault,
    view: &View,
    by: By<'_>,
    mut show: impl FnMut(Located) -> ControlFlow<()>,
) -> Result<()> {
    for step in view.steps() {
        let prefix = by.prefix(vault, step.layer);
        for row in rows.scan(row::OBJECT_INDEX, &prefix, None)? {
            let (key, _) = row?;
            let number = key.get(prefix.len()..).and_then(|tail| <[u8; 4]>::try_from(tail).ok());
            let number = number.ok_or_else(|| row::corrupt(row::OBJECT_INDEX, &key))?;
            let located = layer::locate(rows, view, Handle::new(u32::from_be_bytes(number)))?;
            if let Some(located) = located.filter(|located| by.matches(&located.object))
                && show(located).is_break()
            {
                return Ok(());
            }
        }
    }
    Ok(())
}
