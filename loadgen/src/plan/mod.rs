//! What to call, how often and for how long.

mod deck;
mod mix;
mod size;

use std::time::Duration;

pub use self::deck::{Card, Deck};
pub use self::mix::{Entry, Mix, same_name};
pub use self::size::{LARGEST, Sizes};

/// A run's plan; the same for both targets of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The operations and their shares.
    pub mix: Mix,
    /// The payloads.
    pub sizes: Sizes,
    /// How many keys of each kind that the mix needs.
    pub keys: usize,
    /// Workers: threads with a session each, or connections.
    pub threads: usize,
    /// When calls start.
    pub pace: Pace,
    /// How long the target is driven before anything counts.
    pub warm_up: Duration,
    /// When the run ends.
    pub length: Length,
    /// Decides the order of calls, keys and sizes.
    pub seed: u64,
}

/// When calls start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// Each worker makes its next call when the one before has ended.
    Closed,
    /// Calls start at even intervals, whatever became of those before; the free worker takes the next.
    Open {
        /// Calls per second, of all workers together.
        rate: f64,
    },
}

/// When a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// After this time.
    Time(Duration),
    /// After this many calls of all workers together.
    Calls(u64),
}

impl Length {
    /// One of `count` equal parts; never nothing.
    #[must_use]
    pub fn part(self, count: u32) -> Self {
        match self {
            Self::Time(time) => Self::Time(time / count.max(1)),
            Self::Calls(calls) => Self::Calls(calls.div_ceil(u64::from(count.max(1)))),
        }
    }
}
