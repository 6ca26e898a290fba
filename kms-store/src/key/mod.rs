//! KMS keys: records, lookup and visible state. What every request needs is one small row; description, policy and tags are
//! another.

mod cancel_deletion;
mod create;
mod deletion;
mod describe;
mod details;
mod disable;
mod enable;
mod list;
mod metadata;
mod schedule_deletion;
pub(crate) mod spec;
mod state;

use crypto::AesGcm;
use hsm_sim::job::JobKey;
use hsm_sim::row::{self, Record, Rows, Table, Writer};
use hsm_sim::vault::Sealed;
use hsm_sim::{ClusterId, Handle, Realm, SimTime, World};
use serde::{Deserialize, Serialize};

pub use create::CreateKey;
pub(crate) use details::Details;
pub use list::KeyEntry;
pub use metadata::KeyMetadata;
pub(crate) use metadata::hex;
pub use schedule_deletion::DeletionScheduled;
pub use spec::{KeyOrigin, KeySpec, KeyUsage};
pub use state::KeyState;
pub(crate) use state::{Base, KeyOperation, visible};

use crate::alias;
use crate::arn::{KeyId, KeyName};
use crate::error::{Error, Invalid, Missing, Result};
use crate::key_store::{KeyStore, KeyStoreId};
use crate::table;

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Life {
    Enabled,
    Disabled,
    /// Gone from `date` on; the job `job` then removes what is left of it.
    PendingDeletion {
        date: SimTime,
        job: JobKey,
        deletion: HsmDeletion,
    },
}

/// How far the deletion of the material in the HSMs is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum HsmDeletion {
    /// Nothing was tried.
    NotTried,
    /// The HSMs held the material and were about to be told.
    Begun,
}

/// Where a key's material is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// In KMS itself.
    AwsKms { material: Sealed, material_id: [u8; 32] },
    /// In the HSMs of a key store's cluster.
    CloudHsm(HsmOrigin),
}

/// A key in a CloudHSM key store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HsmOrigin {
    pub(crate) store: KeyStoreId,
    /// Names the material in audit records and ciphertexts.
    pub(crate) backing_id: [u8; 16],
    pub(crate) located: Located,
}

/// Where an HSM key was last found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Located {
    pub(crate) cluster: ClusterId,
    pub(crate) handle: Handle,
    /// The material audit found it nowhere (seed 004).
    pub(crate) missing: bool,
}

/// A key's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyRecord {
    pub(crate) id: KeyId,
    pub(crate) created: SimTime,
    /// When it becomes visible (eventual consistency).
    pub(crate) visible_from: SimTime,
    pub(crate) life: Life,
    pub(crate) origin: Origin,
}

impl Record for KeyRecord {
    const TABLE: Table = table::KEY;
}

impl KeyRecord {
    /// Whether clients can see it: it exists already and its deletion date has not come.
    pub(crate) fn exists(&self, now: SimTime) -> bool {
        let gone = matches!(self.life, Life::PendingDeletion { date, .. } if date <= now);
        self.visible_from <= now && !gone
    }

    pub(crate) const fn base(&self) -> Base {
        match self.life {
            Life::Enabled => Base::Enabled,
            Life::Disabled => Base::Disabled,
            Life::PendingDeletion { .. } => Base::PendingDeletion,
        }
    }

    pub(crate) fn save(&self, tx: &mut Writer<'_>, realm: &Realm) -> Result<()> {
        Ok(row::save(tx, &self.id.row_key(realm), self)?)
    }

    /// The cipher of a key whose material KMS holds.
    pub(crate) fn own_cipher(&self, world: &World, material: &Sealed) -> Result<AesGcm> {
        let secret = world.vault().open_sealed(&material_context(&self.id), material)?;
        Ok(AesGcm::new(secret.expose())?)
    }
}

fn material_context(id: &KeyId) -> Vec<u8> {
    format!("kms-key/{id}").into_bytes()
}

/// Whether a `KeyId` parameter may name an alias (documented per operation).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aliases {
    Accepted,
    Refused,
}

/// A key as one view of the state shows it.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) record: KeyRecord,
    /// Its key store, if it is in one.
    pub(crate) store: Option<KeyStore>,
    pub(crate) state: KeyState,
    pub(crate) arn: String,
}

impl Key {
    /// The key that a `KeyId` parameter names.
    ///
    /// # Errors
    /// `NotFoundException`, `InvalidArnException`, or the store fails.
    pub(crate) fn find(rows: &impl Rows, now: SimTime, realm: &Realm, text: &str, aliases: Aliases) -> Result<Self> {
        let id = match KeyName::parse(realm, text)? {
            KeyName::Key(id) => id,
            KeyName::Alias(name) if aliases == Aliases::Accepted => alias::target(rows, now, realm, name)?,
            KeyName::Alias(_) if text.starts_with("arn:") => return Err(Error::InvalidArn(text.to_owned())),
            KeyName::Alias(_) => return Err(Missing::KeyId(text.to_owned()).into()),
        };
        Self::load(rows, now, realm, &id)?.ok_or_else(|| Missing::Key(id.arn(realm)).into())
    }

    /// The key of this id, if clients can see it.
    pub(crate) fn load(rows: &impl Rows, now: SimTime, realm: &Realm, id: &KeyId) -> Result<Option<Self>> {
        let record = row::load::<KeyRecord>(rows, &id.row_key(realm))?;
        let Some(record) = record.filter(|record| record.exists(now)) else { return Ok(None) };
        let (store, missing) = match &record.origin {
            Origin::AwsKms { .. } => (None, false),
            Origin::CloudHsm(origin) => {
                let store = KeyStore::load(rows, realm, &origin.store)?;
                (Some(store.ok_or(Error::damaged("a key without its key store"))?), origin.located.missing)
            }
        };
        let state = visible(record.base(), missing, store.as_ref().map(|store| store.state(now)));
        Ok(Some(Self { arn: id.arn(realm), record, store, state }))
    }

    /// Checks the operation × state table.
    pub(crate) fn allow(&self, operation: KeyOperation) -> Result<()> {
        operation.check(self.state, || self.arn.clone())
    }
}

/// The rule that only ids and ARNs name the target of an alias.
pub(crate) fn refuse_alias_target(text: &str) -> Result<()> {
    if text.starts_with("alias/") { Err(Invalid::AliasTarget.into()) } else { Ok(()) }
}
