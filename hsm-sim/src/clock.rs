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

    /// Nanoseconds since the Unix epoch, as exactly as the clock has them.
    fn now_nanos(&self) -> i128 {
        i128::from(self.now_millis()) * 1_000_000
    }
}

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemWallClock;

impl WallClock for SystemWallClock {
    fn now_millis(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn now_nanos(&self) -> i128 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i128::try_from(since.as_nanos()).unwrap_or(i128::MAX)
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
    /// Runs faster or slower than the wall clock.
    Scaled {
        /// A moment of the wall clock, in milliseconds.
        wall_millis: i64,
        /// What it showed then.
        origin: SimTime,
        /// How fast it runs since.
        rate: Rate,
    },
}

/// How fast the simulated clock runs, in thousandths of the wall clock's speed: from standing still to a thousand times as fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate(u32);

impl Rate {
    /// As fast as the wall clock.
    pub const REAL: Self = Self(1000);
    /// Standing still.
    pub const STILL: Self = Self(0);
    /// The fastest, as a number.
    pub const FASTEST: f64 = 1000.0;

    /// From a number: 1 is real time. None if it is negative or above [`Rate::FASTEST`].
    pub fn of(number: f64) -> Option<Self> {
        // In range, so nothing is cut off; what is finer than a thousandth is rounded.
        (0.0..=Self::FASTEST).contains(&number).then(|| Self((number * 1000.0).round() as u32))
    }

    /// As a number: 1 is real time.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

impl Default for ClockSetting {
    fn default() -> Self {
        Self::Running { offset_millis: 0 }
    }
}

impl ClockSetting {
    /// What the simulated clock shows when the wall clock shows `wall_millis`; at its last moment it stands still.
    pub fn now(self, wall_millis: i64) -> SimTime {
        match self {
            Self::Running { offset_millis } => SimTime(wall_millis.saturating_add(offset_millis)).min(SimTime::LAST),
            Self::Manual { now } => now,
            Self::Scaled { wall_millis: since, origin, rate } => {
                let passed = i128::from(wall_millis.saturating_sub(since)) * i128::from(rate.0) / 1000;
                let now = i128::from(origin.0) + passed;
                SimTime(i64::try_from(now).unwrap_or(i64::MAX)).min(SimTime::LAST)
            }
        }
    }

    /// How fast it runs.
    pub const fn rate(self) -> Rate {
        match self {
            Self::Running { .. } => Rate::REAL,
            Self::Manual { .. } => Rate::STILL,
            Self::Scaled { rate, .. } => rate,
        }
    }

    /// The setting that shows at the wall time `wall_millis` what this one shows, and runs at another rate from then on.
    #[must_use]
    pub fn at_rate(self, rate: Rate, wall_millis: i64) -> Self {
        let now = self.now(wall_millis);
        match rate {
            Rate::REAL => Self::default().moved_to(now, wall_millis),
            rate => Self::Scaled { wall_millis, origin: now, rate },
        }
    }

    /// The setting that shows `now` at the wall time `wall_millis`.
    #[must_use]
    pub fn moved_to(self, now: SimTime, wall_millis: i64) -> Self {
        match self {
            Self::Running { .. } => Self::Running { offset_millis: now.0.saturating_sub(wall_millis) },
            Self::Manual { .. } => Self::Manual { now },
            Self::Scaled { rate, .. } => Self::Scaled { wall_millis, origin: now, rate },
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
        assert_eq!(running.moved_to(SimTime::LAST, 1_500).now(9_000), SimTime::LAST);
        let manual = ClockSetting::Manual { now: SimTime(3) }.moved_to(SimTime(9), 1_000);
        assert_eq!(manual.now(77), SimTime(9));
        let fast = running.at_rate(Rate::of(60.0).unwrap(), 1_500);
        assert_eq!([fast.now(1_500), fast.now(2_500)], [SimTime(5_500), SimTime(65_500)]);
        assert_eq!(fast.moved_to(SimTime(100_000), 2_500).now(3_500), SimTime(160_000));
        assert_eq!(fast.at_rate(Rate::STILL, 2_500).now(99_999), SimTime(65_500));
        assert_eq!(fast.at_rate(Rate::REAL, 2_500), ClockSetting::default().moved_to(SimTime(65_500), 2_500));
        assert_eq!(fast.now(i64::MAX), SimTime::LAST);
        for number in [-1.0, 1000.1, f64::NAN] {
            assert_eq!(Rate::of(number), None, "{number}");
        }
        assert_eq!(Rate::of(0.5).map(Rate::as_f64), Some(0.5));
        assert_eq!(SimTime(1_536_667_238_328).to_string(), "2018-09-11T12:00:38.328Z");
    }
}
