//! The schedule of an open loop.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::target::Stop;

/// How much longer than asked a sleep may take. The kernel's own choice, 50 µs, is as long as many a call; to spin instead would take
/// the processor from what is measured.
const SLACK: Option<NonZeroU64> = NonZeroU64::new(1);
/// How long at most until an interruption is noticed.
const PATIENCE: Duration = Duration::from_millis(100);

/// Calls at even intervals, handed out to whichever worker is free.
#[derive(Debug)]
pub(super) struct Schedule {
    rate: f64,
    next: AtomicU64,
}

impl Schedule {
    pub(super) fn new(rate: f64) -> Self {
        Self { rate, next: AtomicU64::new(0) }
    }

    /// The number of the next call that nobody has taken.
    pub(super) fn take(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// When a call is to start, from the start of the run.
    pub(super) fn intended(&self, call: u64) -> Duration {
        // So late that no run sees it, where the number would be too large.
        Duration::try_from_secs_f64(call as f64 / self.rate).unwrap_or(Duration::MAX)
    }

    /// How many calls are to start before a moment.
    pub(super) fn due(&self, before: Duration) -> u64 {
        (before.as_secs_f64() * self.rate).ceil() as u64
    }
}

/// Lets the calling thread's sleeps end as soon as their time is over.
pub(super) fn sleep_exactly() {
    // A kernel that refuses makes the generator's own delay longer, which the report tells.
    let _ = rustix::thread::set_current_timer_slack(SLACK);
}

/// When a worker went on, and why then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Begin {
    pub(super) at: Instant,
    /// Whether it had waited: where it began late, the generator did, and not the calls before it.
    pub(super) waited: bool,
}

/// Waits for a moment, unless the run is stopped.
pub(super) fn wait_until(moment: Instant, stop: &Stop) -> Begin {
    let mut waited = false;
    loop {
        let at = Instant::now();
        let left = moment.saturating_duration_since(at);
        if left.is_zero() || stop.is_set() {
            return Begin { at, waited };
        }
        waited = true;
        thread::sleep(left.min(PATIENCE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_evenly_spread() {
        let schedule = Schedule::new(250.0);
        assert_eq!([schedule.take(), schedule.take(), schedule.take()], [0, 1, 2]);
        for (call, expected) in [(0, 0), (1, 4), (250, 1000), (9_000_000, 36_000_000)] {
            assert_eq!(schedule.intended(call), Duration::from_millis(expected), "call {call}");
        }
        for (before, expected) in [(0, 0), (1, 1), (4, 1), (5, 2), (1000, 250)] {
            assert_eq!(schedule.due(Duration::from_millis(before)), expected, "{before} ms");
        }
        assert_eq!(Schedule::new(1e-300).intended(u64::MAX), Duration::MAX);
    }

    #[test]
    fn nobody_waits_for_the_past_or_after_the_end() {
        let start = Instant::now();
        let begin = wait_until(start, &Stop::default());
        assert!(begin.at >= start && !begin.waited);
        // Until this thread is not kept from the processor so long that the moment is past.
        loop {
            let soon = Instant::now() + Duration::from_millis(2);
            let begin = wait_until(soon, &Stop::default());
            assert!(begin.at >= soon);
            if begin.waited {
                break;
            }
        }
        let stop = Stop::default();
        stop.flag().store(true, Ordering::Relaxed);
        let never = start + Duration::from_secs(3600);
        assert!(wait_until(never, &stop).at < never);
    }

    #[test]
    fn sleeps_end_on_time() {
        let slack = thread::spawn(|| {
            sleep_exactly();
            rustix::thread::current_timer_slack()
        });
        assert_eq!(slack.join().unwrap(), Ok(1));
    }
}
