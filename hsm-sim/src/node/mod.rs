//! Nodes: each is a whole HSM with its own users, failed-login counters and keys.

pub mod counter;
pub mod generation;
pub(crate) mod login;
pub(crate) mod reach;
pub(crate) mod strain;
mod user_info;
pub mod view;

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use store::Table;

pub use counter::HandleCounter;
pub use reach::NodeResult;
pub use user_info::UserInfo;

use crate::clock::SimTime;
use crate::error::Result;
use crate::id::{ClusterId, EniId, NodeId, SubnetId};
use crate::node::view::View;
use crate::realm::AvailabilityZone;
use crate::row::{self, Record, Rows, Writer};

/// The states of a node (documented enumeration).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeState {
    /// Being created.
    CreateInProgress,
    /// In service.
    Active,
    /// Failed; stays so until it is deleted.
    Degraded,
    /// Being deleted.
    DeleteInProgress,
    /// Deleted; the record of such a node is dropped as soon as its deletion has lasted long enough.
    Deleted,
}

impl NodeState {
    /// The name in the management API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateInProgress => "CREATE_IN_PROGRESS",
            Self::Active => "ACTIVE",
            Self::Degraded => "DEGRADED",
            Self::DeleteInProgress => "DELETE_IN_PROGRESS",
            Self::Deleted => "DELETED",
        }
    }
}

/// A node's record. Its users and its handle counter are rows beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// The cluster it is in.
    pub cluster: ClusterId,
    /// Join order in the cluster, from 0; the node id that key_mgmt_util prints is its rank among the present ones.
    pub index: u32,
    /// Recorded state.
    pub state: NodeState,
    /// Explains the state, such as `HSM created.`
    pub state_message: Option<String>,
    /// Creation.
    pub created: SimTime,
    /// Where it is.
    pub zone: AvailabilityZone,
    /// The subnet of its network interface.
    pub subnet: SubnetId,
    /// Its network interface.
    pub eni: EniId,
    /// Its address.
    pub ip: Ipv4Addr,
    /// Which objects it holds.
    pub view: View,
    /// Whether it is still being made, where a cluster is looked at with its faults. Keys that are made meanwhile come to it.
    #[serde(skip)]
    pub(crate) joining: bool,
}

impl Record for Node {
    const TABLE: Table = row::NODE;
}

impl Node {
    /// The key of the node's rows: `cluster id/node id`.
    pub fn key(cluster: &ClusterId, node: &NodeId) -> Vec<u8> {
        format!("{cluster}/{node}").into_bytes()
    }

    /// Reads one node.
    ///
    /// # Errors
    /// The store fails.
    pub fn load(rows: &impl Rows, cluster: &ClusterId, node: &NodeId) -> Result<Option<Self>> {
        row::load(rows, &Self::key(cluster, node))
    }

    /// The nodes of a cluster in join order.
    ///
    /// # Errors
    /// The store fails.
    pub fn of_cluster(rows: &impl Rows, cluster: &ClusterId) -> Result<Vec<Self>> {
        let mut nodes: Vec<Self> =
            row::list(rows, format!("{cluster}/").as_bytes())?.into_iter().map(|(_, node)| node).collect();
        nodes.sort_by_key(|node| node.index);
        Ok(nodes)
    }

    /// Writes the record.
    ///
    /// # Errors
    /// The store fails.
    pub fn save(&self, tx: &mut Writer<'_>) -> Result<()> {
        row::save(tx, &Self::key(&self.cluster, &self.id), self)
    }
}
