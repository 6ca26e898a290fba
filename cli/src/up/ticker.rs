//! Lets timed work happen while the endpoint runs: connecting, daily backups, deletions, material audits; and frees space.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use kms_store::Kms;

/// How late timed work may start. Looking costs one short read.
const PERIOD: Duration = Duration::from_millis(25);

/// Rows that a restored or forgotten snapshot left behind are freed a thousand a second or so.
const TICKS_BETWEEN_SWEEPS: u32 = 40;

/// A thread that runs what is due.
#[derive(Debug)]
pub(super) struct Ticker {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Ticker {
    /// Starts ticking.
    pub(super) fn start(kms: Kms) -> Self {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut told = None;
            let mut ticks = 0_u32;
            while stopped.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
                ticks = ticks.wrapping_add(1);
                if ticks.is_multiple_of(TICKS_BETWEEN_SWEEPS) {
                    // Only space is at stake; the next round tries again.
                    let _ = kms.world().snapshots().sweep();
                }
                // A failing job stays in the queue; the same failure is told once, not forty times a second.
                let failure = kms.run_due().err().map(|error| error.to_string());
                if failure != told
                    && let Some(failure) = &failure
                {
                    eprintln!("hsm-sim: timed work failed and will be tried again: {failure}");
                }
                told = failure;
            }
        });
        Self { stop, thread }
    }

    /// Stops after the work under way.
    pub(super) fn stop(self) {
        drop(self.stop);
        // The thread's panic was already printed; nothing is left to do about it here.
        let _ = self.thread.join();
    }
}
