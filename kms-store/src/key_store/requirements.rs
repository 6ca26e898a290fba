//! What a cluster must be like (documented). When which rule applies is settled: zero HSMs at connect time are
//! found by the connection procedure, and edits of name or password check nothing, so that a broken key store can be repaired.

use std::collections::BTreeSet;

use hsm_sim::cluster::ClusterState;
use hsm_sim::control::ClusterView;
use hsm_sim::fault::FaultView;
use hsm_sim::{ClusterId, ControlError, Realm, World};

use crate::error::{ClusterProblem, Error, Result};

/// The cluster of this id, if it exists in the realm.
pub(crate) fn find_cluster(world: &World, realm: &Realm, id: &ClusterId) -> Result<Option<ClusterView>> {
    match world.control(realm.clone()).cluster(id) {
        Ok(view) => Ok(Some(view)),
        Err(hsm_sim::Error::Control(ControlError::ClusterNotFound(_))) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Rule B: the cluster was created, initialized and activated.
pub(crate) fn require_active(view: &ClusterView) -> Result<()> {
    match view.cluster.state {
        ClusterState::Active => Ok(()),
        state => Err(Error::CloudHsmClusterNotActive { cluster: view.cluster.id.clone(), state }),
    }
}

/// Rules C and D: private subnets in two Availability Zones, and the security group's rules.
pub(crate) fn require_network(world: &World, view: &ClusterView) -> Result<()> {
    if view.cluster.subnets.len() < 2 {
        return Err(invalid(view, ClusterProblem::Zones));
    }
    let faults = world.read(|rows| FaultView::load(rows, world.now(rows)?))?;
    if !faults.security_group_ok(&view.cluster.id) {
        return Err(invalid(view, ClusterProblem::SecurityGroup));
    }
    Ok(())
}

/// Rule E for everything that begins something new: two active HSMs in different Availability Zones.
pub(crate) fn require_two_hsms(view: &ClusterView) -> Result<()> {
    if has_two_active_hsms(view) { Ok(()) } else { Err(invalid(view, ClusterProblem::TooFewHsms)) }
}

fn has_two_active_hsms(view: &ClusterView) -> bool {
    view.active_nodes().map(|node| &node.zone).collect::<BTreeSet<_>>().len() >= 2
}

/// All rules for a cluster that KMS shall begin to use: CreateCustomKeyStore, CreateKey, UpdateCustomKeyStore.
///
/// # Errors
/// `CloudHsmClusterNotActiveException`, `CloudHsmClusterInvalidConfigurationException`.
pub(crate) fn usable_cluster(world: &World, view: &ClusterView) -> Result<()> {
    require_active(view)?;
    require_network(world, view)?;
    require_two_hsms(view)
}

fn invalid(view: &ClusterView, problem: ClusterProblem) -> Error {
    Error::CloudHsmClusterInvalidConfiguration { cluster: view.cluster.id.clone(), problem }
}
