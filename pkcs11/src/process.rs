//! What a process has between `C_Initialize` and `C_Finalize`.
//!
//! Calls share nothing but a read lock, and of those there are many: a thread always takes the same one, so that threads rarely
//! meet. Starting and ending takes all of them, which waits for calls that run. A fork's child forgets its parent's state, locks
//! that are taken included, and goes on with a new one.

use std::array;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockWriteGuard};

use crate::error::{Error, Result};
use crate::module::Module;

const SHARDS: usize = 64;

/// A lock on a cache line of its own.
#[repr(align(128))]
#[derive(Debug)]
struct Shard(RwLock<Option<Arc<Module>>>);

/// The state of one process, and those of its forks in their own memory.
#[derive(Debug)]
pub(crate) struct Process {
    shards: [Shard; SHARDS],
    /// What the child of a fork uses in place of this one.
    child: OnceLock<Box<Process>>,
}

static FIRST: Process = Process::new();

impl Process {
    const fn new() -> Self {
        Self { shards: [const { Shard(RwLock::new(None)) }; SHARDS], child: OnceLock::new() }
    }

    /// That of this process.
    #[inline]
    pub(crate) fn current() -> &'static Self {
        let mut process = &FIRST;
        for _ in 0..store::fork_generation() {
            process = process.child.get_or_init(|| {
                process.abandon();
                Box::new(Self::new())
            });
        }
        process
    }

    /// In a fork's child, of the parent's state: lets go of what the parent shares with it, unless a thread of the parent was about to change it.
    fn abandon(&self) {
        if let Ok(shard) = self.shards[0].0.try_read()
            && let Some(module) = &*shard
        {
            module.abandon();
        }
    }

    /// Calls `f` with what `C_Initialize` made. `C_Finalize` waits until `f` returns.
    #[inline(always)]
    pub(crate) fn with<T>(&self, f: impl FnOnce(&Module) -> Result<T>) -> Result<T> {
        let shard = self.shards[shard_of_thread()].0.read().unwrap_or_else(PoisonError::into_inner);
        f(shard.as_deref().ok_or(Error::NotInitialized)?)
    }

    /// `C_Initialize`.
    pub(crate) fn start(&self, open: impl FnOnce() -> Result<Module>) -> Result<()> {
        let mut shards = self.lock();
        if shards[0].is_some() {
            return Err(Error::AlreadyInitialized);
        }
        let module = Arc::new(open()?);
        for shard in &mut shards {
            **shard = Some(Arc::clone(&module));
        }
        Ok(())
    }

    /// `C_Finalize`.
    pub(crate) fn end(&self) -> Result<()> {
        let mut shards = self.lock();
        let modules: Vec<_> = shards.iter_mut().filter_map(|shard| shard.take()).collect();
        if modules.is_empty() {
            return Err(Error::NotInitialized);
        }
        Ok(())
    }

    /// Every lock, always in the same order.
    fn lock(&self) -> [RwLockWriteGuard<'_, Option<Arc<Module>>>; SHARDS] {
        array::from_fn(|index| self.shards[index].0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

fn shard_of_thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: Cell<Option<usize>> = const { Cell::new(None) };
    }
    MINE.with(|mine| {
        mine.get().unwrap_or_else(|| {
            let shard = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
            mine.set(Some(shard));
            shard
        })
    })
}
