//! A table of edges that took turns at the same work: medians, shares of the yardstick with their spread, and what two threads gain.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use crate::measure::{Contestant, median, rounds};

/// Does the work so many times and tells how long it took.
pub type Run<'a> = Box<dyn FnMut(u64) -> Duration + 'a>;

/// One edge.
pub struct Entrant<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether others are measured against it (against the fastest of these).
    pub is_yardstick: bool,
    /// The share of the yardstick's rate that it must reach, where one is promised.
    pub target: Option<f64>,
    /// What its share is told by.
    pub run: Run<'a>,
    /// The same on one thread and on two, by the wall clock; each thread does the whole number of repetitions.
    pub threads: Option<[Run<'a>; 2]>,
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
    /// The gain by a second thread, and its share of the yardstick's gain.
    gain: Option<(f64, Option<f64>)>,
}

/// Lets the entrants take turns for so many rounds.
pub fn hold(title: &str, entrants: Vec<Entrant<'_>>, count: usize) -> Table {
    let described: Vec<_> = entrants.iter().map(|entrant| (entrant.name, entrant.target)).collect();
    let yardstick: Vec<usize> = (0..entrants.len()).filter(|at| entrants[*at].is_yardstick).collect();
    let mut threaded = vec![None; entrants.len()];
    let (mut contestants, mut more): (Vec<Contestant<'_>>, Vec<Contestant<'_>>) = (Vec::new(), Vec::new());
    for (at, entrant) in entrants.into_iter().enumerate() {
        contestants.push((entrant.name, entrant.run));
        if let Some(threads) = entrant.threads {
            threaded[at] = Some(described.len() + more.len());
            more.extend(threads.map(|run| (entrant.name, run)));
        }
    }
    contestants.append(&mut more);
    let times = rounds(&mut contestants, count);

    let alone = |at: usize, round: usize| times[at][round];
    // What a second thread makes of the rate.
    let gain = |at: usize, round: usize| threaded[at].map(|one: usize| 2.0 * times[one][round] / times[one + 1][round]);
    let best = |value: &dyn Fn(usize) -> Option<f64>| yardstick.iter().filter_map(|at| value(*at)).reduce(f64::min);
    // The yardstick's gain is that of its fastest edge on one thread to its fastest on two.
    let common = |round: usize| {
        let time = |step: usize| best(&|at| Some(times[threaded[at]? + step][round]));
        Some(2.0 * time(0)? / time(1)?)
    };
    let row = |(at, (name, target)): (usize, (&str, Option<f64>))| {
        let over = |value: &dyn Fn(usize) -> Option<f64>| -> Option<Vec<f64>> { (0..count).map(value).collect() };
        let shares = over(&|round| Some(best(&|other| Some(alone(other, round)))? / alone(at, round)));
        let gains = over(&|round| gain(at, round));
        let relative = over(&|round| Some(gain(at, round)? / common(round)?));
        Row {
            name: name.to_owned(),
            target,
            nanoseconds: median(times[at].clone()),
            share: shares.map(|mut shares| {
                shares.sort_by(f64::total_cmp);
                [shares[0], shares[shares.len() / 2], shares[shares.len() - 1]]
            }),
            gain: gains.map(|gains| (median(gains), relative.map(median))),
        }
    };
    Table { title: title.to_owned(), rows: described.into_iter().enumerate().map(row).collect() }
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
            if let Some((gain, relative)) = row.gain {
                write!(f, "  x{gain:.2}")?;
                if let Some(relative) = relative {
                    write!(f, "  {relative:.2}")?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_gains() {
        // Clocks that count: the module takes twice the primitive's time; two threads gain nothing for it and all for the primitive.
        let run =
            |nanoseconds: u64| -> Run<'static> { Box::new(move |count| Duration::from_nanos(nanoseconds * count)) };
        let entrant = |name, nanoseconds: u64, double: u64, is_yardstick| Entrant {
            name,
            is_yardstick,
            target: None,
            run: run(nanoseconds),
            threads: Some([run(nanoseconds), run(double)]),
        };
        let entrants = vec![entrant("primitive", 100, 100, true), entrant("module", 200, 400, false)];
        let table = hold("work", entrants, 3);
        let near = |value: f64, wanted: f64| (value - wanted).abs() < 1e-9;
        let [primitive, module] = table.rows.as_slice() else { panic!("two rows") };
        assert!(near(module.nanoseconds, 200.0) && near(primitive.nanoseconds, 100.0));
        assert!(module.share.unwrap().iter().all(|share| near(*share, 0.5)));
        assert!(near(primitive.gain.unwrap().0, 2.0) && near(module.gain.unwrap().0, 1.0));
        assert!(near(module.gain.unwrap().1.unwrap(), 0.5));
    }
}
