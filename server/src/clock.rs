//! The wall clock as a value: signature windows and the `Date` header read it, never the system time (documented).

use std::sync::Arc;

/// Tells the seconds since 1970; passed in, so that tests can set it.
#[derive(Clone)]
pub struct WallClock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl WallClock {
    /// A clock that asks `now` for the seconds since 1970.
    pub fn new(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The seconds since 1970.
    pub fn now(&self) -> i64 {
        (self.0)()
    }
}
