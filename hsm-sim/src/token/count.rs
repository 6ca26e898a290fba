//! How many sessions of a token are open. In one word, so that opening a session and closing one is one instruction each on what all
//! threads share.

use std::sync::atomic::{AtomicU64, Ordering};

/// The bits of the sessions that only read; the others are of those that write too. A table of sessions is smaller than either.
const READ_ONLY_BITS: u32 = 32;

/// The open sessions of a token.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

/// How many sessions are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) read_only: u64,
    pub(crate) read_write: u64,
}

impl Counts {
    fn of_word(word: u64) -> Self {
        Self { read_only: word & ((1 << READ_ONLY_BITS) - 1), read_write: word >> READ_ONLY_BITS }
    }

    pub(crate) fn all(self) -> u64 {
        self.read_only + self.read_write
    }
}

fn one(read_write: bool) -> u64 {
    if read_write { 1 << READ_ONLY_BITS } else { 1 }
}

impl Counter {
    pub(crate) fn now(&self) -> Counts {
        Counts::of_word(self.0.load(Ordering::SeqCst))
    }

    /// Counts a session that opens; says how many there were before.
    pub(crate) fn open(&self, read_write: bool) -> Counts {
        Counts::of_word(self.0.fetch_add(one(read_write), Ordering::SeqCst))
    }

    /// No longer counts a session; says whether it was the last.
    pub(crate) fn close(&self, read_write: bool) -> bool {
        self.0.fetch_sub(one(read_write), Ordering::SeqCst) == one(read_write)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_kind_and_knows_the_last() {
        let counter = Counter::default();
        assert_eq!(counter.open(false), Counts { read_only: 0, read_write: 0 });
        assert_eq!(counter.open(true), Counts { read_only: 1, read_write: 0 });
        assert_eq!(counter.open(true), Counts { read_only: 1, read_write: 1 });
        assert_eq!((counter.now(), counter.now().all()), (Counts { read_only: 1, read_write: 2 }, 3));
        assert!(!counter.close(true) && !counter.close(false));
        assert!(counter.close(true));
        assert_eq!(counter.now().all(), 0);
    }
}
