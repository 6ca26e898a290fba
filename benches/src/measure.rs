//! Measuring edges side by side. Rates move with whatever else the machine does, so edges take turns in short rounds, and what is
//! told is the median of the rounds' ratios.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::edges::Worker;

/// How long one edge works per round.
const TURN: Duration = Duration::from_millis(40);

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

/// A contestant: a name, and the time that so many iterations take.
pub type Contestant<'a> = (&'a str, Box<dyn FnMut(u64) -> Duration + 'a>);

/// For each contestant the nanoseconds of one iteration in every round.
pub fn rounds(contestants: &mut [Contestant<'_>], rounds: usize) -> Vec<Vec<f64>> {
    let counts: Vec<u64> = contestants.iter_mut().map(|(_, run)| calibrate(run)).collect();
    let mut times = vec![Vec::with_capacity(rounds); contestants.len()];
    for _ in 0..rounds {
        for (((_, run), count), times) in contestants.iter_mut().zip(&counts).zip(&mut times) {
            times.push(run(*count).as_nanos() as f64 / *count as f64);
        }
    }
    times
}

/// How many iterations fill a turn.
fn calibrate(run: &mut dyn FnMut(u64) -> Duration) -> u64 {
    let mut count = 1;
    loop {
        let spent = run(count);
        if spent >= TURN / 8 {
            return (count as f64 * TURN.as_secs_f64() / spent.as_secs_f64()).ceil() as u64;
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
