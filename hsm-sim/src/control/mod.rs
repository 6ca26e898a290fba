//! The management API (cloudhsmv2) of one account and Region: clusters, HSMs and backups. One operation, one file.
//!
//! Long-running changes are done when a call returns; the answer still names the documented transitional state (such as
//! CREATE_IN_PROGRESS), the next Describe the final one, or the transitional one for as long as the settings say
//! ([`crate::transition`]). What is handed out are effective states: faults and lasting changes are applied. What is written
//! starts from the record.

mod activate;
mod authority;
mod copy_backup;
mod create_cluster;
mod create_hsm;
mod delete_backup;
mod delete_cluster;
mod delete_hsm;
mod describe_backups;
mod describe_clusters;
mod initialize_cluster;
mod jobs;
mod modify_backup;
mod modify_cluster;
mod resource_policy;
mod tag;
mod take_backup;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::Ipv4Addr;

pub use activate::activate;
pub use authority::HardwareRoots;
pub use copy_backup::CopyBackup;
pub use create_cluster::CreateCluster;
pub use describe_backups::BackupFilter;
pub use describe_clusters::ClusterFilter;
pub(crate) use jobs::{OwnJobs, schedule_tidying};
pub use modify_cluster::ModifyCluster;
pub use resource_policy::{Consumers, ResourcePolicy};
pub use tag::Resource;

use crate::clock::SimTime;
use crate::cluster::{Cluster, ClusterState};
use crate::error::{ControlError, Result};
use crate::fault::FaultView;
use crate::id::{ClusterId, EniId, NodeId};
use crate::network::{self, Subnet};
use crate::node::{Node, NodeState};
use crate::realm::Realm;
use crate::row::Rows;
use crate::world::World;
use modify_cluster::TypeChange;

/// The management API of one account and Region.
#[derive(Debug, Clone)]
pub struct Control {
    pub(crate) world: World,
    realm: Realm,
}

impl World {
    /// The management API of an account and Region.
    pub fn control(&self, realm: Realm) -> Control {
        Control { world: self.clone(), realm }
    }
}

/// A cluster as the management API shows it: effective states, faults applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterView {
    /// The cluster.
    pub cluster: Cluster,
    /// Its nodes in join order.
    pub nodes: Vec<Node>,
    /// Until when it can go back to its former HSM type.
    pub rollback_until: Option<SimTime>,
}

impl ClusterView {
    /// The nodes that are ACTIVE.
    pub fn active_nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.state == NodeState::Active)
    }

    pub(crate) fn load(rows: &impl Rows, recorded: Cluster, faults: &FaultView, now: SimTime) -> Result<Self> {
        let mut nodes = Node::of_cluster(rows, &recorded.id)?;
        nodes.retain(|node| faults.node_present(node));
        for node in &mut nodes {
            let state = faults.node_state(node);
            if state != node.state {
                node.state = state;
                node.state_message = node_message(state).map(str::to_owned);
            }
        }
        let mut cluster = Cluster {
            state: faults.cluster_state(&recorded),
            state_message: faults.cluster_message(&recorded),
            ..recorded
        };
        if !nodes.is_empty() && nodes.iter().all(|node| node.state == NodeState::CreateInProgress) {
            // The request comes from the first node once it is there (documented).
            cluster.certificates.hide_request();
        }
        let change = TypeChange::load(rows, &cluster.id)?.filter(|change| change.is_open(now));
        Ok(Self { cluster, nodes, rollback_until: change.map(|change| change.until) })
    }

    /// A cluster without nodes as it was just written.
    fn of_record(cluster: Cluster) -> Self {
        Self { cluster, nodes: Vec::new(), rollback_until: None }
    }
}

/// What explains a state that is not the recorded one.
fn node_message(state: NodeState) -> Option<&'static str> {
    match state {
        NodeState::Degraded => Some("The HSM failed. Delete it and create another one."),
        NodeState::CreateInProgress | NodeState::Active | NodeState::DeleteInProgress | NodeState::Deleted => None,
    }
}

/// How DeleteHsm names a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HsmSelector {
    /// By id.
    Id(NodeId),
    /// By network interface.
    Eni(EniId),
    /// By address.
    Ip(Ipv4Addr),
}

impl HsmSelector {
    fn selects(&self, node: &Node) -> bool {
        match self {
            Self::Id(id) => node.id == *id,
            Self::Eni(eni) => node.eni == *eni,
            Self::Ip(ip) => node.ip == *ip,
        }
    }
}

impl fmt::Display for HsmSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Eni(eni) => eni.fmt(f),
            Self::Ip(ip) => ip.fmt(f),
        }
    }
}

impl Control {
    /// The account and Region.
    pub fn realm(&self) -> &Realm {
        &self.realm
    }

    /// One cluster that is not deleted.
    ///
    /// # Errors
    /// [`ControlError::ClusterNotFound`], or the store fails.
    pub fn cluster(&self, id: &ClusterId) -> Result<ClusterView> {
        self.world.read(|rows| Ok(self.present(rows, id)?.view))
    }

    /// The subnets of the realm's VPC, made when first used: one per Availability Zone, then those registered by clusters.
    ///
    /// # Errors
    /// The store fails.
    pub fn default_subnets(&self) -> Result<Vec<Subnet>> {
        let known = self.world.read(|rows| Subnet::of_realm(rows, &self.realm))?;
        let subnets = match known.is_empty() {
            false => known,
            true => self.world.write(|tx| network::defaults(tx, &self.world, &self.realm))?,
        };
        Ok(subnets.into_iter().filter(|subnet| subnet.default).collect())
    }

    /// A cluster of this realm that is there, and what an operation on it needs to know.
    fn present(&self, rows: &impl Rows, id: &ClusterId) -> Result<Scene> {
        let now = self.world.now(rows)?;
        let faults = FaultView::load(rows, now)?;
        let cluster = Cluster::load(rows, id)?.filter(|cluster| cluster.realm == self.realm);
        match cluster.filter(|cluster| faults.cluster_present(cluster)) {
            Some(cluster) => Scene::of(rows, cluster, faults, now),
            None => Err(ControlError::ClusterNotFound(id.clone()).into()),
        }
    }
}

/// One moment of one cluster.
struct Scene {
    /// As it is written.
    recorded: Cluster,
    /// As it shows.
    view: ClusterView,
    faults: FaultView,
    now: SimTime,
}

impl Scene {
    fn of(rows: &impl Rows, recorded: Cluster, faults: FaultView, now: SimTime) -> Result<Self> {
        let view = ClusterView::load(rows, recorded.clone(), &faults, now)?;
        Ok(Self { recorded, view, faults, now })
    }

    /// The refusal of an operation that needs another state.
    fn wrong_state(&self, operation: &'static str, requires: &'static str) -> ControlError {
        wrong_state(&self.view.cluster, operation, requires)
    }
}

fn wrong_state(cluster: &Cluster, operation: &'static str, requires: &'static str) -> ControlError {
    ControlError::ClusterState { cluster: cluster.id.clone(), state: cluster.state, operation, requires }
}

/// Whether nodes of a recorded cluster have users and keys worth a backup.
fn is_activated(recorded: &Cluster) -> bool {
    matches!(recorded.state, ClusterState::Active)
}
