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
pub struct KeyCache<K = AesGcm> {
    keys: RwLock<HashMap<(Handle, Place), Arc<K>>>,
    capacity: usize,
}

impl<K> Default for KeyCache<K> {
    fn default() -> Self {
        Self { keys: RwLock::default(), capacity: CAPACITY }
    }
}

/// How many caches [`KeyCache::apart`] makes.
const APART: usize = 32;

impl<K> KeyCache<K> {
    /// Caches for sessions that shall not meet at the reference counts and locks inside a parsed key. Each has its own copy of a key; together
    /// they keep as many keys as one.
    pub(crate) fn apart() -> [Self; APART] {
        std::array::from_fn(|_| Self { keys: RwLock::default(), capacity: CAPACITY / APART })
    }

    pub(crate) fn get_or_parse<E>(
        &self,
        handle: Handle,
        place: Place,
        parse: impl FnOnce() -> Result<K, E>,
    ) -> Result<Arc<K>, E> {
        if let Some(key) = self.keys.read().get(&(handle, place)) {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(parse()?);
        let mut keys = self.keys.write();
        if keys.len() >= self.capacity {
            // Any entry can be parsed again; which one goes matters little, so no order is kept.
            let victim = keys.keys().next().copied();
            victim.map(|victim| keys.remove(&victim));
        }
        keys.insert((handle, place), Arc::clone(&key));
        Ok(key)
    }

    /// Forgets every key, as after a power cut.
    pub fn clear(&self) {
        self.keys.write().clear();
    }
}

impl<K> fmt::Debug for KeyCache<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyCache({} keys)", self.keys.read().len())
    }
}
