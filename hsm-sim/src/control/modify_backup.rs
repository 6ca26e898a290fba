//! ModifyBackupAttributes.

use crate::backup::{Backup, BackupState, PENDING_DELETION, Retention};
use crate::control::Control;
use crate::control::describe_backups::present_backup;
use crate::error::Result;
use crate::id::BackupId;

const OPERATION: &str = "ModifyBackupAttributes";

impl Control {
    /// Exempts a backup from its cluster's retention, or subjects it to it again (documented); a backup that is older than the
    /// retention period is then marked for deletion in seven days (inferred).
    ///
    /// # Errors
    /// The backup does not exist or is marked for deletion, or the store fails.
    pub fn modify_backup_attributes(&self, id: &BackupId, never_expires: bool) -> Result<Backup> {
        self.world.write(|tx| {
            let shown = present_backup(tx, &self.world, &self.realm, id)?;
            match shown.state {
                BackupState::Ready | BackupState::CreateInProgress => {}
                BackupState::PendingDeletion | BackupState::Deleted => {
                    return Err(shown.wrong_state(OPERATION, "READY").into());
                }
            }
            let changed = self.rewrite(tx, id, |backup| backup.never_expires = never_expires);
            if changed.as_ref().is_ok_and(|backup| backup.state != BackupState::PendingDeletion) {
                return changed;
            }
            let delete_at = self.world.now(tx)? + PENDING_DELETION;
            self.rewrite(tx, id, |backup| backup.retention = Retention::DeletedAt(delete_at))
        })
    }
}
