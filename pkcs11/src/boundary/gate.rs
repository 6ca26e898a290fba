//! What calls find between `C_Initialize` and `C_Finalize`: a gate that all of them pass and that is seldom opened or shut.
//!
//! Whoever passes notes in a lane of its own that it is inside, looks whether the gate is open, and takes the note back at the end.
//! Whoever shuts the gate closes it and then waits until no lane has a note. For that the note must be out before the look, which
//! takes a barrier of the processor's between the two, and there it would cost as much as a lock: so the one who shuts has
//! the kernel run that barrier on all processors (`membarrier`). Where the kernel does not, passing has its own.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering, compiler_fence, fence};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use rustix::thread::{MembarrierCommand, membarrier};

const LANES: usize = 128;
/// The first lanes belong to one thread each, for as long as the process lives: a thread's end is not noticed, so that nothing keeps
/// the module from being unloaded. Later threads share the others.
const OWN: usize = 64;

/// Something that is there while the gate is open.
#[derive(Debug)]
pub(crate) struct Gate<T> {
    inside: AtomicPtr<T>,
    /// Whether the kernel runs the barrier; no until it said that it will.
    kernel_helps: AtomicBool,
    lanes: [Lane; LANES],
    /// Held by who opens or shuts.
    keeper: Mutex<()>,
    owned: PhantomData<Box<T>>,
}

/// How many calls are inside by this lane; on a cache line of its own, so that threads do not disturb each other.
#[repr(align(128))]
#[derive(Debug)]
struct Lane(AtomicUsize);

/// A call that is inside.
struct Visit<'a> {
    lane: &'a Lane,
    own: bool,
}

impl<T: Send + Sync> Gate<T> {
    /// A shut gate.
    pub(crate) const fn new() -> Self {
        Self {
            inside: AtomicPtr::new(ptr::null_mut()),
            kernel_helps: AtomicBool::new(false),
            lanes: [const { Lane(AtomicUsize::new(0)) }; LANES],
            keeper: Mutex::new(()),
            owned: PhantomData,
        }
    }

    /// Calls `f` with what is inside; nothing while the gate is shut. Shutting waits until `f` returns.
    #[inline(always)]
    pub(crate) fn pass<R>(&self, f: impl FnOnce(Option<&T>) -> R) -> R {
        let _visit = self.enter();
        // SAFETY: the pointer is null or from `Box::into_raw`. Who frees it has taken it away before and then waits for this
        // visit: the barrier that stands between visit and load, here or run by the kernel, makes one of the two see the other.
        f(unsafe { self.inside.load(Ordering::Acquire).as_ref() })
    }

    #[inline(always)]
    fn enter(&self) -> Visit<'_> {
        let number = thread_number();
        if number < OWN {
            let lane = &self.lanes[number];
            // Nobody else writes to this lane.
            lane.0.store(lane.0.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            if self.kernel_helps.load(Ordering::Relaxed) {
                compiler_fence(Ordering::SeqCst);
            } else {
                fence(Ordering::SeqCst);
            }
            Visit { lane, own: true }
        } else {
            let lane = &self.lanes[OWN + number % (LANES - OWN)];
            lane.0.fetch_add(1, Ordering::SeqCst);
            fence(Ordering::SeqCst);
            Visit { lane, own: false }
        }
    }

    /// Opens the gate on what `make` makes; says no if it is open.
    ///
    /// # Errors
    /// Those of `make`.
    pub(crate) fn open<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<bool, E> {
        let _keeper = self.keeper();
        if !self.inside.load(Ordering::Relaxed).is_null() {
            return Ok(false);
        }
        self.kernel_helps.store(kernel_will_help(), Ordering::Relaxed);
        self.inside.store(Box::into_raw(Box::new(make()?)), Ordering::Release);
        Ok(true)
    }

    /// Shuts the gate, waits until all who are inside have left, and drops what was there; says no if it is shut.
    pub(crate) fn shut(&self) -> bool {
        let _keeper = self.keeper();
        let inside = self.inside.swap(ptr::null_mut(), Ordering::SeqCst);
        if inside.is_null() {
            return false;
        }
        self.barrier();
        for lane in &self.lanes {
            while lane.0.load(Ordering::Acquire) != 0 {
                thread::sleep(Duration::from_micros(50));
            }
        }
        // SAFETY: from `Box::into_raw`, taken away above, once. Who saw it before has left, and nobody can see it any more.
        drop(unsafe { Box::from_raw(inside) });
        true
    }

    /// Calls `f` with what is inside unless someone opens or shuts, or did when the process forked.
    pub(crate) fn peek(&self, f: impl FnOnce(&T)) {
        let keeper = match self.keeper.try_lock() {
            Ok(keeper) => keeper,
            Err(TryLockError::Poisoned(keeper)) => keeper.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        // SAFETY: the pointer is null or from `Box::into_raw`, and only the keeper takes it away.
        if let Some(inside) = unsafe { self.inside.load(Ordering::Acquire).as_ref() } {
            f(inside);
        }
        drop(keeper);
    }

    /// Everybody either has a note in a lane that shows from now on or finds the gate shut.
    fn barrier(&self) {
        fence(Ordering::SeqCst);
        if !self.kernel_helps.load(Ordering::Relaxed) {
            return;
        }
        // It promised to; what may be missing is memory.
        let mut attempts = 0;
        while membarrier(MembarrierCommand::PrivateExpedited).is_err() && attempts < 100 {
            attempts += 1;
            // No processor holds a note back for so long.
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn keeper(&self) -> MutexGuard<'_, ()> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Visit<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.own {
            self.lane.0.store(self.lane.0.load(Ordering::Relaxed) - 1, Ordering::Release);
        } else {
            self.lane.0.fetch_sub(1, Ordering::Release);
        }
    }
}

/// Asks the kernel for barriers in this process from now on. Miri has no kernel.
fn kernel_will_help() -> bool {
    !cfg!(miri) && membarrier(MembarrierCommand::RegisterPrivateExpedited).is_ok()
}

/// A number that no other thread of the process has.
#[inline(always)]
fn thread_number() -> usize {
    thread_local! {
        // No destructor, so that it does not keep a loaded module from being unloaded.
        static NUMBER: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    #[cold]
    fn next() -> usize {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }
    let number = NUMBER.get();
    if number != usize::MAX {
        return number;
    }
    let number = next();
    NUMBER.set(number);
    number
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    /// Says of itself whether it is still there.
    struct Inside<'a> {
        gone: &'a AtomicBool,
    }

    impl Drop for Inside<'_> {
        fn drop(&mut self) {
            self.gone.store(true, Ordering::SeqCst);
        }
    }

    fn open<'a>(gate: &Gate<Inside<'a>>, gone: &'a AtomicBool) -> bool {
        gate.open(|| Ok::<_, Infallible>(Inside { gone })).unwrap()
    }

    #[test]
    fn opens_and_shuts_once() {
        let (gate, gone) = (Gate::new(), AtomicBool::new(false));
        assert!(!gate.shut());
        assert!(gate.pass(|inside| inside.is_none()));
        assert_eq!(gate.open(|| Err::<Inside<'_>, _>(7)), Err(7));
        assert!(open(&gate, &gone));
        assert!(!open(&gate, &gone), "already open");
        assert!(gate.pass(|inside| gate.pass(|again| inside.is_some() && again.is_some())));
        gate.peek(|inside| assert!(!inside.gone.load(Ordering::SeqCst)));
        assert!(catch_unwind(AssertUnwindSafe(|| gate.pass(|_| panic!("inside")))).is_err());
        assert!(gate.shut());
        assert!(gone.load(Ordering::SeqCst) && gate.pass(|inside| inside.is_none()));
    }

    #[test]
    fn nothing_goes_while_somebody_is_inside() {
        let turns = if cfg!(miri) { 10 } else { 50 };
        shut_while_others_pass(turns);
        // Those who come later share their lanes.
        for _ in 0..OWN {
            thread::spawn(thread_number).join().unwrap();
        }
        shut_while_others_pass(turns);
    }

    fn shut_while_others_pass(turns: usize) {
        let lives: Vec<AtomicBool> = (0..turns).map(|_| AtomicBool::new(false)).collect();
        let (gate, over) = (Gate::<Inside<'_>>::new(), AtomicBool::new(false));
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !over.load(Ordering::SeqCst) {
                        gate.pass(|inside| {
                            let Some(inside) = inside else { return };
                            assert!(!inside.gone.load(Ordering::SeqCst));
                            thread::yield_now();
                            assert!(!inside.gone.load(Ordering::SeqCst));
                        });
                        thread::yield_now();
                    }
                });
            }
            for gone in &lives {
                assert!(open(&gate, gone));
                thread::yield_now();
                assert!(gate.shut());
                assert!(gone.load(Ordering::SeqCst));
            }
            over.store(true, Ordering::SeqCst);
        });
    }
}
