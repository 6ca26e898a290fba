//! DeleteCluster.

use crate::cluster::{Cluster, ClusterState};
use crate::control::modify_cluster::TypeChange;
use crate::control::{ClusterView, Control, delete_hsm};
use crate::error::{ControlError, Result};
use crate::id::ClusterId;
use crate::node::Node;
use crate::transition::{self, Shown, Transition};

const OPERATION: &str = "DeleteCluster";
const MESSAGE: &str = "The cluster is being deleted.";

impl Control {
    /// Deletes a cluster without nodes. Its backups stay until their retention ends, and can be restored (inferred).
    ///
    /// # Errors
    /// The cluster does not exist, has nodes or is being deleted, or the store fails.
    pub fn delete_cluster(&self, id: &ClusterId) -> Result<ClusterView> {
        self.world.write(|tx| {
            let scene = self.present(tx, id)?;
            if scene.view.cluster.state == ClusterState::DeleteInProgress {
                return Err(scene.wrong_state(OPERATION, "another state").into());
            }
            if !scene.view.nodes.is_empty() {
                return Err(ControlError::HasHsms(id.clone()).into());
            }
            // Nodes that only a fault hides go with their cluster.
            for node in Node::of_cluster(tx, id)? {
                delete_hsm::remove(tx, &node)?;
            }
            let message = || Some(MESSAGE.to_owned());
            let shows = Shown::Cluster(ClusterState::DeleteInProgress, message());
            let lasts = transition::begin(tx, Transition::DeleteCluster, id.as_str().as_bytes(), shows, scene.now)?;
            let deleted = Cluster {
                state: ClusterState::Deleted,
                state_message: None,
                deleted: Some(scene.now + lasts),
                private_key: None,
                ..scene.recorded
            };
            deleted.save(tx)?;
            TypeChange::forget(tx, id)?;
            let shown =
                Cluster { state: ClusterState::DeleteInProgress, state_message: message(), deleted: None, ..deleted };
            Ok(ClusterView::of_record(shown))
        })
    }
}
