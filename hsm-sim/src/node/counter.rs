//! The handle counter of a node: the low bits of the handles that are made on it.

use serde::{Deserialize, Serialize};
use store::Table;

use crate::error::Result;
use crate::id::{ClusterId, NodeId};
use crate::node::Node;
use crate::row::{self, Record, Rows, Writer};

/// The first handle that users get; 1 to 5 are the firmware's own (documented).
pub const FIRST_COUNTER: u32 = 6;

/// What the next handle made on a node ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandleCounter {
    /// The next value to try.
    pub next: u32,
}

impl Default for HandleCounter {
    fn default() -> Self {
        Self { next: FIRST_COUNTER }
    }
}

impl Record for HandleCounter {
    const TABLE: Table = row::NODE_COUNTER;
}

impl HandleCounter {
    /// The counter of a node; a node without one starts at [`FIRST_COUNTER`].
    ///
    /// # Errors
    /// The store fails.
    pub fn load(rows: &impl Rows, cluster: &ClusterId, node: &NodeId) -> Result<Self> {
        Ok(row::load(rows, &Node::key(cluster, node))?.unwrap_or_default())
    }

    /// Writes the row.
    ///
    /// # Errors
    /// The store fails.
    pub fn save(self, tx: &mut Writer<'_>, cluster: &ClusterId, node: &NodeId) -> Result<()> {
        row::save(tx, &Node::key(cluster, node), &self)
    }

    /// Deletes the row, with its node.
    ///
    /// # Errors
    /// The store fails.
    pub fn remove(tx: &mut Writer<'_>, cluster: &ClusterId, node: &NodeId) -> Result<bool> {
        row::remove::<Self>(tx, &Node::key(cluster, node))
    }
}
