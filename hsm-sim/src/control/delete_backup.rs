//! DeleteBackup, and RestoreBackup that takes it back.

use crate::backup::{Backup, BackupState, PENDING_DELETION, Retention};
use crate::clock::SimTime;
use crate::control::Control;
use crate::control::describe_backups::present_backup;
use crate::error::{ControlError, Result};
use crate::id::BackupId;
use crate::row::Writer;

impl Control {
    /// Marks a READY backup for deletion in seven days (documented). The newest backup of a cluster may go too (inferred: only
    /// retention spares it).
    ///
    /// # Errors
    /// The backup does not exist or is not READY, or the store fails.
    pub fn delete_backup(&self, id: &BackupId) -> Result<Backup> {
        let delete_at = |now| Retention::DeletedAt(now + PENDING_DELETION);
        self.set_retention(id, ("DeleteBackup", BackupState::Ready), delete_at)
    }

    /// Makes a backup that is marked for deletion READY again (documented). Its retention period begins anew (inferred).
    ///
    /// # Errors
    /// The backup does not exist (any more) or is not PENDING_DELETION, or the store fails.
    pub fn restore_backup(&self, id: &BackupId) -> Result<Backup> {
        self.set_retention(id, ("RestoreBackup", BackupState::PendingDeletion), Retention::Since)
    }

    fn set_retention(
        &self,
        id: &BackupId,
        (operation, requires): (&'static str, BackupState),
        retention: impl FnOnce(SimTime) -> Retention + Send,
    ) -> Result<Backup> {
        self.world.write(|tx| {
            let shown = present_backup(tx, &self.world, &self.realm, id)?;
            if shown.state != requires {
                return Err(shown.wrong_state(operation, requires.as_str()).into());
            }
            let now = self.world.now(tx)?;
            self.rewrite(tx, id, |backup| backup.retention = retention(now))
        })
    }

    /// Changes the record of a backup that is there, and gives it as it now shows.
    pub(super) fn rewrite(
        &self,
        tx: &mut Writer<'_>,
        id: &BackupId,
        change: impl FnOnce(&mut Backup),
    ) -> Result<Backup> {
        let recorded = Backup::load(tx, id)?;
        let mut recorded = recorded.ok_or_else(|| ControlError::BackupNotFound(id.clone()))?;
        change(&mut recorded);
        recorded.save(tx)?;
        present_backup(tx, &self.world, &self.realm, id)
    }
}
