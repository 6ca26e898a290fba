//! DeleteCluster.

use crate::cluster::{Cluster, ClusterState};
use crate::control::{ClusterView, Control, delete_hsm};
use crate::error::{ControlError, Result};
use crate::id::ClusterId;
use crate::node::Node;

const MESSAGE: &str = "The cluster is being deleted.";

impl Control {
    /// Deletes a cluster without nodes. Its backups stay until their retention ends, and can be restored (inferred).
    ///
    /// # Errors
    /// The cluster does not exist or has nodes, or the store fails.
    pub fn delete_cluster(&self, id: &ClusterId) -> Result<ClusterView> {
        self.world.write(|tx| {
            let scene = self.present(tx, id)?;
            if !scene.view.nodes.is_empty() {
                return Err(ControlError::HasHsms(id.clone()).into());
            }
            // Nodes that only a fault hides go with their cluster.
            for node in Node::of_cluster(tx, id)? {
                delete_hsm::remove(tx, &node)?;
            }
            let deleted = Cluster {
                state: ClusterState::Deleted,
                state_message: None,
                deleted: Some(scene.now),
                private_key: None,
                ..scene.view.cluster
            };
            deleted.save(tx)?;
            let shown = Cluster {
                state: ClusterState::DeleteInProgress,
                state_message: Some(MESSAGE.to_owned()),
                deleted: None,
                ..deleted
            };
            Ok(ClusterView { cluster: shown, nodes: Vec::new() })
        })
    }
}
