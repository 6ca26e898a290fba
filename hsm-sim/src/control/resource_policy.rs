//! PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy: who else may describe and restore a backup.
//!
//! The real service lists a shared backup for its consumers only after it was promoted to a resource share; there is no such service
//! here, so a policy alone suffices (deliberate).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use store::Table;

use crate::backup::{Backup, BackupState};
use crate::control::Control;
use crate::control::describe_backups::present_backup;
use crate::error::{Error, Result};
use crate::id::BackupId;
use crate::realm::Realm;
use crate::row::{self, Record, Rows};

const OPERATION: &str = "PutResourcePolicy";

/// To whom a policy allows something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumers {
    /// Every account, but for the denied ones.
    pub everyone: bool,
    /// These accounts.
    pub accounts: BTreeSet<String>,
    /// Never these.
    pub denied: BTreeSet<String>,
}

impl Consumers {
    /// Whether an account is among them.
    pub fn include(&self, account: &str) -> bool {
        !self.denied.contains(account) && (self.everyone || self.accounts.contains(account))
    }
}

/// The policy of a backup: its text, and what the text says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourcePolicy {
    /// As it was given.
    pub text: String,
    /// Who may describe the backup.
    pub describe: Consumers,
    /// Who may create a cluster from it.
    pub restore: Consumers,
}

impl Record for ResourcePolicy {
    const TABLE: Table = row::RESOURCE_POLICY;
}

impl ResourcePolicy {
    pub(super) fn load(rows: &impl Rows, backup: &BackupId) -> Result<Option<Self>> {
        row::load(rows, backup.as_str().as_bytes())
    }

    pub(super) fn lets_restore(&self, realm: &Realm) -> bool {
        self.restore.include(realm.account())
    }
}

impl Control {
    /// Shares a READY backup of this account as the policy says.
    ///
    /// # Errors
    /// The backup does not exist or is not READY, or the store fails.
    pub fn put_resource_policy(&self, id: &BackupId, policy: &ResourcePolicy) -> Result<()> {
        self.world.write(|tx| {
            let backup = present_backup(tx, &self.world, &self.realm, id)?;
            if backup.state != BackupState::Ready {
                return Err(backup.wrong_state(OPERATION, "READY").into());
            }
            row::save(tx, id.as_str().as_bytes(), policy)
        })
    }

    /// The text of a backup's policy, if it has one.
    ///
    /// # Errors
    /// The backup does not exist, or the store fails.
    pub fn resource_policy(&self, id: &BackupId) -> Result<Option<String>> {
        self.world.read(|rows| {
            present_backup(rows, &self.world, &self.realm, id)?;
            Ok(ResourcePolicy::load(rows, id)?.map(|policy| policy.text))
        })
    }

    /// Removes a backup's policy and gives its text. Clusters that were made of the backup stay (documented).
    ///
    /// # Errors
    /// The backup does not exist, or the store fails.
    pub fn delete_resource_policy(&self, id: &BackupId) -> Result<Option<String>> {
        self.world.write(|tx| {
            present_backup(tx, &self.world, &self.realm, id)?;
            let policy = ResourcePolicy::load(tx, id)?;
            row::remove::<ResourcePolicy>(tx, id.as_str().as_bytes())?;
            Ok::<_, Error>(policy.map(|policy| policy.text))
        })
    }

    /// The READY backups that other accounts share with this one in its Region.
    pub(super) fn shared_backups(&self, rows: &impl Rows) -> Result<Vec<Backup>> {
        let mut shared = Vec::new();
        for (key, policy) in row::list::<ResourcePolicy>(rows, b"")? {
            let Some(recorded) = row::load::<Backup>(rows, &key)? else { continue };
            let foreign = recorded.realm != self.realm && recorded.realm.region() == self.realm.region();
            if foreign && policy.describe.include(self.realm.account()) {
                let all = Backup::of_realm(rows, &recorded.realm, self.world.now(rows)?)?;
                shared.extend(
                    all.into_iter().filter(|backup| backup.id == recorded.id && backup.state == BackupState::Ready),
                );
            }
        }
        shared.sort_by_key(Backup::age_order);
        Ok(shared)
    }
}
