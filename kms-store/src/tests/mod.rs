//! What crosses KMS and the HSMs, stopped between its steps: as if the process had died there and were started again.

mod creation;
mod deletion;
mod rotation;

use std::time::Duration;

use crate::builder::{ConnectedKeyStore, TestKeyStore};
use crate::cipher::{Decrypt, Encrypt};
use crate::error::Result;
use crate::key_store::ConnectionState;
use crate::kms::Kms;

/// A connected key store whose service can die.
struct Scene {
    store: ConnectedKeyStore,
}

impl Scene {
    fn new() -> Self {
        Self { store: TestKeyStore::connected().unwrap() }
    }

    fn disconnect(&self) {
        self.store.kms().disconnect_custom_key_store(self.store.caller(), self.store.id()).unwrap();
        self.store.kms().advance(Duration::from_secs(1)).unwrap();
    }

    fn state(&self) -> ConnectionState {
        self.store.describe().unwrap().state
    }

    /// Another opening, as after a restart.
    fn restarted(&self) -> Kms {
        Kms::open(self.store.world().clone()).unwrap()
    }

    fn seal(&self, kms: &Kms, key: &str) -> Result<Vec<u8>> {
        Ok(kms.encrypt(self.store.caller(), &Encrypt::new(key, b"plain"))?.ciphertext)
    }

    fn opens(&self, kms: &Kms, ciphertext: &[u8]) -> bool {
        kms.decrypt(self.store.caller(), &Decrypt::new(ciphertext))
            .is_ok_and(|opened| opened.plaintext.expose() == b"plain")
    }
}
