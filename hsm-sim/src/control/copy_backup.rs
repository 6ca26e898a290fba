//! CopyBackupToRegion.

use std::collections::BTreeMap;

use crate::backup::{Backup, BackupState, Origin};
use crate::control::Control;
use crate::control::describe_backups::present_backup;
use crate::error::{ControlError, Result};
use crate::id::BackupId;
use crate::mtls::MutualTls;
use crate::realm::Realm;
use crate::row::Rows;

const OPERATION: &str = "CopyBackupToRegion";

/// What CopyBackupToRegion is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyBackup {
    /// The backup.
    pub backup: BackupId,
    /// The Region that gets the copy.
    pub region: String,
    /// The copy's tags; without any it gets those of the backup (documented).
    pub tags: Option<BTreeMap<String, String>>,
}

impl Control {
    /// Copies a backup to another Region of the account. The copy is as old as the backup (documented), shares its contents and is
    /// exempt from the retention of the cluster.
    ///
    /// # Errors
    /// The backup does not exist or is not READY, the Region is malformed or the backup's own, or the store fails.
    pub fn copy_backup(&self, request: CopyBackup) -> Result<Backup> {
        let destination = Realm::new(self.realm.account(), &request.region).map_err(ControlError::InvalidId)?;
        if destination == self.realm {
            return Err(ControlError::SameRegion(request.region).into());
        }
        self.world.write(|tx| {
            let source = present_backup(tx, &self.world, &self.realm, &request.backup)?;
            if source.state != BackupState::Ready {
                return Err(source.wrong_state(OPERATION, "READY").into());
            }
            let now = self.world.now(tx)?;
            let origin = Origin {
                backup: source.id.clone(),
                cluster: source.cluster.clone(),
                region: self.realm.region().to_owned(),
                copied: now,
            };
            let copied = source.id.clone();
            let copy = Backup {
                id: BackupId::generate(self.world.entropy()),
                realm: destination,
                taken: tx.seq(),
                never_expires: false,
                origin: Some(origin),
                tags: request.tags.unwrap_or_else(|| source.tags.clone()),
                ..source
            };
            copy.save(tx)?;
            MutualTls::copy(tx, copied.as_str().as_bytes(), copy.id.as_str().as_bytes())?;
            copy.begin(tx, now)?;
            Ok(copy)
        })
    }
}
