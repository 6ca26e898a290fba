//! This crate's own timed work: the daily backup.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::backup::{Backup, BackupCause};
use crate::clock::SimTime;
use crate::cluster::Cluster;
use crate::control::{ClusterView, Scene, take_backup};
use crate::error::Result;
use crate::fault::FaultView;
use crate::id::ClusterId;
use crate::job::{self, Handler, JobKey};
use crate::row::{self, Writer};
use crate::world::World;

const DAY: Duration = Duration::from_secs(24 * 3_600);

#[derive(Debug, Serialize, Deserialize)]
enum OwnJob {
    DailyBackup { cluster: ClusterId },
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
        }
    }
}

/// Plans the next daily backup, 24 hours after `last` (documented).
pub(super) fn schedule_daily_backup(tx: &mut Writer<'_>, cluster: &ClusterId, last: SimTime) -> Result<()> {
    schedule(tx, cluster, last + DAY)
}

fn schedule(tx: &mut Writer<'_>, cluster: &ClusterId, due: SimTime) -> Result<()> {
    let payload = row::encode(&OwnJob::DailyBackup { cluster: cluster.clone() });
    job::schedule(tx, due, job::HSM_SIM, payload)?;
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
        let view = ClusterView::load(tx, cluster, &faults)?;
        let scene = Scene { view, faults, now: at };
        if let Some(node) = take_backup::best_source(&scene) {
            Backup::take(tx, world, &scene.view.cluster, node, BackupCause::Daily, at)?;
        }
        Backup::forget_expired(tx, &scene.view.cluster.realm, at)?;
        schedule_daily_backup(tx, id, at)
    })
}
