//! Activation: the control plane's half of the first officer's first password change.

use crate::backup::{self, Backup, BackupCause};
use crate::cluster::{Cluster, ClusterState};
use crate::control::{jobs, wrong_state};
use crate::error::{ControlError, Result};
use crate::id::ClusterId;
use crate::node::Node;
use crate::row::Writer;
use crate::transition::{self, Shown, Transition};
use crate::world::World;

/// Makes an INITIALIZED cluster ACTIVE and takes its first backup (documented). Call it in the transaction of the password
/// change, after the users are written. An ACTIVE cluster stays as it is.
///
/// # Errors
/// The cluster is not initialized, or the store fails.
pub fn activate(tx: &mut Writer<'_>, world: &World, id: &ClusterId) -> Result<()> {
    let Some(cluster) = Cluster::load(tx, id)? else {
        return Err(ControlError::ClusterNotFound(id.clone()).into());
    };
    match cluster.state {
        ClusterState::Initialized => {}
        ClusterState::Active | ClusterState::Degraded => return Ok(()),
        ClusterState::CreateInProgress
        | ClusterState::Uninitialized
        | ClusterState::InitializeInProgress
        | ClusterState::UpdateInProgress
        | ClusterState::ModifyInProgress
        | ClusterState::RollbackInProgress
        | ClusterState::DeleteInProgress
        | ClusterState::Deleted => return Err(wrong_state(&cluster, "activation", "INITIALIZED").into()),
    }
    let cluster = Cluster { state: ClusterState::Active, ..cluster };
    cluster.save(tx)?;
    let now = world.now(tx)?;
    // The control plane notices later (observed on real clusters).
    let notices_later = Shown::Cluster(ClusterState::Initialized, None);
    transition::begin(tx, Transition::Activate, id.as_str().as_bytes(), notices_later, now)?;
    if let Some(node) = Node::of_cluster(tx, id)?.first() {
        backup::unless_failing(Backup::take(tx, world, &cluster, node, BackupCause::Activation, now))?;
    }
    jobs::schedule_daily_backup(tx, id, now)
}
