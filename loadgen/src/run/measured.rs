//! What workers note, and what it adds up to.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::target::Fault;

/// Longer times count as this long, nanoseconds.
const LONGEST: u64 = 600_000_000_000;
/// Significant digits that the histograms keep.
const DIGITS: u8 = 3;

/// What was measured of one target in one part of a run, or in several together.
#[derive(Debug, Clone)]
pub struct Measured {
    /// One for each operation of the mix, in its order.
    pub steps: Vec<Step>,
    /// From the common start to the end of the last call.
    pub elapsed: Duration,
    /// Calls of an open loop that were due and not begun when the time was over.
    pub late: u64,
    /// How late the generator itself was in an open loop: from the intended start of each call that a worker waited for to its start,
    /// nanoseconds.
    pub delay: Histogram<u64>,
}

/// What was measured of one operation.
#[derive(Debug, Clone)]
pub struct Step {
    /// From the start of each call that succeeded to its end, nanoseconds.
    pub service: Histogram<u64>,
    /// From the intended start, in an open loop; none in a closed one.
    intended: Option<Histogram<u64>>,
    /// Calls that failed, by kind.
    pub failures: BTreeMap<String, Failures>,
}

/// Failed calls of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub count: u64,
    /// What the first one said.
    pub example: String,
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST, DIGITS).expect("the bounds are a valid range and 3 is at most 5 digits")
}

impl Step {
    fn new(open: bool) -> Self {
        Self { service: histogram(), intended: open.then(histogram), failures: BTreeMap::new() }
    }

    /// Notes a call that succeeded.
    pub(super) fn note(&mut self, service: Duration, intended: Option<Duration>) {
        self.service.saturating_record(nanoseconds(service));
        if let (Some(histogram), Some(latency)) = (&mut self.intended, intended) {
            histogram.saturating_record(nanoseconds(latency));
        }
    }

    /// Notes a call that failed.
    pub(super) fn fail(&mut self, fault: Fault) {
        let failures = self.failures.entry(fault.kind);
        failures.or_insert(Failures { count: 0, example: fault.message }).count += 1;
    }

    /// How many calls failed.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.failures.values().map(|failures| failures.count).sum()
    }

    fn add(&mut self, other: &Self) {
        // Histograms of equal bounds and digits can be added.
        let _ = self.service.add(&other.service);
        if let (Some(mine), Some(others)) = (&mut self.intended, &other.intended) {
            let _ = mine.add(others);
        }
        for (kind, failures) in &other.failures {
            let mine = self.failures.entry(kind.clone());
            let first = Failures { count: 0, example: failures.example.clone() };
            mine.or_insert(first).count += failures.count;
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(1)
}

impl Measured {
    /// Nothing yet.
    #[must_use]
    pub fn new(steps: usize, open: bool) -> Self {
        Self {
            steps: (0..steps).map(|_| Step::new(open)).collect(),
            elapsed: Duration::ZERO,
            late: 0,
            delay: histogram(),
        }
    }

    /// Notes how late a call began that a worker had waited for.
    pub(super) fn note_delay(&mut self, delay: Duration) {
        self.delay.saturating_record(nanoseconds(delay));
    }

    /// Adds what another worker measured at the same time.
    pub(super) fn join(&mut self, other: &Self) {
        self.elapsed = self.elapsed.max(other.elapsed);
        self.add(other);
    }

    /// Adds what was measured at another time.
    pub fn append(&mut self, other: &Self) {
        self.elapsed += other.elapsed;
        self.add(other);
    }

    fn add(&mut self, other: &Self) {
        self.late += other.late;
        // As above.
        let _ = self.delay.add(&other.delay);
        for (mine, others) in self.steps.iter_mut().zip(&other.steps) {
            mine.add(others);
        }
    }

    /// Calls that succeeded.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.steps.iter().map(|step| step.service.len()).sum()
    }

    /// The latencies of an operation, nanoseconds: from the intended start, or corrected for coordinated omission.
    #[must_use]
    pub fn latency(&self, step: usize) -> Histogram<u64> {
        match &self.steps[step].intended {
            Some(intended) => intended.clone(),
            None => self.steps[step].service.clone_correct(self.interval(step)),
        }
    }

    /// What an operation is compared by, nanoseconds: latencies of an open loop, service times of a closed one, whose throughput
    /// tells of stalls already.
    #[must_use]
    pub fn compared(&self, step: usize) -> &Histogram<u64> {
        self.steps[step].intended.as_ref().unwrap_or(&self.steps[step].service)
    }

    /// The time in which a worker would start an operation again if every call took its operation's median, nanoseconds.
    fn interval(&self, step: usize) -> u64 {
        let steps = self.steps.iter().map(|step| &step.service);
        let busy: f64 = steps.map(|service| service.len() as f64 * service.value_at_quantile(0.5) as f64).sum();
        (busy / self.steps[step].service.len().max(1) as f64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn microseconds(count: u64) -> Duration {
        Duration::from_micros(count)
    }

    #[test]
    fn a_stall_counts_as_the_calls_that_it_kept_from_starting() {
        let mut measured = Measured::new(1, false);
        for _ in 0..900 {
            measured.steps[0].note(microseconds(10), None);
        }
        measured.steps[0].note(microseconds(1000), None);
        assert_eq!(measured.calls(), 901);
        // 990, 980, …, 10 µs: the calls that would have started in the meantime.
        let corrected = measured.latency(0);
        // About: the histogram keeps three digits.
        assert!((995..=1001).contains(&corrected.len()), "{}", corrected.len());
        assert_eq!(measured.steps[0].service.value_at_quantile(0.95) / 1000, 10);
        let late = corrected.value_at_quantile(0.95);
        assert!((480_000..=520_000).contains(&late), "{late}");
    }

    #[test]
    fn the_interval_is_that_of_the_operation() {
        let mut measured = Measured::new(2, false);
        for _ in 0..300 {
            measured.steps[0].note(microseconds(10), None);
        }
        for _ in 0..100 {
            measured.steps[1].note(microseconds(70), None);
        }
        // A worker spends 300 × 10 + 100 × 70 µs, in which it starts the first 300 times and the second 100 times.
        for (step, expected) in [(0, 33_333.0), (1, 100_000.0)] {
            let interval = measured.interval(step) as f64;
            assert!((interval / expected - 1.0).abs() < 0.01, "{interval}");
        }
        assert_eq!(Measured::new(1, false).latency(0).len(), 0);
    }

    #[test]
    fn an_open_loop_needs_no_correction() {
        let mut measured = Measured::new(1, true);
        measured.steps[0].note(microseconds(1), Some(microseconds(500)));
        measured.steps[0].note(microseconds(1), None);
        assert_eq!(measured.latency(0).len(), 1);
        assert_eq!(measured.latency(0).max() / 1000, 500);
    }

    #[test]
    fn parts_add_up() {
        let fault = |kind: &str, message: &str| Fault { kind: kind.to_owned(), message: message.to_owned() };
        let part = |message: &str| {
            let mut part = Measured::new(1, false);
            part.elapsed = microseconds(7);
            part.steps[0].note(microseconds(3), None);
            part.steps[0].fail(fault("CKR_DEVICE_ERROR", message));
            part.note_delay(microseconds(2));
            part
        };
        let (mut joined, mut appended) = (part("one"), part("one"));
        joined.join(&part("two"));
        appended.append(&part("two"));
        assert_eq!((joined.elapsed, appended.elapsed), (microseconds(7), microseconds(14)));
        for sum in [joined, appended] {
            assert_eq!((sum.calls(), sum.steps[0].errors(), sum.delay.len()), (2, 2, 2));
            let expected = Failures { count: 2, example: "one".to_owned() };
            assert_eq!(sum.steps[0].failures["CKR_DEVICE_ERROR"], expected);
        }
    }
}
