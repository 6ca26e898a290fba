//! Finding objects by an attribute: `layer | attribute | keyed hash of the value | handle`, and what most searches ask beyond it.
//!
//! A layer's index rows and its object rows are versions of the same mutations: the index says of every layer, at every watermark,
//! exactly which of its objects have the value. So a search reads no object unless it asks for more than an [`Outline`] tells; only
//! where a view has several layers must it look whether a nearer one knows the handle. The hash is long enough that no two values
//! share one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::node::view::{LayerId, Step, View};
use crate::object::layer::{self, Located};
use crate::object::{Class, Flags, Handle, KeyType, Object};
use crate::row::{self, Numbers, Rows, Writer};
use crate::vault::Vault;

/// What objects are found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By<'a> {
    /// The label.
    Label(&'a str),
    /// `CKA_ID`; never the empty one.
    Id(&'a [u8]),
    /// The class; never that of secret keys, which nearly all are.
    Class(Class),
}

impl<'a> By<'a> {
    /// What an object is found by.
    fn of(object: &'a Object) -> impl Iterator<Item = Self> {
        // Most keys have no id, and nobody looks for the empty one.
        let id = Some(Self::Id(&object.id)).filter(|_| !object.id.is_empty());
        let class = Some(Self::Class(object.class)).filter(|_| object.class != Class::Secret);
        [Self::Label(&object.label)].into_iter().chain(id).chain(class)
    }

    fn prefix(self, vault: &Vault, layer: LayerId) -> Vec<u8> {
        let (number, hash) = match self {
            Self::Label(label) => (2, vault.index_hash(label.as_bytes())),
            Self::Id(id) => (3, vault.index_hash(id)),
            Self::Class(class) => (4, vault.index_hash(&class.number().to_be_bytes())),
        };
        [&*layer.key(), &[number], &hash].concat()
    }

    fn key(self, vault: &Vault, layer: LayerId, handle: Handle) -> Vec<u8> {
        [&*self.prefix(vault, layer), &Numbers::of(handle.get().into())].concat()
    }
}

/// What an index row tells of its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outline {
    pub(crate) class: Class,
    pub(crate) key_type: KeyType,
    pub(crate) flags: Flags,
    pub(crate) owner: u32,
    /// Whether it is shared with anybody.
    pub(crate) shared: bool,
}

impl Outline {
    /// That of an object.
    pub(crate) fn of(object: &Object) -> Self {
        let Object { class, key_type, flags, owner, ref shared, .. } = *object;
        Self { class, key_type, flags, owner, shared: !shared.is_empty() }
    }

    /// Whether a user may use the object; none if only the object tells.
    pub(crate) fn usable_by(&self, user: u32) -> Option<bool> {
        let usable = self.owner == user || self.class == Class::Public;
        if !usable && self.shared { None } else { Some(usable) }
    }
}

/// Makes a layer's index tell of `new` where it told of `old`, both under one handle.
pub(crate) fn replace(
    tx: &mut Writer<'_>,
    vault: &Vault,
    layer: LayerId,
    old: Option<&Object>,
    new: Option<&Object>,
) -> Result<()> {
    let keys = |object: Option<&Object>| -> Vec<Vec<u8>> {
        object.map_or_else(Vec::new, |object| By::of(object).map(|by| by.key(vault, layer, object.handle)).collect())
    };
    let (gone, wanted) = (keys(old), keys(new));
    for key in gone.iter().filter(|key| !wanted.contains(key)) {
        tx.delete_keeping(row::OBJECT_INDEX, key)?;
    }
    let outline = new.map(Outline::of);
    let same = old.map(Outline::of) == outline;
    let Some(outline) = outline else { return Ok(()) };
    for key in wanted.iter().filter(|key| !(same && gone.contains(key))) {
        tx.put_keeping(row::OBJECT_INDEX, key, &row::encode(&outline))?;
    }
    Ok(())
}

/// The objects of a view that have the value, by handle.
pub(crate) fn outlines(rows: &impl Rows, vault: &Vault, view: &View, by: By<'_>) -> Result<BTreeMap<Handle, Outline>> {
    let mut found = BTreeMap::new();
    let steps: Vec<Step> = view.steps().collect();
    for (nearer, step) in steps.iter().enumerate() {
        let prefix = by.prefix(vault, step.layer);
        for row in rows.scan_at(row::OBJECT_INDEX, &prefix, None, step.until)? {
            let (key, version) = row?;
            let Some(bytes) = version.value else { continue };
            let handle = key.get(prefix.len()..).and_then(Handle::of_key);
            let handle = handle.ok_or_else(|| row::corrupt(row::OBJECT_INDEX, &key))?;
            if !layer::is_known(rows, &steps[..nearer], handle)? {
                found.insert(handle, row::decode(row::OBJECT_INDEX, &key, bytes)?);
            }
        }
    }
    Ok(found)
}

/// The same with the objects themselves.
pub(crate) fn find(rows: &impl Rows, vault: &Vault, view: &View, by: By<'_>) -> Result<Vec<Located>> {
    let located = outlines(rows, vault, view, by)?.into_keys().map(|handle| layer::locate(rows, view, handle));
    located.filter_map(Result::transpose).collect()
}

#[cfg(test)]
mod tests;
