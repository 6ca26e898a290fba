//! DeleteCustomKeyStore (documented): only a disconnected key store without keys; the cluster is not touched.

use hsm_sim::row::{self, Rows};

use crate::audit::Call;
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::key_store::{ConnectionState, Credentials, KeyStore};
use crate::kms::Kms;
use crate::table;

const OPERATION: &str = "DeleteCustomKeyStore";

impl Kms {
    /// Deletes a key store; its name and its cluster are free again.
    ///
    /// # Errors
    /// In this order: `CustomKeyStoreNotFoundException`, `CustomKeyStoreInvalidStateException`,
    /// `CustomKeyStoreHasCMKsException` (keys that wait for their deletion count).
    pub fn delete_custom_key_store(&self, caller: &Caller, id: &str) -> Result<()> {
        let call = Call::mutating(OPERATION).with("customKeyStoreId", id);
        self.mutate(caller, call, |tx, now, call| {
            let store = KeyStore::find(tx, &caller.realm, id)?;
            store.require(ConnectionState::Disconnected, now, OPERATION)?;
            let prefix = format!("{}{}/", caller.realm.key(), store.id);
            if tx.scan(table::KEY_BY_STORE, prefix.as_bytes(), None)?.next().transpose()?.is_some() {
                return Err(Error::CustomKeyStoreHasCmks(store.id.to_string()));
            }
            store.note_in(call);
            let key = store.id.row_key(&caller.realm);
            row::remove::<KeyStore>(tx, &key)?;
            row::remove::<Credentials>(tx, &key)?;
            Ok(())
        })
    }
}
