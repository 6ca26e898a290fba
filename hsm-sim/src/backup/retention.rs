//! How long backups live (documented): READY for the cluster's retention period, then PENDING_DELETION for seven days, then gone.
//!
//! Nothing has to run for that: the state follows from the row and the time. The newest backup of a cluster and the one that a
//! cluster without its first node was created from are never given up by retention.

use std::collections::HashMap;
use std::time::Duration;

use store::Seq;

use crate::backup::{Backup, BackupState, Retention};
use crate::clock::SimTime;
use crate::cluster::Cluster;
use crate::error::Result;
use crate::id::{BackupId, ClusterId};
use crate::realm::Realm;
use crate::row::{self, Rows, Writer};
use crate::transition::Underway;

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// How long a backup stays in [`BackupState::PendingDeletion`] (documented).
pub(crate) const PENDING_DELETION: Duration = Duration::from_secs(7 * 24 * 3_600);

impl Backup {
    /// The backups of a realm as they are at `now`, oldest first.
    ///
    /// # Errors
    /// The store fails.
    pub fn of_realm(rows: &impl Rows, realm: &Realm, now: SimTime) -> Result<Vec<Self>> {
        let recorded = recorded(rows, realm)?;
        let keep = Keep::load(rows, realm, &recorded)?;
        let underway = Underway::load(rows, now)?;
        let settled = recorded.into_iter().filter_map(|backup| keep.settled(backup, now));
        Ok(settled
            .map(|backup| Self { state: underway.backup(&backup.id).unwrap_or(backup.state), ..backup })
            .collect())
    }

    /// The newest backup of a cluster that is not to be deleted; also one that is being taken, for its contents are settled.
    pub(crate) fn latest(rows: &impl Rows, cluster: &Cluster, now: SimTime) -> Result<Option<Self>> {
        let mut backups = Self::of_realm(rows, &cluster.realm, now)?;
        backups.retain(|backup| {
            let kept = matches!(backup.state, BackupState::Ready | BackupState::CreateInProgress);
            kept && backup.cluster == cluster.id && backup.origin.is_none()
        });
        Ok(backups.pop())
    }

    /// Deletes the records of a realm's backups that are gone.
    pub(crate) fn forget_expired(tx: &mut Writer<'_>, realm: &Realm, now: SimTime) -> Result<()> {
        let recorded = recorded(tx, realm)?;
        let keep = Keep::load(tx, realm, &recorded)?;
        for backup in recorded {
            if keep.settled(backup.clone(), now).is_none() {
                backup.delete(tx)?;
            }
        }
        Ok(())
    }

    pub(crate) const fn age_order(&self) -> (SimTime, Seq) {
        (self.created, self.taken)
    }
}

fn recorded(rows: &impl Rows, realm: &Realm) -> Result<Vec<Backup>> {
    let ids = row::list_keys(rows, row::BACKUP_BY_REALM, realm.key().as_bytes())?;
    let backups = ids.into_iter().filter_map(|id| row::load(rows, id.as_bytes()).transpose());
    let mut backups: Vec<Backup> = backups.collect::<Result<_>>()?;
    backups.sort_by_key(Backup::age_order);
    Ok(backups)
}

/// What retention spares, and for how long it waits.
struct Keep {
    newest: HashMap<ClusterId, BackupId>,
    pinned: Vec<BackupId>,
    retention: HashMap<ClusterId, u16>,
}

impl Keep {
    /// `recorded` is in order of age.
    fn load(rows: &impl Rows, realm: &Realm, recorded: &[Backup]) -> Result<Self> {
        let clusters = Cluster::of_realm(rows, realm)?;
        let undeleted = recorded.iter().filter(|backup| backup.deleted_at().is_none() && backup.origin.is_none());
        let newest = undeleted.map(|backup| (backup.cluster.clone(), backup.id.clone())).collect();
        let retention = clusters.iter().map(|cluster| (cluster.id.clone(), cluster.retention_days)).collect();
        // Until its first node a cluster has nothing but the backup that it was created from.
        let waiting = clusters.into_iter().filter(|cluster| cluster.deleted.is_none() && cluster.next_index == 0);
        let pinned = waiting.filter_map(|cluster| cluster.source_backup).collect();
        Ok(Self { newest, pinned, retention })
    }

    fn settled(&self, backup: Backup, now: SimTime) -> Option<Backup> {
        let (since, gone_at) = match backup.retention {
            Retention::DeletedAt(gone_at) => (None, gone_at),
            Retention::SinceCreation | Retention::Since(_) => match self.expires(&backup) {
                Some(expiry) => (Some(expiry), expiry + PENDING_DELETION),
                None => return Some(backup),
            },
        };
        if now >= gone_at {
            None
        } else if since.is_some_and(|since| now < since) {
            Some(backup)
        } else {
            Some(Backup { state: BackupState::PendingDeletion, retention: Retention::DeletedAt(gone_at), ..backup })
        }
    }

    /// When retention marks the backup for deletion; copies and exempt backups have no such time (documented).
    fn expires(&self, backup: &Backup) -> Option<SimTime> {
        let spared = backup.never_expires
            || backup.origin.is_some()
            || self.pinned.contains(&backup.id)
            || self.newest.get(&backup.cluster) == Some(&backup.id);
        let days = self.retention.get(&backup.cluster).filter(|_| !spared)?;
        let since = match backup.retention {
            Retention::Since(moment) => moment,
            Retention::SinceCreation | Retention::DeletedAt(_) => backup.created,
        };
        Some(since + DAY * u32::from(*days))
    }
}
