//! The token as a share of the fastest primitive (of the fastest other token where there is no primitive), and its scaling beside
//! theirs: medians over interleaved rounds, laid beside the project's targets.
//!
//! `cargo run --profile bench -p hsm-sim-benches --bin ratios -- gcm`
//!
//! Arguments choose scenarios by a part of their name; `HSM_SIM_BENCH_ROUNDS` sets the rounds.
#![allow(clippy::print_stdout, reason = "its report")]

use hsm_sim_benches::edges::{Edge, Worker, edges, grouped};
use hsm_sim_benches::measure::{Contestant, median, processor, rounds, wall};
use hsm_sim_benches::module::OWN;
use hsm_sim_benches::scenario::{SCENARIOS, Scenario, Work};

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let chosen: Vec<Scenario> = SCENARIOS
        .iter()
        .filter(|scenario| wanted.is_empty() || wanted.iter().any(|part| scenario.name.contains(part.as_str())))
        .copied()
        .collect();
    let count = std::env::var("HSM_SIM_BENCH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(9);
    eprintln!(
        "scenario, edge: nanoseconds, share of the fastest primitive or other token (target); two threads: gain, share of that one's gain"
    );
    for (objects, scenarios) in grouped(&chosen) {
        let edges = edges(objects);
        for scenario in scenarios {
            compare(&edges, &scenario, count);
        }
    }
}

fn compare(edges: &[Box<dyn Edge>], scenario: &Scenario, count: usize) {
    let made = |threads: usize| -> Vec<(&dyn Edge, Vec<Worker>)> {
        let workers = |edge: &dyn Edge| -> Option<Vec<Worker>> {
            (0..threads).map(|_| edge.worker(scenario.work, scenario.of_session)).collect()
        };
        edges.iter().filter_map(|edge| Some((&**edge, workers(&**edge)?))).collect()
    };
    // A token's login is one for the whole process: two threads would log each other out.
    let pairs = scenario.work != Work::Login;
    // Only what waits for the disk is not told by the processor's time.
    let waits = matches!(scenario.work, Work::GenerateKey { durable: true });
    let (mut alone, mut one, mut two) = (made(1), made(1), if pairs { made(2) } else { Vec::new() });
    let names: Vec<&str> = alone.iter().map(|(edge, _)| edge.name()).collect();
    let those =
        |wanted: fn(&dyn Edge) -> bool| -> Vec<usize> { (0..alone.len()).filter(|at| wanted(alone[*at].0)).collect() };
    let raw = those(|edge| edge.is_raw());
    let yardstick = if raw.is_empty() { those(|edge| !edge.is_own()) } else { raw };
    let mut contestants: Vec<Contestant<'_>> = Vec::new();
    for (edge, workers) in &mut alone {
        contestants.push((
            edge.name(),
            Box::new(move |iterations| match workers.as_mut_slice() {
                [worker] if !waits => processor(worker, iterations),
                workers => wall(workers, iterations),
            }),
        ));
    }
    // What two threads gain is told by the wall clock for both.
    for (edge, workers) in one.iter_mut().filter(|_| pairs).chain(&mut two) {
        contestants.push((edge.name(), Box::new(move |iterations| wall(workers, iterations))));
    }
    let times = rounds(&mut contestants, count);
    drop(contestants);

    let (shares, walls) = times.split_at(names.len());
    let (single, double) = walls.split_at(walls.len() / 2);
    let over = |ratio: &dyn Fn(usize) -> f64| median((0..count).map(ratio).collect());
    let fastest =
        |times: &[Vec<f64>], round: usize| yardstick.iter().map(|at| times[*at][round]).fold(f64::INFINITY, f64::min);
    println!("{}", scenario.name);
    for (at, name) in names.iter().enumerate() {
        let share = over(&|round| fastest(shares, round) / shares[at][round]);
        let target = scenario.target.filter(|_| *name == OWN).map_or(String::new(), |target| format!(" ({target:.2})"));
        // Each thread does as many iterations as the one alone.
        let gains = if pairs {
            let gain = over(&|round| 2.0 * single[at][round] / double[at][round]);
            let of_gain = over(&|round| {
                let own = single[at][round] / double[at][round];
                own * fastest(double, round) / fastest(single, round)
            });
            format!("  x{gain:.2}  {of_gain:.2}")
        } else {
            String::new()
        };
        println!("  {name:<17} {:>12.0} ns  {share:>6.2}{target:<7}{gains}", median(shares[at].clone()));
    }
}
