//! CancelKeyDeletion (documented): the key is Disabled afterwards, also while its key store is disconnected.

use hsm_sim::job;

use crate::audit::Call;
use crate::caller::Caller;
use crate::error::Result;
use crate::key::{Aliases, Key, KeyOperation, Life};
use crate::kms::Kms;

impl Kms {
    /// Cancels the deletion of a key and answers its ARN.
    ///
    /// # Errors
    /// `NotFoundException`, `InvalidArnException`, `KMSInvalidStateException`.
    pub fn cancel_key_deletion(&self, caller: &Caller, key_id: &str) -> Result<String> {
        let call = Call::mutating("CancelKeyDeletion").with("keyId", key_id);
        self.mutate(caller, call, |tx, now, call| {
            let mut key = Key::find(tx, now, &caller.realm, key_id, Aliases::Refused)?;
            call.key(key.arn.clone());
            key.allow(KeyOperation::CancelKeyDeletion)?;
            if let Life::PendingDeletion { job, .. } = key.record.life {
                job::cancel(tx, &job)?;
            }
            key.record.life = Life::Disabled;
            key.record.save(tx, &caller.realm)?;
            call.respond("keyId", key.arn.clone());
            Ok(key.arn)
        })
    }
}
