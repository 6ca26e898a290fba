//! Polling with a deadline; no test sleeps for a fixed time.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Calls `probe` until it gives a value; panics with `what` after `deadline`.
#[track_caller]
pub(crate) fn within<T>(deadline: Duration, what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = probe() {
            return value;
        }
        assert!(start.elapsed() < deadline, "not within {deadline:?}: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// [`within`] the usual 30 seconds, for a condition.
#[track_caller]
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    within(Duration::from_secs(30), what, || condition().then_some(()));
}
