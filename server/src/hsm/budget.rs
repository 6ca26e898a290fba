//! The memory that messages may take together.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Messages of this many bytes are what a connection has room for anyway.
const SMALL: usize = 64 << 10;

/// Bytes that connections share.
#[derive(Debug)]
pub(super) struct Budget {
    left: Mutex<usize>,
    more: Condvar,
}

/// Bytes taken; dropping it gives them back.
#[derive(Debug)]
pub(super) struct Share<'a> {
    budget: &'a Budget,
    bytes: usize,
}

impl Budget {
    pub(super) const fn new(bytes: usize) -> Self {
        Self { left: Mutex::new(bytes), more: Condvar::new() }
    }

    /// Takes what a message needs, waiting for others to be done; none if that takes too long.
    pub(super) fn take(&self, bytes: usize, patience: Duration) -> Option<Share<'_>> {
        if bytes <= SMALL {
            return Some(Share { budget: self, bytes: 0 });
        }
        let waiting = self.more.wait_timeout_while(self.left(), patience, |left| *left < bytes);
        let (mut left, _) = waiting.unwrap_or_else(PoisonError::into_inner);
        *left = left.checked_sub(bytes)?;
        Some(Share { budget: self, bytes })
    }

    /// A number is never half written.
    fn left(&self) -> MutexGuard<'_, usize> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        if self.bytes > 0 {
            *self.budget.left() += self.bytes;
            self.budget.more.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let budget = Budget::new(100 << 10);
        let now = Duration::ZERO;
        let first = budget.take(80 << 10, now);
        assert!(first.is_some());
        assert!(budget.take(80 << 10, now).is_none());
        assert!(budget.take(SMALL, now).is_some(), "small messages are always welcome");
        drop(first);
        assert!(budget.take(80 << 10, now).is_some());
        assert!(budget.take(101 << 10, now).is_none(), "more than there is");
    }
}
