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
use crate::object::cache::KeyCache;
use crate::row::{self, Reader, Record, Rows, Table, Writer};
use crate::settings::Settings;
use crate::temporary::TemporaryDirectory;
use crate::token;
use crate::vault::Vault;

/// An open state directory. Cheap to clone; clones are the same world.
#[derive(Clone, Debug)]
pub struct World(Arc<Inner>);

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
        let now = SimTime::from_millis(world.0.wall.now_millis());
        world.write(|tx| world.set_clock(tx, ClockSetting::Manual { now }))?;
        Ok(world)
    }

    fn open_in(directory: &Path, options: WorldOptions, temporary: Option<TemporaryDirectory>) -> Result<Self> {
        let store_options = Options { durability: options.durability };
        let store = Store::open(directory, store_options)?;
        let presence = Presence::open(directory, Options { durability: Durability::Unsynced })?;
        let vault = Vault::open(directory, &store, &options.entropy)?;
        Ok(Self(Arc::new(Inner {
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
            _temporary: temporary,
        })))
    }

    /// The state directory.
    pub fn directory(&self) -> &Path {
        self.0.store.directory()
    }

    /// Runs `f` on one consistent view of the state. Keep it short: no cryptography, no waiting.
    ///
    /// # Errors
    /// The store fails, or `f` does.
    pub fn read<T, E: From<store::Error>>(&self, f: impl FnOnce(&Reader<'_>) -> Result<T, E>) -> Result<T, E> {
        self.0.store.read(f)?
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
        let wall = self.0.wall.now_millis();
        let result = self.0.store.write(|tx| {
            refused = fault::store_is_failing(tx, wall)?;
            if refused { Err(store::Error::DiskFull.into()) } else { f(tx) }
        });
        if refused {
            self.0.store.write(|tx| fault::consume_store_failure(tx, wall))?;
        }
        result
    }

    /// The store, for its stamps and faults.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Who is logged in where, across processes.
    pub fn presence(&self) -> &Presence {
        &self.0.presence
    }

    /// Seals secrets for this directory.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// Where random bytes come from.
    pub fn entropy(&self) -> &Entropy {
        &self.0.entropy
    }

    /// A fresh IV for a message, also in a fork's child.
    pub fn iv(&self) -> [u8; 12] {
        self.0.entropy.iv(store::fork_generation())
    }

    /// The machine's time.
    pub fn wall(&self) -> &dyn WallClock {
        &*self.0.wall
    }

    pub(crate) fn keys(&self) -> &KeyCache {
        &self.0.keys
    }

    /// The parsed keys of the session in this place of its application's table, and of few others.
    pub(crate) fn token_keys(&self, place: usize) -> &KeyCache<token::Key> {
        &self.0.token_keys[place % self.0.token_keys.len()]
    }

    /// Forgets every parsed key, as after a power cut.
    pub(crate) fn forget_keys(&self) {
        self.0.keys.clear();
        self.0.token_keys.iter().for_each(KeyCache::clear);
    }

    /// The queues before the nodes that this process asked.
    pub(crate) fn pending(&self) -> &Pending {
        &self.0.pending
    }

    pub(crate) fn watch(&self) -> &Watch {
        &self.0.watch
    }

    pub(crate) fn running_jobs(&self) -> &Mutex<()> {
        &self.0.running_jobs
    }

    /// What the simulated clock shows now.
    ///
    /// # Errors
    /// The store fails.
    pub fn now(&self, rows: &impl Rows) -> Result<SimTime> {
        Ok(Self::clock(rows)?.now(self.0.wall.now_millis()))
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
