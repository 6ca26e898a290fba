//! The timed work of this service.

use hsm_sim::job::{self, Handler, JobKey};
use hsm_sim::row;
use hsm_sim::{Realm, SimTime, World};
use serde::{Deserialize, Serialize};

use crate::arn::KeyId;
use crate::error::{Cause, Error};
use crate::key_store::{Attempt, Audit, KeyStoreId};
use crate::kms::Kms;

/// A job's payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Work {
    /// Connect a key store.
    Connect { realm: Realm, store: KeyStoreId, attempt: u64 },
    /// Look for the material of a connected key store's keys.
    Audit { realm: Realm, store: KeyStoreId, attempt: u64 },
    /// Delete a key whose waiting period is over.
    DeleteKey { realm: Realm, key: KeyId },
}

impl Work {
    pub(crate) const fn audit(realm: Realm, store: KeyStoreId, attempt: u64) -> Self {
        Self::Audit { realm, store, attempt }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        row::encode(self)
    }
}

impl Handler for Kms {
    fn owner(&self) -> u8 {
        job::KMS
    }

    fn run(&self, _: &World, key: &JobKey, payload: &[u8], at: SimTime, horizon: SimTime) -> hsm_sim::Result<()> {
        let result = match &row::decode(row::JOB, key.as_bytes(), payload)? {
            Work::Connect { realm, store, attempt } => {
                self.connect(&Attempt { realm, id: store, number: *attempt, job: key }, at)
            }
            Work::Audit { realm, store, attempt } => {
                self.audit_material(&Audit { realm, id: store, attempt: *attempt, job: key }, at, horizon)
            }
            Work::DeleteKey { realm, key: id } => self.delete_key(realm, id, key),
        };
        result.map_err(|error| match error {
            Error::KmsInternal(Cause::World(error)) => *error,
            // Jobs refuse nothing; only a damaged row can bring anything else here.
            _ => row::corrupt(row::JOB, key.as_bytes()),
        })
    }
}
