//! The standard library's locks without poisoning: what a panic leaves behind these locks is whole, so its lock is taken over.
//!
//! Not those of `parking_lot`: its waiting threads share a table of the process, and a fork that happens while a thread waits can leave
//! that table locked in the child. A program that loaded the PKCS#11 module may fork at any time.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{MutexGuard, PoisonError, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::Duration;

use try_lock::{Locked, TryLock};

/// A lock that is there to be tried: taking it and letting it go is one locked instruction, not two.
#[derive(Debug, Default)]
pub(crate) struct Tried<T>(TryLock<T>);

impl<T> Tried<T> {
    /// None while another thread holds it.
    #[inline]
    pub(crate) fn try_lock(&self) -> Option<Locked<'_, T>> {
        self.0.try_lock()
    }

    /// Looks again and again, for those who seldom come.
    pub(crate) fn wait(&self) -> Locked<'_, T> {
        loop {
            match self.try_lock() {
                Some(locked) => return locked,
                None => thread::sleep(Duration::from_micros(50)),
            }
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A value on cache lines of its own, so that those who write to it do not disturb those who read its neighbours.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Apart<T>(pub(crate) T);

/// A number that no other thread of the process has; small, so that threads spread well over few places.
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        // No destructor, so that it does not keep a loaded module from being unloaded.
        static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
    }
    NUMBER.get().unwrap_or_else(|| {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        NUMBER.set(Some(number));
        number
    })
}

/// How many there are of what is spread over [`Lanes`].
pub(crate) const LANES: usize = 16;

/// The same thing many times over, each on cache lines of its own, so that those who use different ones do not disturb each other.
#[derive(Debug, Default)]
pub(crate) struct Lanes<T>([Apart<T>; LANES]);

impl<T> Lanes<T> {
    /// The one for whatever has this number; numbers next to each other have different ones.
    pub(crate) fn of(&self, number: usize) -> &T {
        &self.0[number % LANES].0
    }

    /// The one that this thread prefers.
    pub(crate) fn own(&self) -> &T {
        self.of(thread_number())
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|Apart(lane)| lane)
    }

    /// All of them, the one that this thread prefers first.
    pub(crate) fn own_first(&self) -> impl Iterator<Item = &T> {
        let own = thread_number() % LANES;
        (own..own + LANES).map(|number| self.of(number))
    }
}

#[derive(Debug, Default)]
pub(crate) struct RwLock<T>(std::sync::RwLock<T>);

impl<T> RwLock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::sync::RwLock::new(value))
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}
