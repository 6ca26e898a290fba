//! Backups: what one node held at one moment, in one row.
//!
//! A backup copies no keys: it freezes the node's view of the shared object layers, so its cost does not depend on their number.
//! It belongs to the cluster that it was taken from, carries the cluster's key and certificate (the backup history) and the
//! node's users with the passwords of that time.

mod retention;
mod take;

pub(crate) use retention::PENDING_DELETION;
pub(crate) use take::unless_failing;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::{Seq, Table};

use crate::clock::SimTime;
use crate::cluster::{Mode, Personality};
use crate::control::ResourcePolicy;
use crate::error::{ControlError, Result};
use crate::id::{BackupId, ClusterId};
use crate::mtls::MutualTls;
use crate::node::view::Step;
use crate::object::collect;
use crate::realm::Realm;
use crate::row::{self, Record, Rows, Writer};
use crate::transition::{self, Shown, Transition};
use crate::user::NodeUsers;
use crate::vault::Sealed;

/// The states of a backup (documented enumeration). A deleted backup has no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BackupState {
    /// Being taken.
    CreateInProgress,
    /// Can be restored.
    Ready,
    /// Deleted in seven days unless it is restored.
    PendingDeletion,
    /// Deleted.
    Deleted,
}

impl BackupState {
    /// The name in the management API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateInProgress => "CREATE_IN_PROGRESS",
            Self::Ready => "READY",
            Self::PendingDeletion => "PENDING_DELETION",
            Self::Deleted => "DELETED",
        }
    }
}

/// Why a backup was taken (documented occasions, and the library's own).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BackupCause {
    /// The cluster was activated.
    Activation,
    /// An HSM was added.
    NodeAdded,
    /// An HSM was removed.
    NodeRemoved,
    /// Every 24 hours.
    Daily,
    /// Asked for through the library.
    OnDemand,
    /// The cluster's HSM type was about to change.
    TypeChanged,
}

/// Whether and from when on a backup's days are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Retention {
    /// From its creation, by its cluster's retention period.
    SinceCreation,
    /// It is deleted at this moment, and [`BackupState::PendingDeletion`] until then.
    DeletedAt(SimTime),
    /// It was to be deleted and was restored; from then on, by its cluster's retention period.
    Since(SimTime),
}

/// Where a copy comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The backup that was copied.
    pub backup: BackupId,
    /// The cluster that it was taken from.
    pub cluster: ClusterId,
    /// Its Region.
    pub region: String,
    /// When it was copied.
    pub copied: SimTime,
}

/// A backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// Its id.
    pub id: BackupId,
    /// The account and Region that it belongs to.
    pub realm: Realm,
    /// The cluster that it was taken from.
    pub cluster: ClusterId,
    /// Effective state where the control plane hands it out, recorded state in the row.
    pub state: BackupState,
    /// Why it was taken.
    pub cause: BackupCause,
    /// When.
    pub created: SimTime,
    /// The mutation that took it; orders backups of one moment.
    pub taken: Seq,
    /// Exempt from retention.
    pub never_expires: bool,
    /// What was said about its deletion.
    pub retention: Retention,
    /// The backup of another Region that it is a copy of.
    pub origin: Option<Origin>,
    /// HSM type of the cluster.
    pub hsm_type: String,
    /// Mode of the cluster.
    pub mode: Mode,
    /// Personality of the cluster.
    pub personality: Personality,
    /// The backup history: the cluster certificate, PEM.
    pub cluster_certificate: Option<String>,
    /// The customer's CA certificate, PEM.
    pub trust_anchor: Option<String>,
    /// The cluster's private key.
    pub private_key: Option<Sealed>,
    /// The highest handle counter of the cluster's nodes.
    pub counter: u32,
    /// The users of the node, with their passwords and failed logins of that time.
    pub users: NodeUsers,
    /// The objects that the node held.
    pub view: Vec<Step>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

impl Record for Backup {
    const TABLE: Table = row::BACKUP;
}

impl Backup {
    /// When it is deleted; only while [`BackupState::PendingDeletion`].
    pub const fn deleted_at(&self) -> Option<SimTime> {
        match self.retention {
            Retention::DeletedAt(moment) => Some(moment),
            Retention::SinceCreation | Retention::Since(_) => None,
        }
    }

    /// The refusal of an operation that needs another state.
    pub(crate) fn wrong_state(&self, operation: &'static str, requires: &'static str) -> ControlError {
        ControlError::BackupState { backup: self.id.clone(), state: self.state, operation, requires }
    }

    /// Lets it show as being taken for as long as that lasts.
    pub(crate) fn begin(&self, tx: &mut Writer<'_>, now: SimTime) -> Result<()> {
        let shows = Shown::Backup(BackupState::CreateInProgress);
        transition::begin(tx, Transition::Backup, self.id.as_str().as_bytes(), shows, now)?;
        Ok(())
    }

    /// Reads one backup as it is recorded.
    ///
    /// # Errors
    /// The store fails.
    pub fn load(rows: &impl Rows, id: &BackupId) -> Result<Option<Self>> {
        row::load(rows, id.as_str().as_bytes())
    }

    /// Writes the record and its entry in the realm's list.
    ///
    /// # Errors
    /// The store fails.
    pub fn save(&self, tx: &mut Writer<'_>) -> Result<()> {
        row::save(tx, self.id.as_str().as_bytes(), self)?;
        Ok(tx.put(row::BACKUP_BY_REALM, format!("{}{}", self.realm.key(), self.id).as_bytes(), b"")?)
    }

    /// Deletes the record, its entry in the realm's list and its policies.
    ///
    /// # Errors
    /// The store fails.
    pub fn delete(&self, tx: &mut Writer<'_>) -> Result<()> {
        row::remove::<Self>(tx, self.id.as_str().as_bytes())?;
        row::remove::<ResourcePolicy>(tx, self.id.as_str().as_bytes())?;
        MutualTls::remove(tx, self.id.as_str().as_bytes())?;
        tx.delete(row::BACKUP_BY_REALM, format!("{}{}", self.realm.key(), self.id).as_bytes())?;
        collect::mark(tx)
    }
}
