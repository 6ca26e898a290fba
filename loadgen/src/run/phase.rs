//! One part of a run: all workers of a target start together and work until its end.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Barrier, OnceLock};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::measured::Measured;
use super::pace::{Schedule, sleep_exactly, wait_until};
use super::{Tick, Watch};
use crate::plan::{Card, Deck, Length, Pace, Plan};
use crate::target::{Fault, Stop, Worker};

/// How often the watch is told.
const TICK: Duration = Duration::from_millis(100);

/// A worker with the order of its calls.
pub(super) struct Hand {
    pub(super) worker: Box<dyn Worker>,
    pub(super) deck: Deck,
}

/// What a worker has done so far, alone in its cache line so that workers do not slow each other down.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Done {
    calls: AtomicU64,
    errors: AtomicU64,
}

/// What the workers of a part share.
struct Shared<'a> {
    schedule: Option<Schedule>,
    length: Length,
    steps: usize,
    barrier: Barrier,
    start: OnceLock<Instant>,
    stop: &'a Stop,
}

/// Counts down when a worker is gone, however it went, and wakes who waits for the last.
struct Working<'a> {
    count: &'a AtomicUsize,
    waiting: Thread,
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Release);
        self.waiting.unpark();
    }
}

/// What one worker notes.
struct Notes<'a> {
    measured: Measured,
    done: &'a Done,
    calls: u64,
    errors: u64,
}

impl<'a> Notes<'a> {
    fn new(shared: &Shared<'_>, done: &'a Done) -> Self {
        Self { measured: Measured::new(shared.steps, shared.schedule.is_some()), done, calls: 0, errors: 0 }
    }

    fn note(&mut self, card: Card, outcome: Result<(), Fault>, service: Duration, intended: Option<Duration>) {
        let step = &mut self.measured.steps[card.step];
        match outcome {
            Ok(()) => {
                step.note(service, intended);
                self.calls += 1;
                self.done.calls.store(self.calls, Ordering::Relaxed);
            }
            Err(fault) => {
                step.fail(fault);
                self.errors += 1;
                self.done.errors.store(self.errors, Ordering::Relaxed);
            }
        }
    }

    fn finish(mut self, elapsed: Duration) -> Measured {
        self.measured.elapsed = elapsed;
        self.measured
    }
}

/// Lets the workers of a target work for this long, or make so many calls.
pub(super) fn work(plan: &Plan, length: Length, hands: &mut [Hand], watch: &mut dyn Watch, stop: &Stop) -> Measured {
    let schedule = match plan.pace {
        Pace::Closed => None,
        Pace::Open { rate } => Some(Schedule::new(rate)),
    };
    let steps = plan.mix.entries().len();
    let count = hands.len();
    let shared = Shared { schedule, length, steps, barrier: Barrier::new(count), start: OnceLock::new(), stop };
    let done: Vec<Done> = hands.iter().map(|_| Done::default()).collect();
    let working = AtomicUsize::new(count);
    let mut sum = Measured::new(steps, shared.schedule.is_some());
    thread::scope(|scope| {
        let (shared, working, mut threads) = (&shared, &working, Vec::new());
        for (at, (hand, done)) in hands.iter_mut().zip(&done).enumerate() {
            let (share, waiting) = (share(length, at, count), thread::current());
            threads.push(scope.spawn(move || {
                let _working = Working { count: working, waiting };
                match &shared.schedule {
                    None => closed(shared, share, hand, done),
                    Some(schedule) => open(shared, schedule, hand, done),
                }
            }));
        }
        let begun = Instant::now();
        while working.load(Ordering::Acquire) > 0 {
            thread::park_timeout(TICK);
            watch.tick(tick(begun, &done));
        }
        for thread in threads {
            match thread.join() {
                Ok(measured) => sum.join(&measured),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    if let (Some(schedule), Length::Time(time)) = (&shared.schedule, length)
        && !stop.is_set()
    {
        let made: u64 = sum.calls() + sum.steps.iter().map(super::Step::errors).sum::<u64>();
        sum.late = schedule.due(time).saturating_sub(made);
    }
    sum
}

fn tick(begun: Instant, done: &[Done]) -> Tick {
    let sum = |counter: fn(&Done) -> &AtomicU64| done.iter().map(|done| counter(done).load(Ordering::Relaxed)).sum();
    Tick { elapsed: begun.elapsed(), calls: sum(|done| &done.calls), errors: sum(|done| &done.errors) }
}

/// How many calls a worker of a closed loop makes at most; what does not divide evenly goes to the first.
fn share(length: Length, worker: usize, workers: usize) -> u64 {
    match length {
        Length::Time(_) => u64::MAX,
        Length::Calls(calls) => calls / workers as u64 + u64::from((worker as u64) < calls % workers as u64),
    }
}

impl Shared<'_> {
    /// Waits for the other workers; the common start.
    fn begin(&self) -> Instant {
        self.barrier.wait();
        *self.start.get_or_init(Instant::now)
    }

    /// When no further call begins; far away if the number of calls is the limit.
    fn deadline(&self, start: Instant) -> Option<Instant> {
        match self.length {
            Length::Time(time) => start.checked_add(time),
            Length::Calls(_) => None,
        }
    }
}

/// One call after the other. The end of one is the start of the next, so the clock is read once per call.
fn closed(shared: &Shared<'_>, share: u64, hand: &mut Hand, done: &Done) -> Measured {
    let mut notes = Notes::new(shared, done);
    let start = shared.begin();
    let deadline = shared.deadline(start);
    let (mut begin, mut end) = (start, start);
    let mut left = share;
    while left > 0 && deadline.is_none_or(|deadline| begin < deadline) && !shared.stop.is_set() {
        let card = hand.deck.draw();
        let outcome = hand.worker.call(card);
        end = Instant::now();
        notes.note(card, outcome, end - begin, None);
        left -= 1;
        begin = if hand.worker.settle() { Instant::now() } else { end };
    }
    notes.finish(end - start)
}

/// The calls that are due, one after the other.
fn open(shared: &Shared<'_>, schedule: &Schedule, hand: &mut Hand, done: &Done) -> Measured {
    let mut notes = Notes::new(shared, done);
    sleep_exactly();
    let start = shared.begin();
    let deadline = shared.deadline(start);
    let mut end = start;
    loop {
        let turn = schedule.take();
        let over = matches!(shared.length, Length::Calls(calls) if turn >= calls);
        let Some(intended) = start.checked_add(schedule.intended(turn)).filter(|_| !over) else { break };
        if deadline.is_some_and(|deadline| intended >= deadline) {
            break;
        }
        let begin = wait_until(intended, shared.stop);
        if shared.stop.is_set() || deadline.is_some_and(|deadline| begin.at >= deadline) {
            break;
        }
        if begin.waited {
            notes.measured.note_delay(begin.at - intended);
        }
        let card = hand.deck.draw();
        let outcome = hand.worker.call(card);
        end = Instant::now();
        notes.note(card, outcome, end - begin.at, Some(end - intended));
        hand.worker.settle();
    }
    notes.finish(end - start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_shared_out() {
        for (calls, workers, expected) in [(10, 3, vec![4, 3, 3]), (2, 3, vec![1, 1, 0]), (6, 2, vec![3, 3])] {
            let shares: Vec<u64> = (0..workers).map(|worker| share(Length::Calls(calls), worker, workers)).collect();
            assert_eq!(shares, expected);
        }
        assert_eq!(share(Length::Time(TICK), 0, 2), u64::MAX);
    }
}
