//! The handle to a state directory.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::commit;
use crate::engine::Change;
use crate::environment::{Environment, Kind};
use crate::error::Error;
use crate::format;
use crate::head::Head;
use crate::lmdb::PerProcess;
use crate::rows::Reader;
use crate::types::{Durability, Failure, Options, Space, Stamp};
use crate::writer::Writer;

/// An open state directory. Clones are the same store; so are several openings of one directory in a process. In a fork's
/// child it opens the directory anew when it is first used.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    durability: Durability,
    environment: PerProcess<Arc<Environment>>,
}

thread_local! {
    /// How many reads this thread is inside of.
    static READING: Cell<u32> = const { Cell::new(0) };
}

impl Store {
    /// Opens a state directory, making it (mode 0700) if it does not exist.
    ///
    /// # Errors
    /// A network file system, a live foreign PID namespace, another copy of this library in the process, an unknown
    /// format, or what the operating system says.
    pub fn open(dir: &Path, options: Options) -> Result<Self, Error> {
        std::fs::create_dir_all(dir.parent().unwrap_or(dir)).map_err(Error::at(dir))?;
        let directory = std::path::absolute(dir).map_err(Error::at(dir))?;
        let inner = Inner { directory, durability: options.durability, environment: PerProcess::new() };
        let store = Self(Arc::new(inner));
        store.environment()?;
        Ok(store)
    }

    /// Runs `f` on one consistent view of the committed rows. Keep it short: while it runs, no space is reused. It may
    /// read again inside, but must not write.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn read<T>(&self, f: impl FnOnce(&Reader<'_>) -> T) -> Result<T, Error> {
        let _depth = Depth::enter();
        self.environment()?.view_with_head(|snapshot, head| f(&Reader::new(snapshot, head)))
    }

    /// Runs `f` as one durable transaction, possibly on another thread and together with other writers' functions; if
    /// it returns an error or panics, it alone is undone. Nothing is returned before it is durable. Presence may be
    /// updated inside, another write may not be started.
    ///
    /// # Errors
    /// What `f` returns, or the failure of the store: then nothing of it was kept.
    pub fn write<T, E>(&self, f: impl FnOnce(&mut Writer<'_>) -> Result<T, E> + Send) -> Result<T, E>
    where
        T: Send,
        E: From<Error> + Send,
    {
        debug_assert_eq!(READING.get(), 0, "a write inside a read");
        commit::write(self.environment()?, f)
    }

    /// Whether nothing was committed, by any process, since the transaction that the stamp is from. Takes no lock and writes
    /// nothing.
    #[inline]
    pub fn is_current(&self, stamp: Stamp) -> bool {
        self.environment().is_ok_and(|environment| environment.is_current(stamp.0))
    }

    /// The state directory.
    pub fn directory(&self) -> &Path {
        &self.0.directory
    }

    /// Frees what dead processes hold, and says how many readers they were. Happens by itself at opening and between
    /// commits.
    ///
    /// # Errors
    /// The directory cannot be used.
    pub fn check_readers(&self) -> Result<usize, Error> {
        self.environment()?.with_env(|env| env.check_readers())
    }

    /// How much room the rows take.
    ///
    /// # Errors
    /// The directory cannot be used.
    pub fn space(&self) -> Result<Space, Error> {
        self.environment()?.with_env(|env| env.space())
    }

    /// Makes the next `count` commits of this process fail, for tests and the fault model; zero ends it.
    pub fn fail_next_commits(&self, count: u32, failure: Failure) {
        // A directory that cannot be used fails its commits by itself.
        if let Ok(environment) = self.environment() {
            environment.fail_next_commits(count, failure);
        }
    }

    #[inline]
    pub(crate) fn environment(&self) -> Result<&Environment, Error> {
        let Inner { directory, durability, environment } = &*self.0;
        environment
            .get_or_try_init(|| {
                let environment = Environment::obtain(directory, Kind::State(*durability))?;
                prepare(&environment)?;
                Ok(environment)
            })
            .map(|environment| &**environment)
    }
}

/// Checks the format, and writes the first rows of a new directory.
fn prepare(environment: &Environment) -> Result<(), Error> {
    if environment.view(|rows| format::check(rows))?? {
        return Ok(());
    }
    environment.with_env(|env| {
        let mut txn = env.write()?;
        if !format::check(&txn)? {
            format::write(&mut txn)?;
            txn.insert(Head::key()?.as_bytes(), 0, &Head::new().encode())?;
            txn.commit()?;
        }
        Ok(())
    })
}

/// Counts reads, also when they panic.
struct Depth;

impl Depth {
    fn enter() -> Self {
        READING.set(READING.get() + 1);
        Self
    }
}

impl Drop for Depth {
    fn drop(&mut self) {
        READING.set(READING.get() - 1);
    }
}
