//! DisconnectCustomKeyStore (documented): KMS logs out at once, the state follows after the delay.
//!
//! The password stays what the last connect set, which only KMS knows.

use hsm_sim::{Settings, job, service};

use crate::audit::Call;
use crate::caller::Caller;
use crate::error::Result;
use crate::key_store::{Connection, ConnectionEvent, KMSUSER, KeyStore, Transition};
use crate::kms::Kms;

const OPERATION: &str = "DisconnectCustomKeyStore";

impl Kms {
    /// Disconnects a key store, or aborts its connection; its keys become Unavailable at once.
    ///
    /// # Errors
    /// `CustomKeyStoreNotFoundException`, `CustomKeyStoreInvalidStateException`.
    pub fn disconnect_custom_key_store(&self, caller: &Caller, id: &str) -> Result<()> {
        let call = Call::mutating(OPERATION).with("customKeyStoreId", id);
        self.mutate(caller, call, |tx, now, call| {
            let mut store = KeyStore::find(tx, &caller.realm, id)?;
            match store.state(now).next(ConnectionEvent::Disconnect) {
                Transition::To(_) => {}
                _ => return Err(store.refuse(now, OPERATION)),
            }
            store.note_in(call);
            match store.connection {
                Connection::Connecting { job, .. } | Connection::Connected { audit: job, .. } => {
                    job::cancel(tx, &job)?;
                }
                Connection::Disconnected | Connection::Failed | Connection::Disconnecting { .. } => {}
            }
            service::disconnect(tx, &store.cluster, KMSUSER, store.id.as_str())?;
            store.connection = Connection::Disconnecting { until: now + Settings::load(tx)?.connect_delay };
            store.save(tx, &caller.realm)
        })
    }
}
