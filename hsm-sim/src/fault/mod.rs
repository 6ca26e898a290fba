//! Faults: what is broken on purpose, as part of the model.
//!
//! A fault is a row and an overlay: the record of a node, a cluster or a subnet stays as it is, only its *effective* state
//! changes, so clearing the fault heals it. Every operation looks at the world through a [`FaultView`].

mod request;
mod set;
mod view;

use std::time::Duration;

pub use request::{FaultRequest, FaultRequestError};
use serde::{Deserialize, Serialize};
pub use set::Faults;
use store::Table;
pub use view::{FaultView, take_kms_internal_error};
pub(crate) use view::{consume_store_failure, store_is_failing};

use crate::clock::SimTime;
use crate::id::{ClusterId, FaultId, NodeId, SubnetId};
use crate::row::{self, Record};

/// Who asks for a node; faults may cut one off and not another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClientClass {
    /// The key management service, from its own network.
    Kms,
    /// The management utilities.
    Tools,
    /// Applications with a PKCS#11 module.
    Pkcs11,
}

/// What is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultKind {
    /// Nobody reaches the node; the control plane does not notice and shows ACTIVE (documented).
    NodeDown {
        /// Its cluster.
        cluster: ClusterId,
        /// The node.
        node: NodeId,
    },
    /// The node broke and shows DEGRADED: it is not active and counts as missing (documented).
    NodeFailed {
        /// Its cluster.
        cluster: ClusterId,
        /// The node.
        node: NodeId,
    },
    /// The node is gone as if it had been deleted, without a backup.
    NodeRemoved {
        /// Its cluster.
        cluster: ClusterId,
        /// The node.
        node: NodeId,
    },
    /// The cluster is gone as if it had been deleted.
    ClusterDeleted {
        /// The cluster.
        cluster: ClusterId,
    },
    /// The subnet was deleted. HSMs that are in it stay reachable (inferred).
    SubnetRemoved {
        /// The subnet.
        subnet: SubnetId,
    },
    /// The subnet has no free address.
    SubnetFull {
        /// The subnet.
        subnet: SubnetId,
    },
    /// The cluster's security group lost its rule: KMS refuses the configuration, and no client reaches a node (inferred).
    SecurityGroupRuleRemoved {
        /// The cluster.
        cluster: ClusterId,
    },
    /// KMS cannot reach the cluster's network; tools and applications can.
    NetworkCut {
        /// The cluster.
        cluster: ClusterId,
    },
    /// KMS fails with an internal error.
    KmsInternalError,
    /// Every write to the state directory fails as with a full disk.
    StoreFailing,
    /// The node has too much to do: it is reached, and refuses every request (code 187, documented).
    Busy {
        /// Its cluster.
        cluster: ClusterId,
        /// The node.
        node: NodeId,
    },
    /// The control plane shows an ACTIVE cluster as DEGRADED; its nodes and clients go on.
    ClusterDegraded {
        /// The cluster.
        cluster: ClusterId,
    },
    /// The control plane shows an ACTIVE cluster as UPDATE_IN_PROGRESS; its nodes and clients go on.
    ClusterUpdating {
        /// The cluster.
        cluster: ClusterId,
    },
}

impl FaultKind {
    /// The name on the command line and in the control API.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NodeDown { .. } => "node-down",
            Self::NodeFailed { .. } => "node-failed",
            Self::NodeRemoved { .. } => "node-removed",
            Self::ClusterDeleted { .. } => "cluster-deleted",
            Self::SubnetRemoved { .. } => "subnet-removed",
            Self::SubnetFull { .. } => "subnet-full",
            Self::SecurityGroupRuleRemoved { .. } => "security-group-rule-removed",
            Self::NetworkCut { .. } => "network-cut",
            Self::KmsInternalError => "kms-internal-error",
            Self::StoreFailing => "store-failing",
            Self::Busy { .. } => "busy",
            Self::ClusterDegraded { .. } => "cluster-degraded",
            Self::ClusterUpdating { .. } => "cluster-updating",
        }
    }

    /// Whether it hits single operations and so can be used up; the others are states.
    pub const fn is_counted(&self) -> bool {
        match self {
            Self::KmsInternalError | Self::StoreFailing => true,
            Self::NodeDown { .. }
            | Self::NodeFailed { .. }
            | Self::NodeRemoved { .. }
            | Self::ClusterDeleted { .. }
            | Self::SubnetRemoved { .. }
            | Self::SubnetFull { .. }
            | Self::SecurityGroupRuleRemoved { .. }
            | Self::NetworkCut { .. }
            | Self::Busy { .. }
            | Self::ClusterDegraded { .. }
            | Self::ClusterUpdating { .. } => false,
        }
    }

    /// The cluster that it concerns.
    pub const fn cluster(&self) -> Option<&ClusterId> {
        match self {
            Self::NodeDown { cluster, .. }
            | Self::NodeFailed { cluster, .. }
            | Self::NodeRemoved { cluster, .. }
            | Self::Busy { cluster, .. }
            | Self::ClusterDeleted { cluster }
            | Self::SecurityGroupRuleRemoved { cluster }
            | Self::NetworkCut { cluster }
            | Self::ClusterDegraded { cluster }
            | Self::ClusterUpdating { cluster } => Some(cluster),
            Self::SubnetRemoved { .. } | Self::SubnetFull { .. } | Self::KmsInternalError | Self::StoreFailing => None,
        }
    }

    /// The node that it concerns.
    pub const fn node(&self) -> Option<&NodeId> {
        match self {
            Self::NodeDown { node, .. }
            | Self::NodeFailed { node, .. }
            | Self::NodeRemoved { node, .. }
            | Self::Busy { node, .. } => Some(node),
            Self::ClusterDeleted { .. }
            | Self::SubnetRemoved { .. }
            | Self::SubnetFull { .. }
            | Self::SecurityGroupRuleRemoved { .. }
            | Self::NetworkCut { .. }
            | Self::KmsInternalError
            | Self::StoreFailing
            | Self::ClusterDegraded { .. }
            | Self::ClusterUpdating { .. } => None,
        }
    }

    /// The subnet that it concerns.
    pub const fn subnet(&self) -> Option<&SubnetId> {
        match self {
            Self::SubnetRemoved { subnet } | Self::SubnetFull { subnet } => Some(subnet),
            Self::NodeDown { .. }
            | Self::NodeFailed { .. }
            | Self::NodeRemoved { .. }
            | Self::ClusterDeleted { .. }
            | Self::SecurityGroupRuleRemoved { .. }
            | Self::NetworkCut { .. }
            | Self::KmsInternalError
            | Self::StoreFailing
            | Self::Busy { .. }
            | Self::ClusterDegraded { .. }
            | Self::ClusterUpdating { .. } => None,
        }
    }
}

/// A fault to set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultSpec {
    /// What breaks.
    pub kind: FaultKind,
    /// How long until it heals by itself, on the simulated clock.
    pub lasts: Option<Duration>,
    /// How many operations it hits until it is gone. Kinds that are not counted describe a state and ignore it.
    pub remaining: Option<u32>,
}

impl FaultSpec {
    /// A fault that stays until it is cleared.
    pub const fn new(kind: FaultKind) -> Self {
        Self { kind, lasts: None, remaining: None }
    }

    /// The same, healing by itself.
    #[must_use]
    pub fn lasting(self, duration: Duration) -> Self {
        Self { lasts: Some(duration), ..self }
    }

    /// The same, for this many operations.
    #[must_use]
    pub fn times(self, count: u32) -> Self {
        Self { remaining: Some(count), ..self }
    }
}

/// A fault that is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Its id.
    pub id: FaultId,
    /// What is broken.
    pub kind: FaultKind,
    /// Since when.
    pub since: SimTime,
    /// When it heals by itself.
    pub until: Option<SimTime>,
    /// How many more operations it hits.
    pub remaining: Option<u32>,
}

impl Record for Fault {
    const TABLE: Table = row::FAULT;
}

impl Fault {
    /// Whether it has an effect at `now`.
    pub fn is_live(&self, now: SimTime) -> bool {
        self.until.is_none_or(|until| now < until) && self.remaining != Some(0)
    }
}
