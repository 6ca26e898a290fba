//! Parsed keys, shared by the sessions of a process.
//!
//! An entry is named by the row version that it was parsed from. Versions never change, so an entry is never stale; whether a
//! node still shows that version is decided by the node's view at every use.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crypto::AesGcm;

use crate::lock::RwLock;
use crate::object::Handle;
use crate::object::layer::Place;

/// How many parsed keys a process keeps.
const CAPACITY: usize = 4096;

/// Parsed keys, AES keys unless said otherwise, by the row version that holds them.
pub struct KeyCache<K = AesGcm>(RwLock<HashMap<(Handle, Place), Arc<K>>>);

impl<K> Default for KeyCache<K> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K> KeyCache<K> {
    pub(crate) fn get_or_parse<E>(
        &self,
        handle: Handle,
        place: Place,
        parse: impl FnOnce() -> Result<K, E>,
    ) -> Result<Arc<K>, E> {
        if let Some(key) = self.0.read().get(&(handle, place)) {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(parse()?);
        let mut keys = self.0.write();
        if keys.len() >= CAPACITY {
            // Any entry can be parsed again; which one goes matters little, so no order is kept.
            let victim = keys.keys().next().copied();
            victim.map(|victim| keys.remove(&victim));
        }
        keys.insert((handle, place), Arc::clone(&key));
        Ok(key)
    }

    /// Forgets every key, as after a power cut.
    pub fn clear(&self) {
        self.0.write().clear();
    }
}

impl<K> fmt::Debug for KeyCache<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyCache({} keys)", self.0.read().len())
    }
}
