//! The world as the faults, and changes that last, let it appear.

use crate::clock::SimTime;
use crate::cluster::{Cluster, ClusterState};
use crate::error::{Error, Result};
use crate::fault::{ClientClass, Delay, Fault, FaultKind};
use crate::id::{ClusterId, NodeId, SubnetId};
use crate::node::{Node, NodeState};
use crate::row::{self, Rows, Writer};
use crate::transition::Underway;
use crate::world::World;

/// The faults in force, and the changes that last, at one moment of one view of the state.
#[derive(Debug, Clone, Default)]
pub struct FaultView {
    kinds: Vec<FaultKind>,
    /// Some of them heal with time alone, without a commit.
    heals: bool,
    underway: Underway,
}

impl FaultView {
    /// The view at `now`. When there is nothing to see it allocates nothing.
    ///
    /// # Errors
    /// The store fails.
    pub fn load(rows: &impl Rows, now: SimTime) -> Result<Self> {
        let mut view = Self::default();
        for entry in rows.scan(row::FAULT, b"", None)? {
            let (key, bytes) = entry?;
            let fault: Fault = row::decode(row::FAULT, &key, bytes)?;
            if fault.is_live(now) {
                view.heals |= fault.until.is_some();
                view.kinds.push(fault.kind);
            }
        }
        view.underway = Underway::load(rows, now)?;
        Ok(view)
    }

    /// Whether it stays as it is until the next commit.
    pub(crate) fn is_steady(&self) -> bool {
        !self.heals && self.underway.is_empty()
    }

    /// Whether a client of this class can talk to the node: everything is present, the node is in service and the way is free.
    pub fn reaches(&self, class: ClientClass, cluster: &Cluster, node: &Node) -> bool {
        self.cluster_present(cluster)
            && self.node_present(node)
            && self.in_service(node)
            && self.security_group_ok(&cluster.id)
            && !self.is_apart(class, cluster, node)
            && !self.any(|kind| match kind {
                FaultKind::NodeDown { node: down, .. } => *down == node.id,
                FaultKind::NetworkCut { cluster: cut } => class == ClientClass::Kms && *cut == cluster.id,
                _ => false,
            })
    }

    /// Whether the node is partitioned from clients of this class.
    pub fn is_apart(&self, class: ClientClass, cluster: &Cluster, node: &Node) -> bool {
        self.any(|kind| match kind {
            FaultKind::Partition { cluster: cut, node: apart, from } => {
                from.0 == class && *cut == cluster.id && apart.as_ref().is_none_or(|apart| *apart == node.id)
            }
            _ => false,
        })
    }

    /// Whether the node works. One that zeroised itself does: it has nothing left to work with.
    fn in_service(&self, node: &Node) -> bool {
        self.underway.node(node).is_none() && node.state == NodeState::Active && !self.node_failed(&node.id)
    }

    /// Whether the node refuses what it is asked because it has too much to do.
    pub fn is_busy(&self, node: &NodeId) -> bool {
        self.any(|kind| matches!(kind, FaultKind::Busy { node: busy, .. } if busy == node))
    }

    /// Whether the node has zeroised itself.
    pub fn is_tampered(&self, node: &NodeId) -> bool {
        self.any(|kind| matches!(kind, FaultKind::Tampered { node: tampered, .. } if tampered == node))
    }

    /// Whether the node has no room for another key.
    pub fn is_full(&self, node: &NodeId) -> bool {
        self.any(|kind| matches!(kind, FaultKind::Full { node: full, .. } if full == node))
    }

    /// Whether the node refuses every login.
    pub fn refuses_logins(&self, node: &NodeId) -> bool {
        self.any(|kind| matches!(kind, FaultKind::LoginRefused { node: refusing, .. } if refusing == node))
    }

    /// How long the node takes for a request.
    pub fn delay(&self, node: &NodeId) -> Option<Delay> {
        self.kinds.iter().find_map(|kind| match kind {
            FaultKind::Slow { node: slow, delay, .. } if slow == node => Some(*delay),
            _ => None,
        })
    }

    /// Whether no backup of the cluster can be taken.
    pub fn backups_fail(&self, cluster: &ClusterId) -> bool {
        self.any(|kind| matches!(kind, FaultKind::BackupFailing { cluster: failing } if failing == cluster))
    }

    /// The state of a node that the control plane shows.
    pub fn node_state(&self, node: &Node) -> NodeState {
        match self.underway.node(node) {
            Some(state) => state,
            None if node.state == NodeState::Active && (self.node_failed(&node.id) || self.is_tampered(&node.id)) => {
                NodeState::Degraded
            }
            None => node.state,
        }
    }

    /// The state of a cluster that the control plane shows.
    pub fn cluster_state(&self, cluster: &Cluster) -> ClusterState {
        let said = self.kinds.iter().find_map(|kind| match kind {
            FaultKind::ClusterDegraded { cluster: id } if *id == cluster.id => Some(ClusterState::Degraded),
            FaultKind::ClusterUpdating { cluster: id } if *id == cluster.id => Some(ClusterState::UpdateInProgress),
            _ => None,
        });
        // What is on the way comes to its end first.
        let underway = self.underway.cluster(&cluster.id).map(|(state, _)| state);
        underway.or(said.filter(|_| cluster.state == ClusterState::Active)).unwrap_or(cluster.state)
    }

    /// What the control plane says about the state of a cluster.
    pub(crate) fn cluster_message(&self, cluster: &Cluster) -> Option<String> {
        let underway = self.underway.cluster(&cluster.id);
        underway.map_or_else(|| cluster.state_message.clone(), |(_, message)| message.map(str::to_owned))
    }

    /// Whether the node failed.
    pub fn node_failed(&self, node: &NodeId) -> bool {
        self.any(|kind| matches!(kind, FaultKind::NodeFailed { node: failed, .. } if failed == node))
    }

    /// Whether the node is still there.
    pub fn node_present(&self, node: &Node) -> bool {
        self.node_state(node) != NodeState::Deleted
            && !self.any(|kind| matches!(kind, FaultKind::NodeRemoved { node: removed, .. } if *removed == node.id))
    }

    /// Whether the cluster is still there: neither deleted nor said to be.
    pub fn cluster_present(&self, cluster: &Cluster) -> bool {
        self.cluster_state(cluster) != ClusterState::Deleted
            && !self
                .any(|kind| matches!(kind, FaultKind::ClusterDeleted { cluster: deleted } if *deleted == cluster.id))
    }

    /// Whether the subnet was not removed.
    pub fn subnet_exists(&self, subnet: &SubnetId) -> bool {
        !self.any(|kind| matches!(kind, FaultKind::SubnetRemoved { subnet: removed } if removed == subnet))
    }

    /// Whether the subnet has a free address.
    pub fn subnet_free(&self, subnet: &SubnetId) -> bool {
        !self.any(|kind| matches!(kind, FaultKind::SubnetFull { subnet: full } if full == subnet))
    }

    /// Whether the cluster's security group has its rule.
    pub fn security_group_ok(&self, cluster: &ClusterId) -> bool {
        !self.any(|kind| matches!(kind, FaultKind::SecurityGroupRuleRemoved { cluster: open } if open == cluster))
    }

    /// Whether KMS fails with an internal error. Looking does not use the fault up: see [`take_kms_internal_error`].
    pub fn kms_internal_error(&self) -> bool {
        self.any(|kind| *kind == FaultKind::KmsInternalError)
    }

    fn any(&self, matches: impl FnMut(&FaultKind) -> bool) -> bool {
        self.kinds.iter().any(matches)
    }
}

/// Whether KMS fails with an internal error now; uses one count of a counted fault up.
///
/// # Errors
/// The store fails.
pub fn take_kms_internal_error(tx: &mut Writer<'_>, now: SimTime) -> Result<bool> {
    take(tx, now, &FaultKind::KmsInternalError)
}

/// Whether the fault model fails every write now. A damaged row does not stop writes.
pub(crate) fn store_is_failing(rows: &impl Rows, wall_millis: i64) -> Result<bool, store::Error> {
    for entry in rows.scan(row::FAULT, b"", None)? {
        let (key, bytes) = entry?;
        let Ok(fault) = row::decode::<Fault>(row::FAULT, &key, bytes) else { continue };
        if fault.kind == FaultKind::StoreFailing && fault.is_live(simulated(rows, wall_millis)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Uses one count of a counted store failure up; called outside the failed transaction.
pub(crate) fn consume_store_failure(tx: &mut Writer<'_>, wall_millis: i64) -> Result<bool, store::Error> {
    let now = simulated(tx, wall_millis)?;
    take(tx, now, &FaultKind::StoreFailing).or_else(not_damaged)
}

fn simulated(rows: &impl Rows, wall_millis: i64) -> Result<SimTime, store::Error> {
    let clock = World::clock(rows).or_else(not_damaged)?;
    Ok(clock.now(wall_millis))
}

/// Passes the store's own failures on; a row that cannot be read counts as absent.
fn not_damaged<T: Default>(error: Error) -> Result<T, store::Error> {
    match error {
        Error::Store(error) => Err(error),
        _ => Ok(T::default()),
    }
}

fn take(tx: &mut Writer<'_>, now: SimTime, kind: &FaultKind) -> Result<bool> {
    let found = row::list::<Fault>(tx, b"")?.into_iter().find(|(_, fault)| fault.kind == *kind && fault.is_live(now));
    let Some((key, fault)) = found else { return Ok(false) };
    use_up(tx, &key, fault)?;
    Ok(true)
}

/// Uses one count of a counted fault up.
pub(super) fn use_up(tx: &mut Writer<'_>, key: &[u8], mut fault: Fault) -> Result<()> {
    match fault.remaining {
        None => {}
        Some(count) if count > 1 => {
            fault.remaining = Some(count - 1);
            row::save(tx, key, &fault)?;
        }
        Some(_) => {
            row::remove::<Fault>(tx, key)?;
        }
    }
    Ok(())
}
