//! The kinds of faults: one row each, with its name, its parts and whether it is used up.

use serde::{Deserialize, Serialize};

use super::part::{Clients, Code, Delay, OperationName, Part, Turn};
use super::{FaultRequest, FaultRequestError};
use crate::id::{ClusterId, NodeId, SubnetId};

/// Makes of the rows: the enum, the questions about its parts, and what reads a kind from words. The enum's order is that of the
/// rows' encoding: new rows go to the end.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $life:ident $name:literal => $kind:ident $({ $($part:ident: $type:ty),* })?;)*) => {
        /// What is broken.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "parts are documented where their types are")]
        pub enum FaultKind {
            $($(#[doc = $doc])* $kind $({ $($part: $type),* })?,)*
        }

        /// Every kind, in words.
        pub const KINDS: &[KindInfo] = &[
            $(KindInfo {
                name: $name,
                help: concat!($($doc),*).trim_ascii_start(),
                parts: &[$($((<$type as Part>::NAME, <$type as Part>::REQUIRED)),*)?],
                counted: is_counted!($life),
            },)*
        ];

        impl FaultKind {
            /// The name on the command line and in the control API.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$kind { .. } => $name,)*
                }
            }

            /// Whether it hits single operations and so can be used up; the others are states.
            pub const fn is_counted(&self) -> bool {
                match self {
                    $(Self::$kind { .. } => is_counted!($life),)*
                }
            }

            /// Its parts with their names, as people write them.
            pub fn parts(&self) -> Vec<(&'static str, String)> {
                match self {
                    $(Self::$kind $({ $($part),* })? => {
                        let parts: Vec<(&'static str, Option<String>)> = vec![$($((Part::name($part), $part.show())),*)?];
                        parts.into_iter().filter_map(|(name, shown)| Some((name, shown?))).collect()
                    })*
                }
            }

            /// The cluster that it concerns.
            pub fn cluster(&self) -> Option<&ClusterId> {
                match self {
                    $(Self::$kind $({ $($part),* })? => None $($(.or($part.cluster()))*)?,)*
                }
            }

            /// The node that it concerns.
            pub fn node(&self) -> Option<&NodeId> {
                match self {
                    $(Self::$kind $({ $($part),* })? => None $($(.or($part.node()))*)?,)*
                }
            }

            /// The subnet that it concerns.
            pub fn subnet(&self) -> Option<&SubnetId> {
                match self {
                    $(Self::$kind $({ $($part),* })? => None $($(.or($part.subnet()))*)?,)*
                }
            }

            /// The kind that a request names, with its parts.
            pub(super) fn of(request: &FaultRequest) -> Result<Self, FaultRequestError> {
                match request.kind.as_str() {
                    $($name => Ok(Self::$kind $({ $($part: request.part()?),* })?),)*
                    other => Err(FaultRequestError::Kind(other.to_owned())),
                }
            }
        }
    };
}

macro_rules! is_counted {
    (state) => {
        false
    };
    (counted) => {
        true
    };
}

/// A kind of fault in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindInfo {
    /// Its name on the command line and in the control API.
    pub name: &'static str,
    /// What it does.
    pub help: &'static str,
    /// Its parts by name, and whether each is required.
    pub parts: &'static [(&'static str, bool)],
    /// Whether it can be used up.
    pub counted: bool,
}

kinds! {
    /// Nobody reaches the node; the control plane does not notice and shows ACTIVE (documented).
    state "node-down" => NodeDown { cluster: ClusterId, node: NodeId };
    /// The node broke and shows DEGRADED: it is not active and counts as missing (documented).
    state "node-failed" => NodeFailed { cluster: ClusterId, node: NodeId };
    /// The node is gone as if it had been deleted, without a backup.
    state "node-removed" => NodeRemoved { cluster: ClusterId, node: NodeId };
    /// The cluster is gone as if it had been deleted.
    state "cluster-deleted" => ClusterDeleted { cluster: ClusterId };
    /// The subnet was deleted. HSMs that are in it stay reachable (inferred).
    state "subnet-removed" => SubnetRemoved { subnet: SubnetId };
    /// The subnet has no free address.
    state "subnet-full" => SubnetFull { subnet: SubnetId };
    /// The cluster's security group lost its rule: KMS refuses the configuration, and no client reaches a node (inferred).
    state "security-group-rule-removed" => SecurityGroupRuleRemoved { cluster: ClusterId };
    /// KMS cannot reach the cluster's network; tools and applications can.
    state "network-cut" => NetworkCut { cluster: ClusterId };
    /// KMS fails with an internal error.
    counted "kms-internal-error" => KmsInternalError;
    /// Every write to the state directory fails as with a full disk.
    counted "store-failing" => StoreFailing;
    /// The node has too much to do: it is reached, and refuses every request (code 187, documented).
    state "busy" => Busy { cluster: ClusterId, node: NodeId };
    /// The control plane shows an ACTIVE cluster as DEGRADED; its nodes and clients go on.
    state "cluster-degraded" => ClusterDegraded { cluster: ClusterId };
    /// The control plane shows an ACTIVE cluster as UPDATE_IN_PROGRESS; its nodes and clients go on.
    state "cluster-updating" => ClusterUpdating { cluster: ClusterId };
    /// The node takes its time for every command and every use of a key: a fixed time, or one that is drawn anew each time.
    state "slow" => Slow { cluster: ClusterId, node: NodeId, delay: Delay };
    /// The node has no room for another key (inferred).
    state "full" => Full { cluster: ClusterId, node: NodeId };
    /// The node noticed tampering and zeroised itself: it is reached, knows neither users nor keys, and shows DEGRADED (inferred).
    state "tampered" => Tampered { cluster: ClusterId, node: NodeId };
    /// Clients of one class do not reach the node, or no node of the cluster; the other classes do. Apart from the other nodes it is
    /// neither a source for new ones nor brought what it missed (inferred).
    state "partition" => Partition { cluster: ClusterId, node: Option<NodeId>, from: Clients };
    /// The node refuses every login as with a wrong password, without counting it (inferred).
    state "login-refused" => LoginRefused { cluster: ClusterId, node: NodeId };
    /// No backup of the cluster can be taken: adding a node goes on from the latest one, removing a node is refused (inferred).
    state "backup-failing" => BackupFailing { cluster: ClusterId };
    /// An operation fails with a code of its service, from its n-th call on.
    counted "operation-failing" => OperationFailing { operation: OperationName, code: Code, call: Turn };
}
