//! A table of edges that took turns at the same work: medians, shares of the yardstick with their spread, and what two threads gain.
//!
//! What a second thread gains is told by processor time. Edges take turns in slices of some milliseconds, hundreds of them, first with one
//! thread, then with two, on a processor each, that work all the time beside each other. If a thread beside another needs as much
//! processor time for an iteration as one alone, the gain is 2; lines of memory and locks that threads contend for cost processor time,
//! and the gain is less. Other programs move the wall clock from slice to slice by half and the processor time hardly; but while they
//! have one of the processors, nobody contends. So the slices count, a quarter of all, in which threads were delayed least.
//! A thread that sleeps on a lock needs no processor: the part of the time in which it neither worked nor was delayed is told beside
//! the gain. What waits for a disk or a socket is told by the wall clock, in fewer and longer slices, on whatever processors.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use crate::measure::{Contestant, Spent, iterations_in_slice, median, rounds};

/// Slices for each round of the shares.
const SLICES: usize = 50;
/// The same of what waits: longer ones.
const WAITING_SLICES: usize = 5;

/// Does the work so many times and tells how long it took.
pub type Run<'a> = Box<dyn FnMut(u64) -> Duration + 'a>;

/// Does the work so many times on each of some threads.
pub type Together<'a> = Box<dyn FnMut(u64) -> Spent + 'a>;

/// One edge.
pub struct Entrant<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether others are measured against it (against the fastest of these).
    pub is_yardstick: bool,
    /// The share of the yardstick's rate that it must reach, where one is promised.
    pub target: Option<f64>,
    /// Its work waits for a disk or a socket.
    pub waits: bool,
    /// What its share is told by.
    pub run: Run<'a>,
    /// The same on one thread and on two.
    pub threads: Option<[Together<'a>; 2]>,
}

/// What came of it.
#[derive(Debug)]
pub struct Table {
    title: String,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: String,
    target: Option<f64>,
    nanoseconds: f64,
    /// The lowest, the median and the highest over the rounds; none without a yardstick.
    share: Option<[f64; 3]>,
    gain: Option<Gain>,
}

/// What a second thread makes of the rate.
#[derive(Debug)]
struct Gain {
    times: f64,
    /// Its share of the yardstick's gain: the lower quartile, the median and the upper quartile over the slices.
    share: Option<[f64; 3]>,
    /// The part of the time in which a thread beside another slept.
    asleep: f64,
}

/// One slice.
#[derive(Debug, Clone, Copy)]
struct Slice {
    /// The nanoseconds of an iteration on one thread.
    alone: f64,
    /// The same on each of two.
    beside: f64,
    /// The part of the time in which a thread beside another was kept from working by other programs.
    delayed: f64,
    asleep: f64,
}

impl Slice {
    fn gain(self) -> f64 {
        2.0 * self.alone / self.beside
    }
}

/// Lets the entrants take turns for so many rounds.
pub fn hold(title: &str, entrants: Vec<Entrant<'_>>, count: usize) -> Table {
    let described: Vec<_> = entrants.iter().map(|entrant| (entrant.name, entrant.target)).collect();
    let yardstick: Vec<usize> = (0..entrants.len()).filter(|at| entrants[*at].is_yardstick).collect();
    let (mut contestants, mut threaded): (Vec<Contestant<'_>>, Vec<_>) = (Vec::new(), Vec::new());
    for entrant in entrants {
        contestants.push((entrant.name, entrant.run));
        threaded.push(entrant.threads.map(|threads| (entrant.waits, threads)));
    }
    let times = rounds(&mut contestants, count);
    let waits = threaded.iter().flatten().any(|(waits, _)| *waits);
    let slices = slices(&mut threaded, count * if waits { WAITING_SLICES } else { SLICES });

    let fastest = |time: &dyn Fn(usize) -> Option<f64>| {
        let times = yardstick.iter().filter_map(|at| Some((*at, time(*at)?)));
        times.min_by(|one, other| one.1.total_cmp(&other.1))
    };
    let alone = |at: usize, round: usize| times[at][round];
    let common = fastest(&|at| Some(median(slices[at].as_ref()?.iter().map(|slice| slice.alone).collect())));
    let row = |(at, (name, target)): (usize, (&str, Option<f64>))| {
        let shares: Option<Vec<f64>> =
            (0..count).map(|round| Some(fastest(&|other| Some(alone(other, round)))?.1 / alone(at, round))).collect();
        let gains = |slices: &[Slice]| slices.iter().map(|slice| slice.gain()).collect::<Vec<f64>>();
        let gain = slices[at].as_ref().map(|own| Gain {
            times: median(gains(own)),
            share: common.and_then(|(common, _)| slices[common].as_ref()).map(|common| {
                let common = median(gains(common));
                spread_of(gains(own), [0.25, 0.5, 0.75]).map(|gain| gain / common)
            }),
            asleep: median(own.iter().map(|slice| slice.asleep).collect()),
        });
        Row {
            name: name.to_owned(),
            target,
            nanoseconds: median(times[at].clone()),
            share: shares.map(|shares| spread_of(shares, [0.0, 0.5, 1.0])),
            gain,
        }
    };
    Table { title: title.to_owned(), rows: described.into_iter().enumerate().map(row).collect() }
}

/// For each entrant that can work on two threads what it needed in the slices that count.
fn slices(threaded: &mut [Option<(bool, [Together<'_>; 2])>], count: usize) -> Vec<Option<Vec<Slice>>> {
    let told = |waits: bool, spent: Spent| if waits { spent.wall } else { spent.processor };
    let counts: Vec<u64> = threaded
        .iter_mut()
        .map(|entrant| match entrant {
            Some((waits, [one, _])) => iterations_in_slice(*waits, &mut |count| told(*waits, one(count))),
            None => 0,
        })
        .collect();
    let mut slices: Vec<Option<Vec<Slice>>> =
        threaded.iter().map(|entrant| entrant.as_ref().map(|_| Vec::with_capacity(count))).collect();
    for _ in 0..count {
        for ((entrant, iterations), slices) in threaded.iter_mut().zip(&counts).zip(&mut slices) {
            let (Some((waits, [one, two])), Some(slices)) = (entrant, slices) else { continue };
            let (alone, beside) = (one(*iterations), two(*iterations));
            let each = |spent| told(*waits, spent).as_nanos() as f64 / *iterations as f64;
            let part = |time: Duration| time.as_secs_f64() / beside.wall.as_secs_f64();
            slices.push(Slice {
                alone: each(alone),
                beside: each(beside),
                delayed: part(beside.delayed),
                asleep: (1.0 - part(beside.processor) - part(beside.delayed)).max(0.0),
            });
        }
    }
    for slices in slices.iter_mut().flatten() {
        slices.sort_by(|one, other| one.delayed.total_cmp(&other.delayed));
        slices.truncate(count.div_ceil(4));
    }
    slices
}

/// The values in these places between the lowest (0) and the highest (1).
fn spread_of(mut values: Vec<f64>, places: [f64; 3]) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1) as f64;
    places.map(|place| values.get((last * place).round() as usize).copied().unwrap_or(f64::NAN))
}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        for row in &self.rows {
            write!(f, "  {:<17} {:>12.0} ns", row.name, row.nanoseconds)?;
            if let Some([low, middle, high]) = row.share {
                write!(f, "  {middle:>7.3} [{low:.3} {high:.3}]")?;
            }
            if let Some(target) = row.target {
                write!(f, " ({target:.2})")?;
            }
            if let Some(gain) = &row.gain {
                write!(f, "  x{:.2}", gain.times)?;
                if let Some([low, middle, high]) = gain.share {
                    write!(f, "  {middle:.2} [{low:.2} {high:.2}]")?;
                }
                write!(f, "  asleep {:.0} %", 100.0 * gain.asleep)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many nanoseconds of a processor for an iteration, is delayed for as long and sleeps twice as long.
    fn entrant(name: &'static str, nanoseconds: u64, beside: u64, is_yardstick: bool) -> Entrant<'static> {
        let time = |nanoseconds: u64| move |count| Duration::from_nanos(nanoseconds * count);
        let together = |nanoseconds: u64| -> Together<'static> {
            Box::new(move |count| Spent {
                processor: time(nanoseconds)(count),
                delayed: time(nanoseconds)(count),
                wall: time(4 * nanoseconds)(count),
            })
        };
        Entrant {
            name,
            is_yardstick,
            target: None,
            waits: false,
            run: Box::new(time(nanoseconds)),
            threads: Some([together(nanoseconds), together(beside)]),
        }
    }

    #[test]
    fn shares_and_gains() {
        // The module takes twice the primitive's time; two threads gain nothing for it and all for the primitive.
        let table = hold("work", vec![entrant("primitive", 100, 100, true), entrant("module", 200, 400, false)], 3);
        let near = |value: f64, wanted: f64| (value - wanted).abs() < 1e-9;
        let [primitive, module] = table.rows.as_slice() else { panic!("two rows") };
        assert!(near(module.nanoseconds, 200.0) && near(primitive.nanoseconds, 100.0));
        assert!(module.share.unwrap().iter().all(|share| near(*share, 0.5)));
        let [primitive, module] = [primitive, module].map(|row| row.gain.as_ref().unwrap());
        assert!(near(primitive.times, 2.0) && near(module.times, 1.0));
        assert!(module.share.unwrap().iter().all(|share| near(*share, 0.5)));
        assert!(near(module.asleep, 0.5));
    }

    #[test]
    fn what_waits_is_told_by_the_wall_clock() {
        let mut waiting = entrant("disk", 100, 100, true);
        waiting.waits = true;
        let cpu: Together<'static> = Box::new(|count| Spent {
            processor: Duration::from_nanos(count),
            delayed: Duration::ZERO,
            wall: Duration::from_nanos(800 * count),
        });
        waiting.threads.as_mut().unwrap()[1] = cpu;
        let table = hold("work", vec![waiting], 1);
        assert!((table.rows[0].gain.as_ref().unwrap().times - 1.0).abs() < 1e-9);
    }

    #[test]
    fn quartiles() {
        let values = [5.0, 1.0, 4.0, 2.0, 3.0].to_vec();
        assert_eq!(spread_of(values, [0.25, 0.5, 0.75]), [2.0, 3.0, 4.0]);
    }
}
