//! The way to the HSMs: KMS's sessions on the clusters of its key stores, as kmsuser.
//!
//! A session works out once which nodes and keys it may use and keeps that until the next commit of any process, so it is kept
//! here from call to call. It needs no care when a key store disconnects: its nodes then say that nobody is logged in.

use std::collections::HashMap;
use std::sync::Arc;

use hsm_sim::service::{self, Session};
use hsm_sim::{ClusterId, World};
use parking_lot::RwLock;

use crate::error::Result;
use crate::key_store::{KMSUSER, KeyStoreId};
use crate::kms::Kms;

/// The session of each key store that was used.
#[derive(Debug, Default)]
pub(crate) struct Sessions(RwLock<HashMap<KeyStoreId, Arc<Session>>>);

impl Sessions {
    fn get(&self, world: &World, cluster: &ClusterId, store: &KeyStoreId) -> hsm_sim::Result<Arc<Session>> {
        let known = self.0.read().get(store).filter(|session| session.cluster() == cluster).cloned();
        if let Some(session) = known {
            return Ok(session);
        }
        let session = Arc::new(service::open(world, cluster, KMSUSER, store.as_str())?);
        self.0.write().insert(store.clone(), Arc::clone(&session));
        Ok(session)
    }
}

impl Kms {
    /// The session that a connect made.
    ///
    /// # Errors
    /// An [`hsm_sim::HsmError`] when there is none, or the store fails.
    pub(crate) fn session(&self, cluster: &ClusterId, store: &KeyStoreId) -> hsm_sim::Result<Arc<Session>> {
        self.sessions().get(self.world(), cluster, store)
    }
}

/// What the HSMs answered, or `None` when they refused or nobody was there. A failing store is an error, so that timed work is
/// tried again and not given up.
pub(crate) fn answered<T>(result: hsm_sim::Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(hsm_sim::Error::Hsm(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
