//! The end of a key whose waiting period is over (documented; spec-kms 3.6).
//!
//! KMS tries once to delete the material in the HSMs; whether it could shows in the service event `DeleteKey`, and material
//! that it could not delete stays there as an orphan. Like every work of two parties it records its intent first: a process
//! that dies between deleting in the HSMs and forgetting the key finds the intent and knows that it succeeded.

use std::sync::Arc;

use hsm_sim::job::{self, JobKey};
use hsm_sim::row::{self, Writer};
use hsm_sim::service::Session;
use hsm_sim::{HsmError, Realm};

use crate::alias;
use crate::arn::KeyId;
use crate::audit::{self, Author, Call, Event, Value};
use crate::error::Result;
use crate::hsm::answered;
use crate::key::metadata::hex;
use crate::key::{Details, HsmDeletion, HsmOrigin, Key, KeyRecord, Life, Origin};
use crate::key_store::{ConnectionState, KeyStore};
use crate::kms::Kms;
use crate::table;

/// What became of the material in the HSMs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MaterialDeletion {
    Success,
    Failure,
}

impl MaterialDeletion {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
        }
    }
}

impl Kms {
    /// The job: deletes the material, then everything that KMS knows of the key.
    pub(crate) fn delete_key(&self, realm: &Realm, id: &KeyId, job: &JobKey) -> Result<()> {
        let Some(record) = self.due_for_deletion(realm, id, job)? else { return Ok(()) };
        let outcome = match &record.origin {
            Origin::AwsKms { .. } => None,
            Origin::CloudHsm(origin) => Some(self.delete_material(realm, &record, origin)?),
        };
        self.forget_key(realm, id, job, outcome)
    }

    fn due_for_deletion(&self, realm: &Realm, id: &KeyId, job: &JobKey) -> Result<Option<KeyRecord>> {
        let record = self.world().read(|rows| row::load::<KeyRecord>(rows, &id.row_key(realm)))?;
        Ok(record.filter(|record| matches!(&record.life, Life::PendingDeletion { job: mine, .. } if mine == job)))
    }

    /// First half: deletes the material in the HSMs, after noting that it is about to.
    pub(crate) fn delete_material(
        &self,
        realm: &Realm,
        record: &KeyRecord,
        origin: &HsmOrigin,
    ) -> Result<MaterialDeletion> {
        let Some(session) = self.session_of(realm, origin)? else { return Ok(MaterialDeletion::Failure) };
        // The label finds the key also after its store moved to another cluster. HSMs that do not answer fail the deletion.
        let material = answered(session.material(&record.id.arn(realm)))?;
        let Some(material) = material else { return Ok(MaterialDeletion::Failure) };
        let begun = matches!(record.life, Life::PendingDeletion { deletion: HsmDeletion::Begun, .. });
        let all_answered = material.nodes > 0 && material.answered == material.nodes;
        let Some(handle) = material.handle else {
            // Gone by our own doing, or gone before.
            let success = begun && all_answered;
            return Ok(if success { MaterialDeletion::Success } else { MaterialDeletion::Failure });
        };
        if !begun {
            self.note_begun(realm, record)?;
        }
        // Nodes that can be reached lose it; the others keep an orphan.
        let nodes = answered(session.delete_key(handle))?.unwrap_or_default();
        let gone = |answer: &Result<(), HsmError>| matches!(answer, Ok(()) | Err(HsmError::InvalidHandle));
        let everywhere = nodes.len() == material.nodes && nodes.iter().all(|node| gone(&node.result));
        Ok(if everywhere { MaterialDeletion::Success } else { MaterialDeletion::Failure })
    }

    /// Second half: the key, its aliases and the job vanish in the transaction that records the event.
    pub(crate) fn forget_key(
        &self,
        realm: &Realm,
        id: &KeyId,
        job: &JobKey,
        outcome: Option<MaterialDeletion>,
    ) -> Result<()> {
        self.world().write(|tx| {
            let row_key = id.row_key(realm);
            let record = row::load::<KeyRecord>(tx, &row_key)?;
            let (true, Some(record)) = (job::take(tx, job)?, record) else { return Ok(()) };
            let mut call = Call::mutating("DeleteKey");
            call.key(id.arn(realm));
            if let Origin::CloudHsm(origin) = &record.origin {
                note_deletion(tx, realm, origin, outcome, &mut call)?;
                tx.delete(table::KEY_BY_STORE, &store_index_key(realm, origin, id))?;
            }
            alias::delete_all_of(tx, realm, id)?;
            row::remove::<KeyRecord>(tx, &row_key)?;
            row::remove::<Details>(tx, &row_key)?;
            audit::write(tx, self.world().entropy(), realm, Event { time: job.due(), author: Author::Service, call })
        })
    }

    fn note_begun(&self, realm: &Realm, record: &KeyRecord) -> Result<()> {
        self.world().write(|tx| {
            let row_key = record.id.row_key(realm);
            let Some(mut record) = row::load::<KeyRecord>(tx, &row_key)? else { return Ok(()) };
            if let Life::PendingDeletion { deletion, .. } = &mut record.life {
                *deletion = HsmDeletion::Begun;
            }
            Ok(row::save(tx, &row_key, &record)?)
        })
    }

    /// KMS's session on the key's cluster, if the key store is connected.
    fn session_of(&self, realm: &Realm, origin: &HsmOrigin) -> Result<Option<Arc<Session>>> {
        let connected = self.world().read(|rows| {
            let now = self.world().now(rows)?;
            let store = KeyStore::load(rows, realm, &origin.store)?;
            Ok::<_, crate::Error>(store.filter(|store| store.state(now) == ConnectionState::Connected))
        })?;
        match connected {
            Some(store) => answered(self.session(&store.cluster, &store.id)),
            None => Ok(None),
        }
    }
}

/// The row that lists a key under its key store.
pub(crate) fn store_index_key(realm: &Realm, origin: &HsmOrigin, id: &KeyId) -> Vec<u8> {
    let mut key = format!("{}{}/", realm.key(), origin.store).into_bytes();
    key.extend_from_slice(id.as_bytes());
    key
}

fn note_deletion(
    tx: &Writer<'_>,
    realm: &Realm,
    origin: &HsmOrigin,
    outcome: Option<MaterialDeletion>,
    call: &mut Call<'_>,
) -> Result<()> {
    let cluster = KeyStore::load(tx, realm, &origin.store)?.map(|store| store.cluster.to_string());
    call.note("customKeyStoreId", origin.store.to_string());
    call.note("clusterId", cluster);
    call.note("backingKeys", backing_keys(origin, None));
    let status = outcome.unwrap_or(MaterialDeletion::Failure);
    call.note("backingKeysDeletionStatus", backing_keys(origin, Some(status)));
    Ok(())
}

/// `[{"keyHandle":"16","backingKeyId":"…"}]`, JSON in a string (documented).
fn backing_keys(origin: &HsmOrigin, status: Option<MaterialDeletion>) -> Value<'static> {
    let key = backing_key(origin);
    match status {
        None => format!("[{{{key}}}]"),
        Some(status) => format!(r#"[{{{key},"deletionStatus":"{}"}}]"#, status.as_str()),
    }
    .into()
}

fn backing_key(origin: &HsmOrigin) -> String {
    format!(r#""keyHandle":"{}","backingKeyId":"{}""#, origin.located.handle.get(), hex(&origin.backing_id))
}

impl HsmOrigin {
    /// `{"keyHandle":"19","backingKeyId":"…"}`, as CreateKey's record shows it (documented).
    pub(crate) fn backing_key(&self) -> Value<'static> {
        format!("{{{}}}", backing_key(self)).into()
    }
}

impl Key {
    /// What ScheduleKeyDeletion's record says about a key in a key store (documented).
    pub(crate) fn note_backing_in(&self, call: &mut Call<'_>) {
        if let (Origin::CloudHsm(origin), Some(store)) = (&self.record.origin, &self.store) {
            call.note("customKeyStoreId", store.id.to_string());
            call.note("clusterId", store.cluster.to_string());
            call.note("backingKeys", backing_keys(origin, None));
        }
    }
}
