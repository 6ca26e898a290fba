//! A world: one state directory with everything in it, opened by any number of processes.

use std::path::Path;
use std::sync::Arc;

use crypto::Entropy;
use store::{Durability, Options, Presence, Store};

use crate::audit::pending::Pending;
use crate::clock::{ClockSetting, SimTime, SystemWallClock, WallClock};
use crate::error::Result;
use crate::fault::{self, Watch};
use crate::lock::Mutex;
use crate::mtls::ClientCertificate;
use crate::object::cache::KeyCache;
use crate::object::collect::Collection;
use crate::row::{self, Reader, Record, Rows, Table, Writer};
use crate::settings::Settings;
use crate::temporary::TemporaryDirectory;
use crate::token;
use crate::vault::Vault;

/// An open state directory, as a client sees it. Cheap to clone; clones are the same world.
#[derive(Clone, Debug)]
pub struct World {
    inner: Arc<Inner>,
    /// What HSMs that are reached through this clone are shown.
    client: Option<Arc<ClientCertificate>>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    presence: Presence,
    vault: Vault,
    entropy: Entropy,
    wall: Arc<dyn WallClock>,
    keys: KeyCache,
    token_keys: Box<[KeyCache<token::Key>]>,
    running_jobs: Mutex<()>,
    watch: Watch,
    pending: Pending,
    collection: Collection,
    /// Deletes an ephemeral world's directory; last, so that it outlives the store.
    _temporary: Option<TemporaryDirectory>,
}

/// How to open a world.
#[derive(Debug, Clone)]
pub struct WorldOptions {
    /// Whether commits reach the disk before they are acknowledged.
    pub durability: Durability,
    /// Where random bytes come from.
    pub entropy: Entropy,
    /// The machine's time.
    pub wall: Arc<dyn WallClock>,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self { durability: Durability::Synced, entropy: Entropy::system(), wall: Arc::new(SystemWallClock) }
    }
}

impl Record for ClockSetting {
    const TABLE: Table = row::CLOCK;
}

const CLOCK_KEY: &[u8] = b"clock";

impl World {
    /// Opens a state directory, making it if it does not exist.
    ///
    /// # Errors
    /// The directory cannot be used: another format, a network file system, a wrong master key, no permission.
    pub fn open(directory: &Path, options: WorldOptions) -> Result<Self> {
        Self::open_in(directory, options, None)
    }

    /// A world in a temporary directory without syncing, whose simulated clock stands still until it is moved.
    ///
    /// # Errors
    /// The temporary directory cannot be made.
    pub fn ephemeral() -> Result<Self> {
        Self::ephemeral_with(WorldOptions::default())
    }

    /// [`World::ephemeral`] with a chosen entropy or wall clock; the durability is always unsynced.
    ///
    /// # Errors
    /// The temporary directory cannot be made.
    pub fn ephemeral_with(options: WorldOptions) -> Result<Self> {
        let temporary = TemporaryDirectory::create()?;
        let options = WorldOptions { durability: Durability::Unsynced, ..options };
        let path = temporary.path().to_owned();
        let world = Self::open_in(&path, options, Some(temporary))?;
        let now = SimTime::from_millis(world.inner.wall.now_millis());
        world.write(|tx| world.set_clock(tx, ClockSetting::Manual { now }))?;
        Ok(world)
    }

    fn open_in(directory: &Path, options: WorldOptions, temporary: Option<TemporaryDirectory>) -> Result<Self> {
        let store_options = Options { durability: options.durability };
        let store = Store::open(directory, store_options)?;
        let presence = Presence::of(directory)?;
        let vault = Vault::open(directory, &store, &options.entropy)?;
        let inner = Inner {
            store,
            presence,
            vault,
            entropy: options.entropy,
            wall: options.wall,
            keys: KeyCache::default(),
            token_keys: Box::new(KeyCache::apart()),
            running_jobs: Mutex::new(()),
            watch: Watch::default(),
            pending: Pending::default(),
            collection: Collection::default(),
            _temporary: temporary,
        };
        Ok(Self { inner: Arc::new(inner), client: None })
    }

    /// The same world for a client with a certificate ([`crate::mtls`]).
    #[must_use]
    pub fn presenting(&self, certificate: Arc<ClientCertificate>) -> Self {
        Self { inner: Arc::clone(&self.inner), client: Some(certificate) }
    }

    /// What HSMs are shown by who has this clone.
    pub(crate) fn client_certificate(&self) -> Option<&ClientCertificate> {
        self.client.as_deref()
    }

    /// The state directory.
    pub fn directory(&self) -> &Path {
        self.inner.store.directory()
    }

    /// Runs `f` on one consistent view of the state. Keep it short: no cryptography, no waiting.
    ///
    /// # Errors
    /// The store fails, or `f` does.
    pub fn read<T, E: From<store::Error>>(&self, f: impl FnOnce(&Reader<'_>) -> Result<T, E>) -> Result<T, E> {
        self.inner.store.read(f)?
    }

    /// Runs `f` as one durable transaction; an error undoes all of it.
    ///
    /// # Errors
    /// The store fails, or `f` does.
    pub fn write<T, E>(&self, f: impl FnOnce(&mut Writer<'_>) -> Result<T, E> + Send) -> Result<T, E>
    where
        T: Send,
        E: From<store::Error> + Send,
    {
        let mut refused = false;
        let wall = self.inner.wall.now_millis();
        let result = self.inner.store.write(|tx| {
            refused = fault::store_is_failing(tx, wall)?;
            if refused { Err(store::Error::DiskFull.into()) } else { f(tx) }
        });
        if refused {
            self.inner.store.write(|tx| fault::consume_store_failure(tx, wall))?;
        }
        result
    }

    /// The store, for its stamps and faults.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Who is logged in where, across processes.
    pub fn presence(&self) -> &Presence {
        &self.inner.presence
    }

    /// Seals secrets for this directory.
    pub fn vault(&self) -> &Vault {
        &self.inner.vault
    }

    /// Where random bytes come from.
    pub fn entropy(&self) -> &Entropy {
        &self.inner.entropy
    }

    /// A fresh IV for a message, also in a fork's child.
    pub fn iv(&self) -> [u8; 12] {
        self.inner.entropy.iv(store::fork_generation())
    }

    /// The machine's time.
    pub fn wall(&self) -> &dyn WallClock {
        &*self.inner.wall
    }

    pub(crate) fn keys(&self) -> &KeyCache {
        &self.inner.keys
    }

    /// The parsed keys of the session in this place of its application's table, and of few others.
    pub(crate) fn token_keys(&self, place: usize) -> &KeyCache<token::Key> {
        &self.inner.token_keys[place % self.inner.token_keys.len()]
    }

    /// Forgets every parsed key, as after a power cut.
    pub(crate) fn forget_keys(&self) {
        self.inner.keys.clear();
        self.inner.token_keys.iter().for_each(KeyCache::clear);
    }

    /// Events that wait to be noted.
    pub(crate) fn pending(&self) -> &Pending {
        &self.inner.pending
    }

    pub(crate) fn collection(&self) -> &Collection {
        &self.inner.collection
    }

    pub(crate) fn watch(&self) -> &Watch {
        &self.inner.watch
    }

    pub(crate) fn running_jobs(&self) -> &Mutex<()> {
        &self.inner.running_jobs
    }

    /// What the simulated clock shows now.
    ///
    /// # Errors
    /// The store fails.
    pub fn now(&self, rows: &impl Rows) -> Result<SimTime> {
        Ok(Self::clock(rows)?.now(self.inner.wall.now_millis()))
    }

    /// How the simulated clock is set.
    ///
    /// # Errors
    /// The store fails.
    pub fn clock(rows: &impl Rows) -> Result<ClockSetting> {
        Ok(row::load(rows, CLOCK_KEY)?.unwrap_or_default())
    }

    /// Sets the simulated clock. Due jobs do not run by this alone: see [`crate::job`].
    ///
    /// # Errors
    /// The store fails.
    pub fn set_clock(&self, tx: &mut Writer<'_>, setting: ClockSetting) -> Result<()> {
        row::save(tx, CLOCK_KEY, &setting)
    }

    /// The settings in force.
    ///
    /// # Errors
    /// The store fails.
    pub fn settings(&self) -> Result<Settings> {
        self.read(|rows| Settings::load(rows))
    }
}
