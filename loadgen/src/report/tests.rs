//! The JSON's fields, the table and the drawing of made-up runs.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::Report;
use crate::error::{Error, Result};
use crate::plan::{Card, Length, Pace, Plan};
use crate::run::{Tick, Watch, run};
use crate::target::{Description, Fault, Stop, Target, Worker};

/// A target whose every call succeeds, but for one in `faulty`.
struct Toy {
    faulty: u64,
    /// Refuses to be prepared.
    broken: bool,
    calls: Arc<AtomicU64>,
    tidy: Arc<AtomicBool>,
}

impl Toy {
    fn new(faulty: u64) -> Self {
        Self { faulty, broken: false, calls: Arc::default(), tidy: Arc::default() }
    }
}

impl Target for Toy {
    fn description(&self) -> Description {
        Description { kind: "toy", name: "toy".to_owned(), about: "a <toy>".to_owned(), operations: vec!["one", "two"] }
    }

    fn prepare(&mut self, plan: &Plan, _stop: &Stop) -> Result<Vec<Box<dyn Worker>>> {
        if self.broken {
            return Err(Error::Interrupted);
        }
        let worker = |_| -> Box<dyn Worker> { Box::new(ToyWorker { faulty: self.faulty, calls: self.calls.clone() }) };
        Ok((0..plan.threads).map(worker).collect())
    }

    fn clean_up(&mut self) -> Result<()> {
        self.tidy.store(true, Ordering::Relaxed);
        Ok(())
    }
}

struct ToyWorker {
    faulty: u64,
    calls: Arc<AtomicU64>,
}

impl Worker for ToyWorker {
    fn call(&mut self, _card: Card) -> std::result::Result<(), Fault> {
        match self.calls.fetch_add(1, Ordering::Relaxed) + 1 {
            number if number % self.faulty == 0 => {
                Err(Fault { kind: "CKR_DEVICE_ERROR".to_owned(), message: "C_Sign".to_owned() })
            }
            _ => Ok(()),
        }
    }
}

/// Notes the parts of a run.
#[derive(Default)]
struct Parts(Mutex<Vec<String>>);

impl Watch for Parts {
    fn begin(&mut self, part: &str, _length: Length) {
        self.0.lock().unwrap().push(part.to_owned());
    }

    fn tick(&mut self, _tick: Tick) {}

    fn end(&mut self) {
        self.0.lock().unwrap().push("end".to_owned());
    }
}

fn plan(pace: Pace, calls: u64) -> Plan {
    Plan {
        mix: "one=3,two=1".parse().unwrap(),
        sizes: "64,1KiB".parse().unwrap(),
        keys: 2,
        threads: 3,
        pace,
        warm_up: Duration::ZERO,
        length: Length::Calls(calls),
        seed: 1,
    }
}

fn done(pace: Pace, targets: Vec<Toy>, rounds: u32) -> (Report, Vec<String>) {
    let mut parts = Parts::default();
    let mut targets: Vec<Box<dyn Target>> =
        targets.into_iter().map(|toy| -> Box<dyn Target> { Box::new(toy) }).collect();
    let report = run(&plan(pace, 4000), &mut targets, rounds, &mut parts, &Stop::default()).unwrap();
    (report, parts.0.into_inner().unwrap())
}

/// The names and kinds of all members, so that a renamed or vanished field shows.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::Array(values) => values.iter().take(1).map(shape).collect(),
        Value::String(_) => "string".into(),
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "bool".into(),
        Value::Null => Value::Null,
    }
}

#[test]
fn the_json_has_the_documented_fields() {
    let (report, _) = done(Pace::Closed, vec![Toy::new(10), Toy::new(10)], 4);
    let json = serde_json::to_value(&report).unwrap();
    let times: BTreeMap<&str, &str> =
        ["min_ns", "mean_ns", "deviation_ns", "p50_ns", "p90_ns", "p99_ns", "p99_9_ns", "p99_99_ns", "max_ns"]
            .map(|name| (name, "number"))
            .into();
    let ratio = json!({ "ratio": "number", "low": "number", "high": "number", "rounds": "number" });
    let expected = json!({
        "format": "string",
        "interrupted": "bool",
        "plan": {
            "mix": "string", "sizes": "string", "keys": "number", "threads": "number", "rate": null,
            "warm_up_seconds": "number", "duration_seconds": null, "calls": "number", "rounds": "number", "seed": "number"
        },
        "targets": [{
            "kind": "string", "name": "string", "about": "string", "operations": ["string"],
            "elapsed_seconds": "number", "count": "number", "errors": "number", "throughput_per_second": "number",
            "not_started": "number", "generator_delay": null,
            "steps": [{
                "operation": "string", "count": "number", "errors": "number", "throughput_per_second": "number",
                "latency": times, "service": times,
                "failures": [{ "kind": "string", "count": "number", "example": "string" }]
            }]
        }],
        "comparison": {
            "method": "string", "confidence": "number", "throughput": ratio,
            "steps": [{ "operation": "string", "p50": ratio, "p99": ratio }]
        }
    });
    assert_eq!(shape(&json), expected);
    assert_eq!(json["format"], "hsm-sim-bench/1");
    assert_eq!(json["plan"]["mix"], "one=3,two=1");
}

#[test]
fn calls_and_faults_are_counted() {
    for pace in [Pace::Closed, Pace::Open { rate: 1e6 }] {
        let (report, parts) = done(pace, vec![Toy::new(10)], 1);
        let target = &report.targets[0];
        assert_eq!((target.count, target.errors, target.not_started), (3600, 400, 0), "{pace:?}");
        assert_eq!(target.generator_delay.is_some(), pace != Pace::Closed);
        let failures: u64 = target.steps.iter().flat_map(|step| &step.failures).map(|failure| failure.count).sum();
        assert_eq!(failures, 400);
        assert!(target.steps.iter().all(|step| step.service.max_ns >= step.service.p50_ns && step.count > 0));
        // In an open loop nobody waits less than the call takes.
        assert!(target.steps.iter().all(|step| step.latency.max_ns >= step.service.max_ns), "{target:?}");
        assert!(report.comparison.is_none());
        assert_eq!(parts, ["measuring", "end"]);
    }
}

#[test]
fn a_time_ends_a_run_and_says_what_was_late() {
    let mut targets: Vec<Box<dyn Target>> = vec![Box::new(Toy::new(u64::MAX))];
    let rate = 1e12;
    let plan = Plan {
        length: Length::Time(Duration::from_millis(20)),
        warm_up: Duration::from_millis(1),
        ..plan(Pace::Open { rate }, 0)
    };
    let report = run(&plan, &mut targets, 1, &mut Parts::default(), &Stop::default()).unwrap();
    let target = &report.targets[0];
    // A million million calls per second are more than anything keeps up with.
    assert_eq!(target.count + target.not_started, 20_000_000_000);
    assert!(report.to_string().contains("did not keep up"));
}

#[test]
fn two_targets_take_turns() {
    let (report, parts) = done(Pace::Closed, vec![Toy::new(10), Toy::new(5)], 4);
    assert_eq!(report.targets.iter().map(|target| target.errors).collect::<Vec<_>>(), [400, 800]);
    let comparison = report.comparison.unwrap();
    let ratio = comparison.throughput.unwrap();
    assert!(ratio.rounds == 4 && ratio.low <= ratio.ratio && ratio.ratio <= ratio.high, "{ratio:?}");
    assert_eq!(parts.len(), 9);
    assert_eq!(parts[0], "round 1 of 4");
}

#[test]
fn keys_go_whatever_happens() {
    let (whole, broken) = (Toy::new(2), Toy { broken: true, ..Toy::new(2) });
    let tidy = [Arc::clone(&whole.tidy), Arc::clone(&broken.tidy)];
    let mut targets: Vec<Box<dyn Target>> = vec![Box::new(whole), Box::new(broken)];
    let done = run(&plan(Pace::Closed, 10), &mut targets, 2, &mut Parts::default(), &Stop::default());
    assert_eq!(done.unwrap_err(), Error::Interrupted);
    assert!(tidy.iter().all(|tidy| tidy.load(Ordering::Relaxed)));
}

#[test]
fn a_stopped_run_says_so() {
    let stop = Stop::default();
    stop.flag().store(true, Ordering::Relaxed);
    let mut targets: Vec<Box<dyn Target>> = vec![Box::new(Toy::new(2))];
    let report = run(&plan(Pace::Closed, 10), &mut targets, 1, &mut Parts::default(), &stop).unwrap();
    assert!(report.interrupted && report.count() == 0);
    assert!(report.to_string().contains("interrupted"));
    assert_eq!(report.svg(), Err(Error::Plot("no call succeeded".to_owned())));
}

#[test]
fn plans_without_sense_are_refused() {
    let whole = plan(Pace::Closed, 1);
    for (plan, reason) in [
        (Plan { threads: 0, ..whole.clone() }, "a thread"),
        (Plan { keys: 0, ..whole.clone() }, "a key"),
        (Plan { length: Length::Calls(0), ..whole.clone() }, "some length"),
        (Plan { pace: Pace::Open { rate: 0.0 }, ..whole.clone() }, "rate"),
        (Plan { pace: Pace::Open { rate: f64::NAN }, ..whole }, "rate"),
    ] {
        let mut targets: Vec<Box<dyn Target>> = vec![Box::new(Toy::new(2))];
        let error = run(&plan, &mut targets, 1, &mut Parts::default(), &Stop::default()).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn the_report_is_drawn() {
    let (report, _) = done(Pace::Closed, vec![Toy::new(10), Toy::new(10)], 2);
    let svg = report.svg().unwrap();
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
    for text in ["1: one", "2: two", "99%"] {
        assert!(svg.contains(text), "{text}");
    }
    assert_eq!(
        svg.matches("stroke-width=\"2\"").count(),
        4 + 4,
        "a line and a legend for each operation of each target"
    );
    let html = report.html().unwrap();
    assert!(html.contains("<svg ") && html.contains("a &lt;toy&gt;") && html.contains("operation"), "{html}");
    let table = report.to_string();
    assert!(table.contains("\noperation  calls  errors  per second") && table.contains("\none  "), "{table}");
    assert!(table.contains("failed") && table.contains("CKR_DEVICE_ERROR: C_Sign"), "{table}");
    assert!(table.contains("95 % confidence") && table.contains("throughput"), "{table}");
}
