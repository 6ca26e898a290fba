//! Two clocks of two types, which never mix.
//!
//! [`WallClock`] is the machine's time: certificates, signature windows, latencies. [`SimTime`] is the world's time:
//! states, waiting periods, backups, every timestamp that the simulated services report. The world's clock is a row of the
//! state, runs beside the wall clock or stands still (tests), and can be moved.

use std::fmt;
use std::ops::Add;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A moment on the simulated clock, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SimTime(i64);

impl SimTime {
    /// The earliest representable moment that the world uses.
    pub const EPOCH: Self = Self(0);

    /// The last moment that every client's timestamps can express: the end of the year 9999.
    pub const LAST: Self = Self(253_402_300_799_999);

    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The time from `earlier` to this moment, zero when it is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl Add<Duration> for SimTime {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Debug for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// ISO 8601 in UTC with milliseconds.
impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0) * 1_000_000;
        match time::OffsetDateTime::from_unix_timestamp_nanos(nanos) {
            Ok(t) => write!(
                f,
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                t.year(),
                u8::from(t.month()),
                t.day(),
                t.hour(),
                t.minute(),
                t.second(),
                t.millisecond()
            ),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

/// A source of the machine's time, in milliseconds since the Unix epoch; passed in, never read behind the caller's back.
pub trait WallClock: Send + Sync + fmt::Debug {
    /// Milliseconds since the Unix epoch.
    fn now_millis(&self) -> i64;
}

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemWallClock;

impl WallClock for SystemWallClock {
    fn now_millis(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

/// The row that says what the simulated clock shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClockSetting {
    /// Runs with the wall clock, this many milliseconds ahead of it.
    Running {
        /// Simulated minus wall time in milliseconds.
        offset_millis: i64,
    },
    /// Stands still until it is moved (library tests).
    Manual {
        /// What it shows.
        now: SimTime,
    },
}

impl Default for ClockSetting {
    fn default() -> Self {
        Self::Running { offset_millis: 0 }
    }
}

impl ClockSetting {
    /// What the simulated clock shows when the wall clock shows `wall_millis`.
    pub fn now(self, wall_millis: i64) -> SimTime {
        match self {
            Self::Running { offset_millis } => SimTime(wall_millis.saturating_add(offset_millis)),
            Self::Manual { now } => now,
        }
    }

    /// The setting that shows `now` at the wall time `wall_millis`.
    #[must_use]
    pub fn moved_to(self, now: SimTime, wall_millis: i64) -> Self {
        match self {
            Self::Running { .. } => Self::Running { offset_millis: now.0.saturating_sub(wall_millis) },
            Self::Manual { .. } => Self::Manual { now },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_and_manual() {
        let running = ClockSetting::default().moved_to(SimTime(5_000), 1_000);
        assert_eq!(running.now(1_500), SimTime(5_500));
        let manual = ClockSetting::Manual { now: SimTime(3) }.moved_to(SimTime(9), 1_000);
        assert_eq!(manual.now(77), SimTime(9));
        assert_eq!(SimTime(1_536_667_238_328).to_string(), "2018-09-11T12:00:38.328Z");
    }
}
