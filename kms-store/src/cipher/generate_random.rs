//! GenerateRandom (documented), from KMS or from the HSMs of a key store.

use hsm_sim::SecretBytes;

use crate::audit::Call;
use crate::caller::Caller;
use crate::error::{Error, Invalid, Result, StoreProblem};
use crate::key_store::{ConnectionState, KeyStore};
use crate::kms::Kms;

const OPERATION: &str = "GenerateRandom";

impl Kms {
    /// `bytes` random bytes, 1 to 1024.
    ///
    /// # Errors
    /// `ValidationException` without a length, `CustomKeyStoreNotFoundException`, `CustomKeyStoreInvalidStateException`,
    /// `KMSInternalException`.
    pub fn generate_random(
        &self,
        caller: &Caller,
        bytes: Option<u16>,
        custom_key_store_id: Option<&str>,
    ) -> Result<SecretBytes> {
        let mut call = Call::reading(OPERATION)
            .with_some("numberOfBytes", bytes.map(i64::from))
            .with_some("customKeyStoreId", custom_key_store_id);
        call.resources = Some(Vec::new());
        self.observe(caller, call, |seen| {
            let count = usize::from(bytes.ok_or(Invalid::NumberOfBytes)?);
            let store = self.world().read(|rows| {
                let now = seen.at(self.world(), rows)?;
                let store = custom_key_store_id.map(|id| KeyStore::find(rows, &caller.realm, id)).transpose()?;
                if let Some(store) = &store {
                    store.require(ConnectionState::Connected, now, OPERATION)?;
                }
                Ok::<_, Error>(store)
            })?;
            let Some(store) = store else {
                let mut random = vec![0; count];
                self.world().entropy().fill(&mut random);
                return Ok(SecretBytes::new(random));
            };
            let session = self.session(&store.cluster, &store.id);
            match session.and_then(|session| session.random(count)) {
                Ok(random) => Ok(SecretBytes::new(random)),
                Err(hsm_sim::Error::Hsm(_)) => Err(StoreProblem::Unreachable(store.id.to_string()).into()),
                Err(error) => Err(error.into()),
            }
        })
    }
}
