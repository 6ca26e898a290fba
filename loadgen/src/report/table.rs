//! The report as text for a terminal.

use std::fmt::{self, Write as _};

use super::{Comparison, PlanFigures, Ratio, Report, StepFigures, TargetFigures};

/// The columns of a target: a call takes its service time; a latency counts the waiting as well.
const HEADINGS: [[&str; 11]; 2] = [
    ["", "", "", "calls", "call", "", "", "latency", "", "", ""],
    ["operation", "calls", "errors", "per second", "mean", "p50", "p99", "p50", "p99", "p99.9", "max"],
];

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.plan)?;
        for target in &self.targets {
            write!(f, "\n{target}")?;
        }
        if let Some(comparison) = &self.comparison {
            write!(f, "\n{comparison}")?;
        }
        if self.interrupted {
            writeln!(f, "\nThe run was interrupted; the figures are of what was done by then.")?;
        }
        Ok(())
    }
}

impl fmt::Display for PlanFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let threads = if self.threads == 1 { "thread" } else { "threads" };
        write!(f, "{}; {} bytes; keys of a kind: {}; {} {threads}; ", self.mix, self.sizes, self.keys, self.threads)?;
        match self.rate {
            None => write!(f, "closed loop")?,
            Some(rate) => write!(f, "open loop, {rate} calls per second")?,
        }
        match (self.duration_seconds, self.calls) {
            (Some(seconds), _) => write!(f, "; {seconds} s")?,
            (None, calls) => write!(f, "; {} calls", calls.unwrap_or_default())?,
        }
        if self.rounds > 1 {
            write!(f, " in {} rounds", self.rounds)?;
        }
        write!(f, " after {} s of warm-up", self.warm_up_seconds)
    }
}

impl fmt::Display for TargetFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({})", self.description.name, self.description.about)?;
        let mut rows: Vec<Vec<String>> = HEADINGS.map(|row| row.map(str::to_owned).to_vec()).to_vec();
        rows.extend(self.steps.iter().map(row));
        if self.steps.len() > 1 {
            let sum = [self.count.to_string(), self.errors.to_string(), speed(self.throughput_per_second)];
            rows.push(["all".to_owned()].into_iter().chain(sum).collect());
        }
        write!(f, "{}", aligned(&rows))?;
        for step in &self.steps {
            for failure in &step.failures {
                let (count, kind, example) = (failure.count, &failure.kind, &failure.example);
                writeln!(f, "{} failed {count} times: {kind}: {example}", step.operation)?;
            }
        }
        if let Some(delay) = &self.generator_delay {
            let [p50, p99, max] = [delay.p50_ns, delay.p99_ns, delay.max_ns].map(|ns| time(ns as f64));
            writeln!(
                f,
                "the generator itself began calls late by p50 {p50}, p99 {p99}, max {max}, which latency contains"
            )?;
        }
        if self.not_started > 0 {
            writeln!(
                f,
                "{} calls were due and not begun when the time was over: the target did not keep up",
                self.not_started
            )?;
        }
        Ok(())
    }
}

fn row(step: &StepFigures) -> Vec<String> {
    let (call, latency) = (&step.service, &step.latency);
    let counts = [step.operation.to_owned(), step.count.to_string(), step.errors.to_string()];
    let times = [call.p50_ns, call.p99_ns, latency.p50_ns, latency.p99_ns, latency.p99_9_ns, latency.max_ns];
    let mut row = counts.to_vec();
    row.extend([speed(step.throughput_per_second), time(call.mean_ns)]);
    row.extend(times.map(|nanoseconds| time(nanoseconds as f64)));
    row
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the first divided by the second, with 95 % confidence ({})", self.method)?;
        let mut rows = vec![["", "", "ratio", "from", "to"].map(str::to_owned).to_vec()];
        rows.push(ratio("throughput", "", self.throughput.as_ref()));
        for step in &self.steps {
            rows.push(ratio(step.operation, "p50", step.p50.as_ref()));
            rows.push(ratio(step.operation, "p99", step.p99.as_ref()));
        }
        f.write_str(&aligned(&rows))
    }
}

fn ratio(operation: &str, what: &str, found: Option<&Ratio>) -> Vec<String> {
    let figures = match found {
        Some(found) => [found.ratio, found.low, found.high].map(|figure| format!("{figure:.3}")),
        None => ["unknown", "", ""].map(str::to_owned),
    };
    [&[operation.to_owned(), what.to_owned()][..], &figures].concat()
}

/// Columns under each other, the first to the left, the others to the right.
pub(super) fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            // Writing to a string does not fail.
            let _ = match at {
                0 => write!(line, "{cell:<width$}"),
                _ => write!(line, "  {cell:>width$}"),
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Calls per second, with the digits that mean something.
pub(super) fn speed(per_second: f64) -> String {
    let digits = usize::from(per_second < 100.0);
    format!("{per_second:.digits$}")
}

/// A time in the unit that reads best.
pub(super) fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        ns if ns < 1e3 => format!("{ns:.0}ns"),
        ns if ns < 1e6 => format!("{:.2}us", ns / 1e3),
        ns if ns < 1e9 => format!("{:.2}ms", ns / 1e6),
        ns => format!("{:.2}s", ns / 1e9),
    }
}
