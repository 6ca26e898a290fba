//! Backups on demand, and which node they are taken from.

use crate::backup::{Backup, BackupCause};
use crate::control::{Control, Scene, is_activated};
use crate::error::Result;
use crate::fault::ClientClass;
use crate::id::ClusterId;
use crate::node::{Node, NodeState};

impl Control {
    /// Takes a backup now. The real service takes them by itself only; this is for drills and tests.
    ///
    /// # Errors
    /// The cluster does not exist, is not activated or has no active node, or the store fails.
    pub fn take_backup(&self, id: &ClusterId) -> Result<Backup> {
        self.world.write(|tx| {
            let scene = self.present(tx, id)?;
            let source = best_source(&scene).filter(|_| is_activated(&scene.recorded));
            let Some(source) = source else {
                return Err(scene.wrong_state("a backup", "ACTIVE with an active HSM").into());
            };
            Backup::take(tx, &self.world, &scene.recorded, source, BackupCause::OnDemand, scene.now)
        })
    }
}

/// The node that a new one is copied from: active, if possible within reach, as little apart from the others as possible, the oldest
/// (inferred).
pub(super) fn best_source(scene: &Scene) -> Option<&Node> {
    best_in(scene, NodeState::Active)
}

/// The same among nodes of one state.
pub(super) fn best_in(scene: &Scene, state: NodeState) -> Option<&Node> {
    let active = scene.view.nodes.iter().filter(|node| node.state == state);
    active.min_by_key(|node| {
        let away = !scene.faults.reaches(ClientClass::Nodes, &scene.view.cluster, node);
        (away, node.view.diverged, node.index)
    })
}
