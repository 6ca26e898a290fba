//! DeleteHsm.

use crate::audit::{self, Command, Detail, Event};
use crate::backup::{Backup, BackupCause};
use crate::cluster::{Certificates, Cluster, ClusterState};
use crate::control::{Control, HsmSelector, Scene, is_activated, take_backup};
use crate::error::{ControlError, Result};
use crate::id::{ClusterId, NodeId};
use crate::mtls::MutualTls;
use crate::node::counter::HandleCounter;
use crate::node::{Node, NodeState};
use crate::object::collect;
use crate::quorum::NodeTokens;
use crate::row::{self, Writer};
use crate::transition::{self, Shown, Transition};
use crate::user::NodeUsers;

impl Control {
    /// Removes a node after a backup of it. The last one may go too: the cluster stays as it is and its data live in that backup
    /// (documented).
    ///
    /// # Errors
    /// The cluster or the node does not exist, the node is being deleted, or the store fails.
    pub fn delete_hsm(&self, id: &ClusterId, selector: &HsmSelector) -> Result<NodeId> {
        self.world.write(|tx| {
            let scene = self.present(tx, id)?;
            let node = scene.view.nodes.iter().find(|node| selector.selects(node));
            let Some(node) = node.cloned() else {
                return Err(ControlError::HsmNotFound { cluster: id.clone(), selector: selector.to_string() }.into());
            };
            if node.state == NodeState::DeleteInProgress {
                return Err(ControlError::HsmBeingDeleted(node.id).into());
            }
            self.keep_contents(tx, &scene, &node)?;
            self.begin_removal(tx, &scene, &node)?;
            if scene.recorded.state == ClusterState::Uninitialized {
                // The request was made by this node; a new first node makes another one (inferred).
                let cluster = Cluster { certificates: Certificates::default(), private_key: None, ..scene.recorded };
                cluster.save(tx)?;
            }
            Ok(node.id)
        })
    }

    /// The node is out of service at once, and gone when its deletion has lasted long enough.
    fn begin_removal(&self, tx: &mut Writer<'_>, scene: &Scene, node: &Node) -> Result<()> {
        let last = Event { command: Command::EndMarker, detail: Detail::Minimal, session: 0 };
        audit::note(tx, &self.world, &node.id, last, Ok(()))?;
        let key = Node::key(&node.cluster, &node.id);
        let shows = Shown::Node(NodeState::DeleteInProgress);
        if transition::begin(tx, Transition::DeleteHsm, &key, shows, scene.now)?.is_zero() {
            return remove(tx, node);
        }
        match Node::load(tx, &node.cluster, &node.id)? {
            Some(recorded) => Node { state: NodeState::Deleted, state_message: None, ..recorded }.save(tx),
            None => Ok(()),
        }
    }

    /// The backup on removal: of the node itself, or of another one when it failed (inferred).
    fn keep_contents(&self, tx: &mut Writer<'_>, scene: &Scene, node: &Node) -> Result<()> {
        let cluster = &scene.recorded;
        if !is_activated(cluster) {
            return Ok(());
        }
        let source = match node.state {
            NodeState::Active => Some(node),
            NodeState::CreateInProgress | NodeState::Degraded | NodeState::DeleteInProgress | NodeState::Deleted => {
                take_backup::best_source(scene)
            }
        };
        if let Some(source) = source {
            Backup::take(tx, &self.world, cluster, source, BackupCause::NodeRemoved, scene.now)?;
        }
        Ok(())
    }
}

/// Removes a node's rows. What its layers hold stays for the nodes and backups that refer to them.
pub(super) fn remove(tx: &mut Writer<'_>, node: &Node) -> Result<()> {
    row::remove::<Node>(tx, &Node::key(&node.cluster, &node.id))?;
    NodeUsers::remove(tx, &node.cluster, &node.id)?;
    HandleCounter::remove(tx, &node.cluster, &node.id)?;
    NodeTokens::remove(tx, &node.cluster, &node.id)?;
    MutualTls::remove(tx, &Node::key(&node.cluster, &node.id))?;
    collect::mark(tx)
}
