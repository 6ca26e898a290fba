//! DescribeBackups.

use crate::backup::{Backup, BackupState};
use crate::control::Control;
use crate::error::{ControlError, Result};
use crate::id::{BackupId, ClusterId};
use crate::realm::Realm;
use crate::row::Rows;
use crate::world::World;

/// Which backups: all members that are given must match, any value of a member does (inferred). An empty list matches nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackupFilter {
    /// `backupIds`.
    pub ids: Option<Vec<BackupId>>,
    /// `clusterIds`.
    pub cluster_ids: Option<Vec<ClusterId>>,
    /// `sourceBackupIds`: copies of these.
    pub source_backup_ids: Option<Vec<BackupId>>,
    /// `states`.
    pub states: Option<Vec<BackupState>>,
    /// `neverExpires`: exempt from retention, or not.
    pub never_expires: Option<bool>,
    /// Those that other accounts share with this one instead of its own.
    pub shared: bool,
}

impl BackupFilter {
    /// The backups of one cluster.
    pub fn of_cluster(cluster: ClusterId) -> Self {
        Self { cluster_ids: Some(vec![cluster]), ..Self::default() }
    }

    fn accepts(&self, backup: &Backup) -> bool {
        let copy_of = |ids: &Vec<BackupId>| backup.origin.as_ref().is_some_and(|origin| ids.contains(&origin.backup));
        self.ids.as_ref().is_none_or(|ids| ids.contains(&backup.id))
            && self.cluster_ids.as_ref().is_none_or(|ids| ids.contains(&backup.cluster))
            && self.source_backup_ids.as_ref().is_none_or(copy_of)
            && self.states.as_ref().is_none_or(|states| states.contains(&backup.state))
            && self.never_expires.is_none_or(|never| never == backup.never_expires)
    }
}

impl Control {
    /// The backups, newest first unless `ascending`.
    ///
    /// # Errors
    /// The store fails.
    pub fn backups(&self, filter: &BackupFilter, ascending: bool) -> Result<Vec<Backup>> {
        let mut backups = self.world.read(|rows| match filter.shared {
            true => self.shared_backups(rows),
            false => Backup::of_realm(rows, &self.realm, self.world.now(rows)?),
        })?;
        backups.retain(|backup| filter.accepts(backup));
        if !ascending {
            backups.reverse();
        }
        Ok(backups)
    }
}

/// A backup that is there, as it shows.
pub(super) fn present_backup(rows: &impl Rows, world: &World, realm: &Realm, id: &BackupId) -> Result<Backup> {
    let all = Backup::of_realm(rows, realm, world.now(rows)?)?;
    let backup = all.into_iter().find(|backup| backup.id == *id);
    Ok(backup.ok_or_else(|| ControlError::BackupNotFound(id.clone()))?)
}
