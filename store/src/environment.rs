//! A directory's environment in this process: opened once however many handles there are, read through pooled
//! transactions without a shared lock, reopened after a fatal failure, forgotten by a fork's child.

use std::cell::Cell;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, Weak,
};
use std::thread;
use std::time::{Duration, Instant};

use crate::commit::Queue;
use crate::engine::View;
use crate::error::Error;
use crate::guard::{Claim, NamespaceLock, Place};
use crate::head::Head;
use crate::lmdb::{Env, FileSystem, LastCommit, PerProcess, ReadTxn, Snapshot, fork_generation};
use crate::types::{Durability, Failure};

/// One fixed map size for all processes, so that none outgrows another's map. Address space only.
const STATE_MAP: usize = 64 << 30;
const PRESENCE_MAP: usize = 1 << 30;
/// Where address space is short (a limit of the process, a memory checker) a smaller map will do, down to this size. What others
/// write beyond it is then refused as [`Error::MapResized`].
const LEAST_MAP: usize = 1 << 30;
/// Reader slots for all processes together, 64 bytes each.
const READERS: u32 = 4096;
/// Dead readers keep old pages from being reused until they are looked for.
const COMMITS_BETWEEN_READER_CHECKS: u64 = 1024;
/// Pooled read transactions per shard; more are made when needed and ended after use.
const POOLED: usize = 4;
/// Threads are spread over this many pools.
const SHARDS: usize = 32;
/// Less free space than this, in bytes, explains a failed write.
const NO_SPACE: u64 = 1 << 20;
/// How long a reopening waits for readers to finish.
const DRAIN: Duration = Duration::from_secs(2);

/// Which of a directory's environments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The durable rows.
    State(Durability),
    /// Who is here now: never synced, wiped when the first process comes.
    Presence,
}

/// An open environment with its pools. Lives in an `Arc` that all handles of the process share.
#[derive(Debug)]
pub(crate) struct Environment {
    directory: PathBuf,
    place: Place,
    kind: Kind,
    generation: u64,
    shards: Box<[Shard]>,
    last_commit: LastCommit,
    reopening: Mutex<()>,
    /// Writers that wait for a group commit (state only).
    pub(crate) queue: Queue,
    commits: AtomicU64,
    failures: Mutex<Option<Failure>>,
    failures_left: AtomicU32,
    locks: Option<(Claim, NamespaceLock)>,
}

/// On a cache line of its own, so that threads do not disturb each other.
#[derive(Debug)]
#[repr(align(128))]
struct Shard {
    env: RwLock<Option<Arc<Env>>>,
    idle: Mutex<Vec<Pooled>>,
}

#[derive(Debug)]
struct Pooled {
    txn: ReadTxn,
    /// The head row as of the transaction number beside it.
    head: Option<(u64, Head)>,
}

/// The environments that this process has open, by place. An entry stays until its environment is closed.
struct Registry {
    open: Mutex<HashMap<Place, Weak<Environment>>>,
    closed: Condvar,
}

static REGISTRY: PerProcess<Registry> = PerProcess::new();

fn registry() -> &'static Registry {
    let make = || Ok::<_, std::convert::Infallible>(Registry { open: Mutex::default(), closed: Condvar::new() });
    match REGISTRY.get_or_try_init(make) {
        Ok(registry) => registry,
        Err(never) => match never {},
    }
}

impl Environment {
    /// The environment of a directory, opened if this process has not.
    pub(crate) fn obtain(directory: &Path, kind: Kind) -> Result<Arc<Self>, Error> {
        let place = Place::prepare(directory)?;
        let registry = registry();
        let mut open = lock(&registry.open);
        loop {
            match open.entry(place) {
                Slot::Vacant(vacant) => {
                    let environment = Arc::new(Self::open(directory, place, kind)?);
                    vacant.insert(Arc::downgrade(&environment));
                    return Ok(environment);
                }
                Slot::Occupied(entry) => {
                    if let Some(environment) = entry.get().upgrade() {
                        return Ok(environment);
                    }
                }
            }
            // The last handle is being dropped; LMDB must have closed before it opens again.
            open = registry.closed.wait(open).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn open(directory: &Path, place: Place, kind: Kind) -> Result<Self, Error> {
        let claim = Claim::take(place, directory)?;
        let namespace = NamespaceLock::take(directory, || match kind {
            Kind::State(_) => Ok(()),
            // Nobody else is here, so all rows are void; after a power cut the file may even be damaged.
            Kind::Presence => wipe(directory),
        })?;
        reserve_lock_file(directory)?;
        let env = Arc::new(Self::open_env(&claim, directory, kind)?);
        env.check_readers()?;
        let last_commit = LastCommit::of(&env, directory)?;
        let shards =
            (0..SHARDS).map(|_| Shard { env: RwLock::new(Some(Arc::clone(&env))), idle: Mutex::default() }).collect();
        Ok(Self {
            directory: directory.to_owned(),
            place,
            kind,
            generation: fork_generation(),
            shards,
            last_commit,
            reopening: Mutex::default(),
            queue: Queue::default(),
            commits: AtomicU64::new(0),
            failures: Mutex::default(),
            failures_left: AtomicU32::new(0),
            locks: Some((claim, namespace)),
        })
    }

    fn open_env(claim: &Claim, directory: &Path, kind: Kind) -> Result<Env, Error> {
        let (durability, map) = match kind {
            Kind::State(durability) => (durability, STATE_MAP),
            Kind::Presence => (Durability::Unsynced, PRESENCE_MAP),
        };
        let mut map = map;
        loop {
            match Env::open(claim, directory, durability, map, READERS) {
                Err(error) if map > LEAST_MAP && lacks_address_space(&error) => map /= 4,
                result => return result.map_err(|error| error.within(directory)),
            }
        }
    }

    /// Runs `f` on the rows as of the last commit.
    pub(crate) fn view<T>(&self, f: impl FnOnce(&Snapshot<'_>) -> T) -> Result<T, Error> {
        self.reading(|snapshot, _| Ok(f(snapshot)))
    }

    /// Runs `f` on the rows as of the last commit and on their head, which is read only when it changed.
    pub(crate) fn view_with_head<T>(&self, f: impl FnOnce(&Snapshot<'_>, &Head) -> T) -> Result<T, Error> {
        self.reading(|snapshot, memory| {
            let id = snapshot.id();
            let head = match memory {
                Some((stamp, head)) if *stamp == id => head,
                stale => {
                    let head = Head::load(snapshot)?.ok_or(Error::Corrupt { what: "the head row" })?;
                    &mut stale.insert((id, head)).1
                }
            };
            Ok(f(snapshot, head))
        })
    }

    /// Whether `id` is the last commit's number, exactly.
    #[inline]
    pub(crate) fn is_current(&self, id: u64) -> bool {
        // The file's number may run ahead of what a transaction begun now sees, never behind: equality is exact, inequality is not.
        self.last_commit.id() == id || self.is_last_seen(id)
    }

    #[cold]
    fn is_last_seen(&self, id: u64) -> bool {
        self.view(|rows| rows.id()).is_ok_and(|last| last == id)
    }

    /// Runs `f` with the environment, which cannot be reopened meanwhile.
    pub(crate) fn with_env<T>(&self, f: impl FnOnce(&Env) -> Result<T, Error>) -> Result<T, Error> {
        let env = self.entered(self.shard())?;
        match &*env {
            Some(env) => f(env),
            None => Err(Error::Fatal),
        }
    }

    /// Whether commits wait for the disk.
    pub(crate) fn is_synced(&self) -> bool {
        self.kind == Kind::State(Durability::Synced)
    }

    /// What to do after each commit.
    pub(crate) fn committed(&self, env: &Env) {
        if self.commits.fetch_add(1, Ordering::Relaxed).is_multiple_of(COMMITS_BETWEEN_READER_CHECKS) {
            // Housekeeping: the commit is done whatever comes of it.
            let _ = env.check_readers();
        }
    }

    /// LMDB calls a write that the disk cut short an input/output error; a disk without space is a full disk.
    pub(crate) fn explain(&self, error: Error) -> Error {
        match error {
            Error::Io { .. } if FileSystem::of(&self.directory).is_ok_and(|disk| disk.free < NO_SPACE) => {
                Error::DiskFull
            }
            error => error.within(&self.directory),
        }
    }

    pub(crate) fn fail_next_commits(&self, count: u32, failure: Failure) {
        *lock(&self.failures) = Some(failure);
        self.failures_left.store(count, Ordering::Release);
    }

    /// The failure to simulate for this commit.
    pub(crate) fn next_failure(&self) -> Option<Error> {
        if self.failures_left.load(Ordering::Acquire) == 0 {
            return None;
        }
        self.failures_left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1)).ok()?;
        lock(&self.failures).map(|failure| match failure {
            Failure::DiskFull => Error::DiskFull,
            Failure::MapFull => Error::MapFull { limit: STATE_MAP },
            Failure::Io => Error::Io { kind: ErrorKind::Other, message: "simulated error of the state disk".into() },
            Failure::Fatal => Error::Fatal,
        })
    }

    /// Closes and opens the environment again once all readers of this process are done: after a fatal failure LMDB
    /// refuses everything else. The caller must not hold a transaction.
    pub(crate) fn reopen(&self) -> Result<(), Error> {
        let _one = lock(&self.reopening);
        if self.generation != fork_generation() {
            return Err(Error::Forked);
        }
        let deadline = Instant::now() + DRAIN;
        let mut shards: Vec<RwLockWriteGuard<'_, Option<Arc<Env>>>> = Vec::with_capacity(self.shards.len());
        for shard in &self.shards {
            // Never queue for the lock: a reader that reads again inside its read would wait behind us for itself.
            let guard = loop {
                match shard.env.try_write() {
                    Ok(guard) => break guard,
                    Err(TryLockError::Poisoned(guard)) => break guard.into_inner(),
                    Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return Err(Error::Fatal),
                    Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_micros(100)),
                }
            };
            shards.push(guard);
        }
        // Another thread may have been faster.
        if shards.first().and_then(|env| env.as_deref()).is_some_and(|env| !env.is_fatal() && !self.is_failing()) {
            return Ok(());
        }
        for (shard, env) in self.shards.iter().zip(&mut shards) {
            lock(&shard.idle).clear();
            **env = None;
        }
        let Some((claim, _)) = &self.locks else { return Err(Error::Fatal) };
        let fresh = Arc::new(Self::open_env(claim, &self.directory, self.kind)?);
        for env in &mut shards {
            **env = Some(Arc::clone(&fresh));
        }
        Ok(())
    }

    /// Whether a simulated fatal failure is in force: then the environment is reopened although it works.
    fn is_failing(&self) -> bool {
        *lock(&self.failures) == Some(Failure::Fatal)
    }

    fn shard(&self) -> &Shard {
        &self.shards[thread_number() % SHARDS]
    }

    /// Enters a shard; if the environment could not be reopened before, tries again.
    fn entered<'a>(&self, shard: &'a Shard) -> Result<RwLockReadGuard<'a, Option<Arc<Env>>>, Error> {
        let env = read(&shard.env);
        if env.is_some() {
            return Ok(env);
        }
        drop(env);
        self.reopen()?;
        Ok(read(&shard.env))
    }

    /// Runs `f` in a pooled transaction. A fatal failure, which only a failed write of this process can leave behind, is
    /// repaired once before `f` runs.
    fn reading<T>(
        &self,
        f: impl FnOnce(&Snapshot<'_>, &mut Option<(u64, Head)>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let shard = self.shard();
        let mut once = Some(f);
        let mut attempt = || {
            let env = self.entered(shard)?;
            let env = env.as_ref().ok_or(Error::Fatal)?;
            let idle = lock(&shard.idle).pop();
            let mut pooled = match idle {
                Some(pooled) => pooled,
                None => Pooled { txn: ReadTxn::new(env)?, head: None },
            };
            let result = {
                let snapshot = pooled.txn.renew()?;
                let f = once.take().ok_or(Error::Fatal)?;
                f(&snapshot, &mut pooled.head)
            };
            let mut idle = lock(&shard.idle);
            if idle.len() < POOLED {
                idle.push(pooled);
            }
            result
        };
        match attempt() {
            Err(Error::Fatal) => {
                self.reopen()?;
                attempt()
            }
            result => result,
        }
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        // A fork's child has its own registry and leaves the parent's environment as it is.
        if self.generation != fork_generation() {
            return;
        }
        let registry = registry();
        let mut open = lock(&registry.open);
        self.shards = Box::default();
        self.locks = None;
        open.remove(&self.place);
        drop(open);
        registry.closed.notify_all();
    }
}

/// Makes a new directory's lock file with its space on the disk: LMDB maps it, and touching a page that a full disk has
/// no room for would kill the process. It appears complete or not at all.
fn reserve_lock_file(directory: &Path) -> Result<(), Error> {
    let path = directory.join("lock.mdb");
    if path.exists() {
        return Ok(());
    }
    let draft = directory.join(format!("lock.{}", std::process::id()));
    // A little more than LMDB's header and slots take; it derives the number of slots from the length.
    fs::write(&draft, vec![0; (READERS as usize + 8) * 64]).map_err(Error::at(&draft))?;
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o600)).map_err(Error::at(&draft))?;
    let linked = fs::hard_link(&draft, &path);
    fs::remove_file(&draft).map_err(Error::at(&draft))?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(Error::at(&path)(error)),
        _ => Ok(()),
    }
}

/// Whether the map did not fit into what the process may have: the kernel says one, memory checkers the other.
fn lacks_address_space(error: &Error) -> bool {
    matches!(error, Error::Io { kind: ErrorKind::OutOfMemory | ErrorKind::InvalidInput, .. })
}

fn wipe(directory: &Path) -> Result<(), Error> {
    for name in ["data.mdb", "lock.mdb"] {
        let path = directory.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(Error::at(&path)(error)),
            _ => {}
        }
    }
    Ok(())
}

/// A small number of this thread.
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        // No destructor, so that it does not keep a loaded module from being unloaded.
        static NUMBER: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    let number = NUMBER.get();
    if number != usize::MAX {
        return number;
    }
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    NUMBER.set(number);
    number
}

/// Locks; a panic elsewhere leaves nothing half-done behind these locks.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}
