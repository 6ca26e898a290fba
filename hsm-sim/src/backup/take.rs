//! Taking a backup.

use std::collections::BTreeMap;

use crate::audit::{self, Command, Detail, Event};
use crate::backup::{Backup, BackupCause, BackupState, Retention};
use crate::clock::SimTime;
use crate::cluster::Cluster;
use crate::error::{ControlError, Error, Result};
use crate::fault::FaultView;
use crate::id::BackupId;
use crate::mtls::MutualTls;
use crate::node::Node;
use crate::node::counter::HandleCounter;
use crate::row::{Rows, Writer};
use crate::user::NodeUsers;
use crate::world::World;

impl Backup {
    /// Takes a backup of one node: a few rows, whatever the node holds.
    ///
    /// # Errors
    /// [`ControlError::Injected`] when the fault model lets backups of the cluster fail, or the store fails.
    pub(crate) fn take(
        tx: &mut Writer<'_>,
        world: &World,
        cluster: &Cluster,
        node: &Node,
        cause: BackupCause,
        now: SimTime,
    ) -> Result<Self> {
        if FaultView::load(tx, now)?.backups_fail(&cluster.id) {
            return Err(ControlError::Injected.into());
        }
        let taken = tx.seq();
        let backup = Self {
            id: BackupId::generate(world.entropy()),
            realm: cluster.realm.clone(),
            cluster: cluster.id.clone(),
            state: BackupState::Ready,
            cause,
            created: now,
            taken,
            never_expires: false,
            retention: Retention::SinceCreation,
            origin: None,
            hsm_type: cluster.hsm_type.clone(),
            mode: cluster.mode,
            personality: cluster.personality,
            cluster_certificate: cluster.certificates.cluster_certificate.clone(),
            trust_anchor: cluster.certificates.trust_anchor.clone(),
            private_key: cluster.private_key.clone(),
            counter: highest_counter(tx, cluster)?,
            users: NodeUsers::load(tx, &cluster.id, &node.id)?,
            view: node.view.frozen(taken),
            tags: BTreeMap::new(),
        };
        backup.save(tx)?;
        MutualTls::copy(tx, &Node::key(&node.cluster, &node.id), backup.id.as_str().as_bytes())?;
        backup.begin(tx, now)?;
        for command in [Command::BackupBegin, Command::BackupEnd] {
            audit::note(tx, world, &node.id, Event { command, detail: Detail::Minimal, session: 0 }, Ok(()))?;
        }
        Ok(backup)
    }
}

/// What goes on without a backup that could not be taken.
pub(crate) fn unless_failing(taken: Result<Backup>) -> Result<Option<Backup>> {
    match taken {
        Ok(backup) => Ok(Some(backup)),
        Err(Error::Control(ControlError::Injected)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where handles of a restored cluster go on, so that they differ from the restored ones.
fn highest_counter(rows: &impl Rows, cluster: &Cluster) -> Result<u32> {
    let nodes = Node::of_cluster(rows, &cluster.id)?;
    let counters = nodes.iter().map(|node| Ok(HandleCounter::load(rows, &cluster.id, &node.id)?.next));
    let highest = counters.collect::<Result<Vec<_>>>()?.into_iter().max();
    Ok(highest.unwrap_or(0).max(cluster.first_counter))
}
