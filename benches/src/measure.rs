//! Measuring edges side by side. Rates move with whatever else the machine does, so edges take turns in short rounds, and what is
//! told is the median of the rounds' ratios.

use std::hint;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

use crate::edges::Worker;

/// How long one edge works per round.
const TURN: Duration = Duration::from_millis(40);
/// The same where what computing threads cost each other is measured: short, so that a processor is seldom taken away within one.
const SLICE: Duration = Duration::from_millis(3);

/// The time in which every worker, each on a thread of its own, does this many iterations.
pub fn wall(workers: &mut [Worker], iterations: u64) -> Duration {
    if let [worker] = workers {
        let start = Instant::now();
        (0..iterations).for_each(|_| worker());
        return start.elapsed();
    }
    let barrier = Barrier::new(workers.len() + 1);
    thread::scope(|scope| {
        for worker in workers.iter_mut() {
            scope.spawn(|| {
                barrier.wait();
                (0..iterations).for_each(|_| worker());
                barrier.wait();
            });
        }
        barrier.wait();
        let start = Instant::now();
        barrier.wait();
        start.elapsed()
    })
}

/// The processor time that one worker takes for this many iterations: other programs do not count.
pub fn processor(worker: &mut Worker, iterations: u64) -> Duration {
    let now = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default();
    let start = now();
    (0..iterations).for_each(|_| worker());
    now().saturating_sub(start)
}

/// What a thread needed for its share, on average over the threads.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    /// On a processor.
    pub processor: Duration,
    /// Ready to work, while something else had the processor.
    pub delayed: Duration,
    /// Altogether.
    pub wall: Duration,
}

/// Where the threads run that are measured beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// On a processor each: what computes, and would not disturb another thread on the same processor.
    Apart,
    /// Where the system puts them: what waits. A thread that is kept on another processor than the one that gets the disk's
    /// interrupts takes half as long again when it is alone.
    Free,
}

/// Lets every worker, each on a thread of its own, do this many iterations. A worker that is ready goes on until all are, so that
/// each is measured beside the others from its first iteration to its last.
pub fn together(workers: &mut [Worker], placement: Placement, iterations: u64) -> Spent {
    let count = workers.len();
    let (ready, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let spent = thread::scope(|scope| {
        let threads: Vec<_> = workers
            .iter_mut()
            .enumerate()
            .map(|(number, worker)| {
                let (ready, done) = (&ready, &done);
                scope.spawn(move || {
                    if placement == Placement::Apart {
                        stay_on_processor(number);
                    }
                    worker();
                    ready.fetch_add(1, Ordering::SeqCst);
                    // Woken threads would start one after the other.
                    while ready.load(Ordering::SeqCst) < count {
                        hint::spin_loop();
                    }
                    let (start, before) = (Instant::now(), delayed());
                    let processor = processor(worker, iterations);
                    let spent = Spent { processor, delayed: delayed().saturating_sub(before), wall: start.elapsed() };
                    done.fetch_add(1, Ordering::SeqCst);
                    while done.load(Ordering::SeqCst) < count {
                        worker();
                    }
                    spent
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("workers do not panic")).collect::<Vec<_>>()
    });
    let mean = |of: fn(&Spent) -> Duration| {
        spent.iter().map(of).sum::<Duration>() / u32::try_from(count.max(1)).unwrap_or(u32::MAX)
    };
    Spent {
        processor: mean(|spent| spent.processor),
        delayed: mean(|spent| spent.delayed),
        wall: mean(|spent| spent.wall),
    }
}

/// Runs `work` on one processor, with the threads that it starts. Two sides that talk in turn are so measured by what they do: on a
/// processor each they would be by how long an idle one takes to wake, ten times as long on a virtual machine, or not, as the system
/// happens to place them.
pub fn on_one_processor<T>(work: impl FnOnce() -> T) -> T {
    let before = sched_getaffinity(None);
    stay_on_processor(0);
    let result = work();
    if let Ok(before) = before {
        let _ = sched_setaffinity(None, &before);
    }
    result
}

/// Two new threads may share a processor for longer than a slice, and would then not disturb each other.
fn stay_on_processor(number: usize) {
    let Ok(allowed) = sched_getaffinity(None) else { return };
    let allowed: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu)).collect();
    if let Some(cpu) = number.checked_rem(allowed.len()).and_then(|place| allowed.get(place)) {
        let mut own = CpuSet::new();
        own.set(*cpu);
        // Where the system refuses, threads are where it puts them.
        let _ = sched_setaffinity(None, &own);
    }
}

/// How long this thread was ready to work and had no processor, in its life; zero where the kernel does not tell.
fn delayed() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().nth(1).and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// A contestant: a name, and the time that so many iterations take.
pub type Contestant<'a> = (&'a str, Box<dyn FnMut(u64) -> Duration + 'a>);

/// For each contestant the nanoseconds of one iteration in every round.
pub fn rounds(contestants: &mut [Contestant<'_>], rounds: usize) -> Vec<Vec<f64>> {
    let counts: Vec<u64> = contestants.iter_mut().map(|(_, run)| iterations_in(TURN, run)).collect();
    let mut times = vec![Vec::with_capacity(rounds); contestants.len()];
    for _ in 0..rounds {
        for (((_, run), count), times) in contestants.iter_mut().zip(&counts).zip(&mut times) {
            times.push(run(*count).as_nanos() as f64 / *count as f64);
        }
    }
    times
}

/// How many iterations fill a slice; of what waits, a turn, as the first iterations of a thread are slow.
pub fn iterations_in_slice(waits: bool, run: &mut dyn FnMut(u64) -> Duration) -> u64 {
    iterations_in(if waits { TURN } else { SLICE }, run)
}

fn iterations_in(turn: Duration, run: &mut dyn FnMut(u64) -> Duration) -> u64 {
    let mut count = 1;
    loop {
        // Twice: the first one may also do what earlier work left to be done, once.
        let spent = run(count).min(run(count));
        if spent >= turn / 8 {
            return (count as f64 * turn.as_secs_f64() / spent.as_secs_f64()).ceil() as u64;
        }
        count *= 4;
    }
}

/// Numbers below `count`, each as far from the one before as chance would have it, the same every time.
pub fn spread(count: usize) -> impl Iterator<Item = usize> {
    // A step of about the golden section of 2^64 meets every part of the range.
    (1u64..).map(move |turn| {
        let mixed = u128::from(turn.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        usize::try_from((mixed * count as u128) >> 64).unwrap_or(0)
    })
}

/// Memory of this process that is no file's, in bytes.
pub fn anonymous_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Anonymous:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_beginning_does_not_shorten_the_turns() {
        let mut is_first = true;
        let count = iterations_in(Duration::from_millis(40), &mut |count| {
            let begins = Duration::from_millis(if std::mem::take(&mut is_first) { 90 } else { 0 });
            begins + Duration::from_micros(400) * u32::try_from(count).unwrap()
        });
        assert_eq!(count, 100);
    }
}
