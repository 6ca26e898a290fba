//! This crate's own timed work: the daily backup, and what lasting changes leave to be done.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::backup::{self, Backup, BackupCause};
use crate::clock::SimTime;
use crate::cluster::Cluster;
use crate::control::{Scene, delete_hsm, take_backup};
use crate::error::Result;
use crate::fault::{ClientClass, FaultView};
use crate::id::{ClusterId, NodeId};
use crate::job::{self, Handler, JobKey};
use crate::mtls::MutualTls;
use crate::node::{Node, NodeState};
use crate::row::{self, Writer};
use crate::transition;
use crate::user::NodeUsers;
use crate::world::World;

const DAY: Duration = Duration::from_secs(24 * 3_600);

#[derive(Debug, Serialize, Deserialize)]
enum OwnJob {
    DailyBackup {
        cluster: ClusterId,
    },
    /// The users of a joining node are those of now.
    CloneUsers {
        cluster: ClusterId,
        node: NodeId,
    },
    /// A change of what has this key is over.
    Tidy {
        key: Vec<u8>,
    },
}

/// Does this crate's own jobs.
#[derive(Debug)]
pub(crate) struct OwnJobs;

impl Handler for OwnJobs {
    fn owner(&self) -> u8 {
        job::HSM_SIM
    }

    fn run(&self, world: &World, key: &JobKey, payload: &[u8], at: SimTime, horizon: SimTime) -> Result<()> {
        match row::decode(row::JOB, key.as_bytes(), payload)? {
            OwnJob::DailyBackup { cluster } => daily_backup(world, key, &cluster, at, horizon),
            OwnJob::CloneUsers { cluster, node } => clone_users(world, key, &cluster, &node, at),
            OwnJob::Tidy { key: changed } => tidy(world, key, &changed, at),
        }
    }
}

/// Plans the next daily backup, 24 hours after `last` (documented).
pub(super) fn schedule_daily_backup(tx: &mut Writer<'_>, cluster: &ClusterId, last: SimTime) -> Result<()> {
    schedule(tx, cluster, last + DAY)
}

/// Plans to read the users of a joining node again.
pub(super) fn schedule_clone(tx: &mut Writer<'_>, node: &Node, due: SimTime) -> Result<()> {
    plan(tx, due, &OwnJob::CloneUsers { cluster: node.cluster.clone(), node: node.id.clone() })
}

/// Plans to drop what a lasting change leaves when it is over.
pub(crate) fn schedule_tidying(tx: &mut Writer<'_>, key: &[u8], due: SimTime) -> Result<()> {
    plan(tx, due, &OwnJob::Tidy { key: key.to_owned() })
}

fn schedule(tx: &mut Writer<'_>, cluster: &ClusterId, due: SimTime) -> Result<()> {
    plan(tx, due, &OwnJob::DailyBackup { cluster: cluster.clone() })
}

fn plan(tx: &mut Writer<'_>, due: SimTime, job: &OwnJob) -> Result<()> {
    job::schedule(tx, due, job::HSM_SIM, row::encode(job))?;
    Ok(())
}

/// One backup, however many days were slept through: it is put off to the last of them (documented: at most one catch-up).
fn daily_backup(world: &World, key: &JobKey, id: &ClusterId, at: SimTime, horizon: SimTime) -> Result<()> {
    world.write(|tx| {
        if !job::take(tx, key)? {
            return Ok(());
        }
        let missed = horizon.since(at).as_millis() / DAY.as_millis();
        if missed > 0 {
            let days = u32::try_from(missed).unwrap_or(u32::MAX);
            return schedule(tx, id, at + DAY.saturating_mul(days));
        }
        let faults = FaultView::load(tx, at)?;
        let Some(cluster) = Cluster::load(tx, id)?.filter(|cluster| cluster.deleted.is_none()) else {
            return Ok(());
        };
        let scene = Scene::of(tx, cluster, faults, at)?;
        if let Some(node) = take_backup::best_source(&scene) {
            backup::unless_failing(Backup::take(tx, world, &scene.recorded, node, BackupCause::Daily, at))?;
        }
        Backup::forget_expired(tx, &scene.recorded.realm, at)?;
        schedule_daily_backup(tx, id, at)
    })
}

/// A node that joins is read from another one some time after the request: what users did until then comes with it.
fn clone_users(world: &World, key: &JobKey, id: &ClusterId, node: &NodeId, at: SimTime) -> Result<()> {
    world.write(|tx| {
        if !job::take(tx, key)? {
            return Ok(());
        }
        let Some(cluster) = Cluster::load(tx, id)? else { return Ok(()) };
        let scene = Scene::of(tx, cluster, FaultView::load(tx, at)?, at)?;
        let joins = |known: &&Node| known.id == *node && known.state == NodeState::CreateInProgress;
        let is_apart = |node: &Node| scene.faults.is_apart(ClientClass::Nodes, &scene.view.cluster, node);
        if scene.view.nodes.iter().find(joins).is_none_or(is_apart) {
            return Ok(());
        }
        let Some(source) = take_backup::best_source(&scene).filter(|source| !is_apart(source)) else { return Ok(()) };
        NodeUsers::load(tx, id, &source.id)?.save(tx, id, node)?;
        MutualTls::copy(tx, &Node::key(id, &source.id), &Node::key(id, node))
    })
}

fn tidy(world: &World, key: &JobKey, changed: &[u8], at: SimTime) -> Result<()> {
    world.write(|tx| {
        if !job::take(tx, key)? {
            return Ok(());
        }
        transition::drop_past(tx, changed, at)?;
        match row::load::<Node>(tx, changed)?.filter(|node| node.state == NodeState::Deleted) {
            Some(node) => delete_hsm::remove(tx, &node),
            None => Ok(()),
        }
    })
}
