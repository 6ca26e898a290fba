//! What a run answers: as JSON, as a table, as a plot.
//!
//! The JSON's fields are these structures' members. They are stable within a [`FORMAT`]: later versions may add some, and change or
//! remove none. Times are nanoseconds where the name ends in `_ns`, else seconds.

mod html;
mod plot;
mod table;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::plan::{Length, Pace, Plan};
use crate::run::Measured;
use crate::statistics::ratio;
use crate::target::Description;

pub use crate::statistics::Ratio;

/// Names the meaning of the JSON's fields.
pub const FORMAT: &str = "hsm-sim-bench/1";

/// The figures of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: &'static str,
    /// Whether somebody ended the run early.
    pub interrupted: bool,
    /// What was to be done.
    pub plan: PlanFigures,
    /// What was measured, one for each target.
    pub targets: Vec<TargetFigures>,
    /// The first target beside the second, if there are two.
    pub comparison: Option<Comparison>,
}

/// What was to be done.
#[derive(Debug, Clone, Serialize)]
pub struct PlanFigures {
    /// As on the command line: `encrypt=70,decrypt=30`.
    pub mix: String,
    /// As on the command line: `64..4KiB`.
    pub sizes: String,
    /// Keys of each kind.
    pub keys: usize,
    /// Threads or connections.
    pub threads: usize,
    /// Calls per second of an open loop; null in a closed one.
    pub rate: Option<f64>,
    /// The time before anything counts.
    pub warm_up_seconds: f64,
    /// The time to measure; null if the number of calls was given.
    pub duration_seconds: Option<f64>,
    /// The calls to make; null if the time was given.
    pub calls: Option<u64>,
    /// Parts in which the targets took turns; 1 without comparison.
    pub rounds: usize,
    /// What decided the order of calls.
    pub seed: u64,
}

/// What was measured of a target.
#[derive(Debug, Clone, Serialize)]
pub struct TargetFigures {
    /// What it is.
    #[serde(flatten)]
    pub description: Description,
    /// The time measured.
    pub elapsed_seconds: f64,
    /// Calls that succeeded.
    pub count: u64,
    /// Calls that failed.
    pub errors: u64,
    /// Calls that succeeded, per second.
    pub throughput_per_second: f64,
    /// Calls of an open loop that were due and not begun when the time was over: the target did not keep up.
    pub not_started: u64,
    /// How late the generator itself began calls of an open loop, which its latencies contain; of the calls for which a connection or
    /// session was waiting. Null in a closed loop.
    pub generator_delay: Option<Times>,
    /// One for each operation of the mix, in its order.
    pub steps: Vec<StepFigures>,
}

/// What was measured of an operation.
#[derive(Debug, Clone, Serialize)]
pub struct StepFigures {
    /// Its name.
    pub operation: &'static str,
    /// Calls that succeeded.
    pub count: u64,
    /// Calls that failed.
    pub errors: u64,
    /// Calls that succeeded, per second.
    pub throughput_per_second: f64,
    /// From the intended start in an open loop; in a closed one corrected for coordinated omission.
    pub latency: Times,
    /// From the start to the end of each call.
    pub service: Times,
    /// The failed calls by kind.
    pub failures: Vec<FailureFigures>,
    /// The latencies, for the plot.
    #[serde(skip)]
    histogram: Histogram<u64>,
}

/// Failed calls of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailureFigures {
    /// A PKCS#11 return code, an API's error code, or `connection`, `timeout`, `protocol`.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// What the first one said.
    pub example: String,
}

/// A distribution of times; all 0 without calls.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Times {
    /// The shortest.
    pub min_ns: u64,
    /// The mean.
    pub mean_ns: f64,
    /// The standard deviation.
    pub deviation_ns: f64,
    /// The median.
    pub p50_ns: u64,
    /// Nine of ten are at most this long.
    pub p90_ns: u64,
    /// 99 of 100.
    pub p99_ns: u64,
    /// 999 of 1000.
    pub p99_9_ns: u64,
    /// 9999 of 10,000.
    pub p99_99_ns: u64,
    /// The longest.
    pub max_ns: u64,
}

/// The first target beside the second.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// How intervals were found.
    pub method: &'static str,
    /// Their confidence.
    pub confidence: f64,
    /// The first target's throughput divided by the second's: above 1 the first is faster. None with fewer than two rounds.
    pub throughput: Option<Ratio>,
    /// One for each operation, in the mix's order.
    pub steps: Vec<StepRatios>,
}

/// The first target's times divided by the second's: below 1 the first is faster. The times are latencies in an open loop and service
/// times in a closed one, whose throughput tells of stalls already.
#[derive(Debug, Clone, Serialize)]
pub struct StepRatios {
    /// The first target's name of the operation.
    pub operation: &'static str,
    /// Of the medians of each round.
    pub p50: Option<Ratio>,
    /// Of the 99 % quantiles of each round.
    pub p99: Option<Ratio>,
}

impl Report {
    /// The figures of targets, each with its rounds.
    pub(crate) fn new(plan: &Plan, measured: Vec<(Description, Vec<Measured>)>, interrupted: bool) -> Self {
        let rounds = measured.first().map_or(0, |(_, rounds)| rounds.len());
        let comparison = match measured.as_slice() {
            [(description, one), (_, two)] => Some(Comparison::new(description, one, two)),
            _ => None,
        };
        let targets = measured.into_iter().map(|(description, rounds)| TargetFigures::new(plan, description, &rounds));
        Self {
            format: FORMAT,
            interrupted,
            plan: PlanFigures::new(plan, rounds),
            targets: targets.collect(),
            comparison,
        }
    }

    /// Calls that succeeded, of all targets.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.targets.iter().map(|target| target.count).sum()
    }
}

impl PlanFigures {
    fn new(plan: &Plan, rounds: usize) -> Self {
        let (duration, calls) = match plan.length {
            Length::Time(time) => (Some(time.as_secs_f64()), None),
            Length::Calls(calls) => (None, Some(calls)),
        };
        Self {
            mix: plan.mix.to_string(),
            sizes: plan.sizes.to_string(),
            keys: plan.keys,
            threads: plan.threads,
            rate: match plan.pace {
                Pace::Closed => None,
                Pace::Open { rate } => Some(rate),
            },
            warm_up_seconds: plan.warm_up.as_secs_f64(),
            duration_seconds: duration,
            calls,
            rounds,
            seed: plan.seed,
        }
    }
}

impl TargetFigures {
    fn new(plan: &Plan, description: Description, rounds: &[Measured]) -> Self {
        let open = matches!(plan.pace, Pace::Open { .. });
        let mut sum = Measured::new(plan.mix.entries().len(), open);
        rounds.iter().for_each(|round| sum.append(round));
        let names = description.operations.iter().copied();
        let steps: Vec<StepFigures> = names.enumerate().map(|(at, name)| StepFigures::new(name, &sum, at)).collect();
        let elapsed = sum.elapsed.as_secs_f64();
        Self {
            description,
            elapsed_seconds: elapsed,
            count: sum.calls(),
            errors: steps.iter().map(|step| step.errors).sum(),
            throughput_per_second: per_second(sum.calls(), elapsed),
            not_started: sum.late,
            generator_delay: open.then(|| Times::of(&sum.delay)),
            steps,
        }
    }
}

impl StepFigures {
    fn new(operation: &'static str, measured: &Measured, at: usize) -> Self {
        let step = &measured.steps[at];
        let histogram = measured.latency(at);
        let failures = step.failures.iter().map(|(kind, failures)| FailureFigures {
            kind: kind.clone(),
            count: failures.count,
            example: failures.example.clone(),
        });
        Self {
            operation,
            count: step.service.len(),
            errors: step.errors(),
            throughput_per_second: per_second(step.service.len(), measured.elapsed.as_secs_f64()),
            latency: Times::of(&histogram),
            service: Times::of(&step.service),
            failures: failures.collect(),
            histogram,
        }
    }
}

fn per_second(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}

impl Times {
    fn of(histogram: &Histogram<u64>) -> Self {
        let quantile = |quantile: f64| histogram.value_at_quantile(quantile);
        let some = !histogram.is_empty();
        Self {
            min_ns: if some { histogram.min() } else { 0 },
            mean_ns: if some { histogram.mean() } else { 0.0 },
            deviation_ns: if some { histogram.stdev() } else { 0.0 },
            p50_ns: quantile(0.5),
            p90_ns: quantile(0.9),
            p99_ns: quantile(0.99),
            p99_9_ns: quantile(0.999),
            p99_99_ns: quantile(0.9999),
            max_ns: histogram.max(),
        }
    }
}

impl Comparison {
    fn new(description: &Description, one: &[Measured], two: &[Measured]) -> Self {
        let pairs = || one.iter().zip(two);
        let speed = |measured: &Measured| per_second(measured.calls(), measured.elapsed.as_secs_f64());
        let steps = description.operations.iter().enumerate().map(|(at, operation)| {
            let at_quantile = |quantile: f64| {
                let value = |measured: &Measured| measured.compared(at).value_at_quantile(quantile) as f64;
                ratio(pairs().map(|(one, two)| (value(one), value(two))))
            };
            StepRatios { operation, p50: at_quantile(0.5), p99: at_quantile(0.99) }
        });
        Self {
            method: "t interval of the mean of the rounds' log ratios",
            confidence: 0.95,
            throughput: ratio(pairs().map(|(one, two)| (speed(one), speed(two)))),
            steps: steps.collect(),
        }
    }
}

#[cfg(test)]
mod tests;
