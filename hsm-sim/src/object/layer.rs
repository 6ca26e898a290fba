//! Object rows: how a view finds an object, and how a change that reached some nodes becomes rows.
//!
//! A row says what its layer knows of a handle. A change is written once into the layer that the cluster's nodes share; then
//! every node whose view does not show what it should (the new version where the change arrived, the old one where it did not)
//! gets a row in its own layer that says so. So a change that reaches all nodes costs one row, and nodes differ only where
//! something made them differ. One transaction changes a handle at most once.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::node::Node;
use crate::node::view::{LayerId, Step, View};
use crate::object::{Extra, Handle, Object, collect, index};
use crate::row::{self, Numbers, Rows, Seq, Writer};
use crate::vault::Vault;

/// Where a version of an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Place {
    layer: LayerId,
    seq: Seq,
}

/// An object as a node holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Located {
    pub(crate) object: Object,
    pub(crate) place: Place,
}

/// What a layer knows of a handle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum LayerEntry {
    /// The object.
    Object(Object),
    /// The object is the version at this place.
    Pin(Place),
    /// There is no object.
    Absent,
    /// The object, with attributes that not every key has.
    Extended(Object, Extra),
}

impl LayerEntry {
    fn of(object: &Object) -> Self {
        if object.extra.is_empty() {
            Self::Object(object.clone())
        } else {
            Self::Extended(object.clone(), object.extra.clone())
        }
    }

    fn decode(key: &[u8], bytes: &[u8]) -> Result<Self> {
        Ok(match row::decode(row::OBJECT, key, bytes)? {
            Self::Extended(object, extra) => Self::Object(Object { extra, ..object }),
            entry => entry,
        })
    }
}

fn key(layer: LayerId, handle: Handle) -> Numbers {
    layer.key().and(handle.get())
}

/// The object that a view shows under a handle.
pub(crate) fn locate(rows: &impl Rows, view: &View, handle: Handle) -> Result<Option<Located>> {
    for step in view.steps() {
        if let Some((entry, seq)) = entry_at(rows, step.layer, handle, step.until)? {
            return follow(rows, handle, Place { layer: step.layer, seq }, entry);
        }
    }
    Ok(None)
}

/// All objects that a view shows, by handle.
pub(crate) fn all(rows: &impl Rows, view: &View) -> Result<Vec<Located>> {
    let mut found = Vec::new();
    visit(rows, view, |located| {
        found.push(located);
        ControlFlow::Continue(())
    })?;
    found.sort_unstable_by_key(|located| located.object.handle);
    Ok(found)
}

/// Whether a view shows an object that passes a test.
pub(crate) fn any(rows: &impl Rows, view: &View, test: impl Fn(&Object) -> bool) -> Result<bool> {
    let mut any = false;
    visit(rows, view, |located| {
        any = test(&located.object);
        if any { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(any)
}

/// Shows every object of a view once.
pub(crate) fn visit(rows: &impl Rows, view: &View, mut show: impl FnMut(Located) -> ControlFlow<()>) -> Result<()> {
    let steps: Vec<Step> = view.steps().collect();
    for (nearer, step) in steps.iter().enumerate() {
        for row in rows.scan_at(row::OBJECT, &step.layer.key(), None, step.until)? {
            let (key, version) = row?;
            let Some(bytes) = version.value else { continue };
            let handle = handle_of(&key).ok_or_else(|| row::corrupt(row::OBJECT, &key))?;
            // Where the handle is known, a nearer layer has decided.
            if is_known(rows, &steps[..nearer], handle)? {
                continue;
            }
            let (entry, place) = (LayerEntry::decode(&key, bytes)?, Place { layer: step.layer, seq: version.seq });
            if let Some(located) = follow(rows, handle, place, entry)?
                && show(located).is_break()
            {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Whether any of these layers says something of a handle.
pub(crate) fn is_known(rows: &impl Rows, steps: &[Step], handle: Handle) -> Result<bool> {
    for step in steps {
        let version = rows.get_at(row::OBJECT, &key(step.layer, handle), step.until)?;
        if version.is_some_and(|version| version.value.is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a row's value says that there is no object.
pub(crate) fn says_nothing(key: &[u8], bytes: &[u8]) -> Result<bool> {
    Ok(LayerEntry::decode(key, bytes)? == LayerEntry::Absent)
}

/// Whether a version of one of these layers, now or in its past, says that the object is the version of this row and mutation.
pub(crate) fn is_pinned(
    rows: &impl Rows,
    layers: impl Iterator<Item = LayerId>,
    pinned: &[u8],
    seq: Seq,
) -> Result<bool> {
    let place = LayerId::of_key(pinned).map(|layer| Place { layer, seq });
    let (Some(place), Some(handle)) = (place, handle_of(pinned)) else { return Err(row::corrupt(row::OBJECT, pinned)) };
    for layer in layers.filter(|layer| *layer != place.layer) {
        let mut at = Seq::MAX;
        while let Some(version) = rows.get_at(row::OBJECT, &key(layer, handle), at)? {
            if let Some(bytes) = version.value
                && LayerEntry::decode(pinned, bytes)? == LayerEntry::Pin(place)
            {
                return Ok(true);
            }
            at = Seq::new(version.seq.get() - 1);
        }
    }
    Ok(false)
}

fn handle_of(key: &[u8]) -> Option<Handle> {
    Numbers::split(key).and_then(|(_, rest)| Handle::of_key(rest))
}

fn entry_at(rows: &impl Rows, layer: LayerId, handle: Handle, until: Seq) -> Result<Option<(LayerEntry, Seq)>> {
    let key = key(layer, handle);
    match rows.get_at(row::OBJECT, &key, until)? {
        Some(version) => match version.value {
            Some(bytes) => Ok(Some((LayerEntry::decode(&key, bytes)?, version.seq))),
            None => Ok(None),
        },
        None => Ok(None),
    }
}

fn follow(rows: &impl Rows, handle: Handle, place: Place, entry: LayerEntry) -> Result<Option<Located>> {
    match entry {
        LayerEntry::Object(object) | LayerEntry::Extended(object, _) => Ok(Some(Located { object, place })),
        LayerEntry::Absent => Ok(None),
        LayerEntry::Pin(place) => match entry_at(rows, place.layer, handle, place.seq)? {
            Some((LayerEntry::Object(object), seq)) if seq == place.seq => Ok(Some(Located { object, place })),
            // Pins are written with the place of an object, and kept versions do not vanish.
            _ => Err(row::corrupt(row::OBJECT, &key(place.layer, handle))),
        },
    }
}

/// What a node shall hold under a handle after a change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    /// The change did not reach the node.
    Missed,
    /// The object in this version.
    Put(Object),
    /// Nothing.
    Delete,
}

/// Writes the change of one handle: one entry of `changes` for each of `nodes`, which are all nodes of the cluster.
/// Saves the records of nodes that begin to differ from the others.
pub(crate) fn write(
    tx: &mut Writer<'_>,
    vault: &Vault,
    shared: LayerId,
    nodes: &mut [Node],
    handle: Handle,
    changes: &[Change],
) -> Result<()> {
    let before = nodes.iter().map(|node| place(tx, &node.view, handle)).collect::<Result<Vec<_>>>()?;
    let Some(common) = changes.iter().find(|change| **change != Change::Missed).cloned() else { return Ok(()) };
    let after = put(tx, vault, shared, handle, &common)?;
    for ((node, change), before) in nodes.iter_mut().zip(changes).zip(before) {
        let wanted = match change {
            // A node that is still being made is brought what is made meanwhile (observed on real clusters).
            Change::Missed if node.joining => after,
            Change::Missed => before,
            change if *change == common => after,
            change => {
                // The node held another version than the others and so gets another one.
                diverge(tx, node)?;
                put(tx, vault, node.view.own, handle, change)?;
                continue;
            }
        };
        if place(tx, &node.view, handle)? != wanted {
            diverge(tx, node)?;
            pin(tx, vault, node, handle, wanted)?;
        }
    }
    Ok(())
}

/// Makes a node hold under a handle what a view shows.
pub(crate) fn copy(tx: &mut Writer<'_>, vault: &Vault, from: &View, to: &mut Node, handle: Handle) -> Result<()> {
    let wanted = place(tx, from, handle)?;
    if place(tx, &to.view, handle)? == wanted {
        return Ok(());
    }
    diverge(tx, to)?;
    pin(tx, vault, to, handle, wanted)
}

/// Says in a node's own layer which version it holds.
fn pin(tx: &mut Writer<'_>, vault: &Vault, node: &Node, handle: Handle, wanted: Option<Place>) -> Result<()> {
    let entry = wanted.map_or(LayerEntry::Absent, LayerEntry::Pin);
    say(tx, vault, node.view.own, handle, entry).map(drop)
}

fn place(rows: &impl Rows, view: &View, handle: Handle) -> Result<Option<Place>> {
    Ok(locate(rows, view, handle)?.map(|located| located.place))
}

fn put(tx: &mut Writer<'_>, vault: &Vault, layer: LayerId, handle: Handle, change: &Change) -> Result<Option<Place>> {
    let entry = match change {
        Change::Put(object) => LayerEntry::of(object),
        // A row, not a deletion: layers further along the chain may hold the handle.
        Change::Delete | Change::Missed => LayerEntry::Absent,
    };
    say(tx, vault, layer, handle, entry)
}

/// Writes what a layer knows of a handle, and its index. Answers where the object is.
fn say(tx: &mut Writer<'_>, vault: &Vault, layer: LayerId, handle: Handle, entry: LayerEntry) -> Result<Option<Place>> {
    let before = match entry_at(tx, layer, handle, Seq::MAX)? {
        Some((before, seq)) => follow(tx, handle, Place { layer, seq }, before)?,
        None => None,
    };
    if before.is_some() {
        collect::mark(tx)?;
    }
    tx.put_keeping(row::OBJECT, &key(layer, handle), &row::encode(&entry))?;
    let after = follow(tx, handle, Place { layer, seq: tx.seq() }, entry)?;
    let (old, new) = (before.as_ref().map(|found| &found.object), after.as_ref().map(|found| &found.object));
    index::replace(tx, vault, layer, old, new)?;
    Ok(after.map(|located| located.place))
}

fn diverge(tx: &mut Writer<'_>, node: &mut Node) -> Result<()> {
    if !node.view.diverged {
        node.view.diverged = true;
        node.save(tx)?;
    }
    Ok(())
}
