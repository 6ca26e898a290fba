//! Lets the workers of one target, or of two in turns, work.

mod measured;
mod pace;
mod phase;

use std::time::Duration;

use crate::error::{Error, Result};
use crate::plan::{Deck, Length, Pace, Plan};
use crate::report::Report;
use crate::target::{Stop, Target};

pub use self::measured::{Failures, Measured, Step};

use self::phase::Hand;

/// Told of a run's progress.
pub trait Watch {
    /// A part of the run begins: its name and its length.
    fn begin(&mut self, part: &str, length: Length);

    /// Some tenths of a second later.
    fn tick(&mut self, tick: Tick);

    /// The run has ended.
    fn end(&mut self);
}

/// How far a part of a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tick {
    /// Since the part began.
    pub elapsed: Duration,
    /// Calls that succeeded.
    pub calls: u64,
    /// Calls that failed.
    pub errors: u64,
}

/// A target with its workers.
struct Contestant<'a> {
    target: &'a mut dyn Target,
    hands: Vec<Hand>,
    rounds: Vec<Measured>,
}

/// Drives one target for the plan's length, or two or more in turns: in each of `rounds` rounds every target for an equal part of it,
/// and the order changes from round to round. The targets' keys are taken away in the end, also after an error.
///
/// # Errors
/// The targets cannot be prepared or not be tidied up, or the plan has no sense. Calls that fail are counted in the report instead.
pub fn run(
    plan: &Plan,
    targets: &mut [Box<dyn Target>],
    rounds: u32,
    watch: &mut dyn Watch,
    stop: &Stop,
) -> Result<Report> {
    check(plan)?;
    let done = measure(plan, targets, rounds, watch, stop);
    watch.end();
    let tidied: Vec<Result<()>> = targets.iter_mut().rev().map(|target| target.clean_up()).collect();
    let report = done?;
    tidied.into_iter().collect::<Result<()>>()?;
    Ok(report)
}

fn check(plan: &Plan) -> Result<()> {
    let wrong = |text: &str| Err(Error::Plan(text.to_owned()));
    match plan.pace {
        _ if plan.threads == 0 => wrong("a run needs a thread"),
        _ if plan.keys == 0 => wrong("a run needs a key"),
        _ if matches!(plan.length, Length::Time(Duration::ZERO) | Length::Calls(0)) => wrong("a run needs some length"),
        Pace::Open { rate } if !(rate.is_finite() && rate > 0.0) => wrong("the rate is not a number above 0"),
        Pace::Open { .. } | Pace::Closed => Ok(()),
    }
}

fn measure(
    plan: &Plan,
    targets: &mut [Box<dyn Target>],
    rounds: u32,
    watch: &mut dyn Watch,
    stop: &Stop,
) -> Result<Report> {
    let mut contestants = Vec::new();
    for target in targets {
        let workers = target.prepare(plan, stop)?.into_iter().enumerate();
        let hands = workers.map(|(number, worker)| Hand { worker, deck: Deck::new(plan, number) }).collect();
        contestants.push(Contestant { target: &mut **target, hands, rounds: Vec::new() });
    }
    if !plan.warm_up.is_zero() {
        for contestant in &mut contestants {
            let length = Length::Time(plan.warm_up);
            watch.begin("warm-up", length);
            phase::work(plan, length, &mut contestant.hands, watch, stop);
        }
    }
    let length = plan.length.part(rounds);
    for round in 0..rounds {
        let mut turns: Vec<&mut Contestant<'_>> = contestants.iter_mut().collect();
        if round % 2 == 1 {
            turns.reverse();
        }
        for contestant in turns {
            watch.begin(&part_name(round, rounds), length);
            contestant.rounds.push(phase::work(plan, length, &mut contestant.hands, watch, stop));
        }
    }
    let interrupted = stop.is_set();
    let measured = contestants.into_iter().map(|contestant| (contestant.target.description(), contestant.rounds));
    Ok(Report::new(plan, measured.collect(), interrupted))
}

fn part_name(round: u32, rounds: u32) -> String {
    if rounds == 1 { "measuring".to_owned() } else { format!("round {} of {rounds}", round + 1) }
}
