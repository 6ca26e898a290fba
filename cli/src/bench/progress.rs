//! The progress of a run on the standard error, if that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use loadgen::plan::Length;
use loadgen::run::{Tick, Watch};

/// A bar for the part of the run that goes on. Where the standard error is no terminal it draws nothing.
pub(super) struct Bar {
    bar: ProgressBar,
    length: Length,
    before: Tick,
}

impl Bar {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{prefix:>14} {bar:40} {msg}") {
            bar.set_style(style);
        }
        Self { bar, length: Length::Time(Duration::ZERO), before: Tick::default() }
    }
}

impl Watch for Bar {
    fn begin(&mut self, part: &str, length: Length) {
        let whole = match length {
            Length::Time(time) => milliseconds(time),
            Length::Calls(calls) => calls,
        };
        (self.length, self.before) = (length, Tick::default());
        self.bar.set_length(whole);
        self.bar.set_position(0);
        self.bar.set_prefix(part.to_owned());
    }

    fn tick(&mut self, tick: Tick) {
        self.bar.set_position(match self.length {
            Length::Time(_) => milliseconds(tick.elapsed),
            Length::Calls(_) => tick.calls + tick.errors,
        });
        self.bar.set_message(message(&self.before, &tick));
        self.before = tick;
    }

    fn end(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The speed since the tick before, and the errors.
fn message(before: &Tick, now: &Tick) -> String {
    let seconds = now.elapsed.saturating_sub(before.elapsed).as_secs_f64();
    let calls = now.calls.saturating_sub(before.calls) as f64;
    let speed = if seconds > 0.0 { calls / seconds } else { 0.0 };
    format!("{:.1} s  {speed:.0} calls/s  {} errors", now.elapsed.as_secs_f64(), now.errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speed_is_that_of_the_moment() {
        let tick = |millis, calls| Tick { elapsed: Duration::from_millis(millis), calls, errors: 1 };
        assert_eq!(message(&tick(1000, 700), &tick(1100, 750)), "1.1 s  500 calls/s  1 errors");
        assert_eq!(message(&tick(1000, 700), &tick(1000, 700)), "1.0 s  0 calls/s  1 errors");
    }
}
