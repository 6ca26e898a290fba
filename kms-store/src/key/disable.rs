//! DisableKey (documented): idempotent. On an Unavailable key it changes what shows when the key store is connected again.

use crate::audit::Call;
use crate::caller::Caller;
use crate::error::Result;
use crate::key::{Aliases, Key, KeyOperation, Life};
use crate::kms::Kms;

impl Kms {
    /// Disables a key.
    ///
    /// # Errors
    /// `NotFoundException`, `InvalidArnException`, `KMSInvalidStateException`.
    pub fn disable_key(&self, caller: &Caller, key_id: &str) -> Result<()> {
        let call = Call::mutating("DisableKey").with("keyId", key_id);
        self.mutate(caller, call, |tx, now, call| {
            let mut key = Key::find(tx, now, &caller.realm, key_id, Aliases::Refused)?;
            call.key(key.arn.clone());
            key.allow(KeyOperation::EnableOrDisable)?;
            key.record.life = Life::Disabled;
            key.record.save(tx, &caller.realm)
        })
    }
}
