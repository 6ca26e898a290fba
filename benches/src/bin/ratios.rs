//! The token as a share of the fastest primitive, and its scaling beside the primitive's own: medians over interleaved rounds, laid
//! beside the project's targets.
//!
//! `cargo run --profile bench -p hsm-sim-benches --bin ratios -- gcm`
//!
//! Arguments choose scenarios by a part of their name; `HSM_SIM_BENCH_ROUNDS` sets the rounds.
#![allow(clippy::print_stdout, reason = "its report")]

use hsm_sim_benches::edges::{Edge, Worker, edges, grouped};
use hsm_sim_benches::measure::{Contestant, median, processor, rounds, wall};
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
        "scenario, edge: nanoseconds, share of the fastest primitive (target); two threads: gain, share of the primitive's gain"
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
    let (mut one, mut two) = (made(1), made(2));
    let raw: Vec<usize> = (0..one.len()).filter(|at| one[*at].0.is_raw()).collect();
    // Only what waits for the disk is not told by the processor's time.
    let waits = matches!(scenario.work, Work::GenerateKey { durable: true });
    let mut contestants: Vec<Contestant<'_>> = Vec::new();
    for (edge, workers) in &mut one {
        contestants.push((
            edge.name(),
            Box::new(move |iterations| match workers.as_mut_slice() {
                [worker] if !waits => processor(worker, iterations),
                workers => wall(workers, iterations),
            }),
        ));
    }
    for (edge, workers) in &mut two {
        contestants.push((edge.name(), Box::new(move |iterations| wall(workers, iterations))));
    }
    let names: Vec<&str> = contestants.iter().map(|(name, _)| *name).collect();
    let times = rounds(&mut contestants, count);
    drop(contestants);

    let (single, double) = times.split_at(names.len() / 2);
    let fastest =
        |times: &[Vec<f64>], round: usize| raw.iter().map(|at| times[*at][round]).fold(f64::INFINITY, f64::min);
    println!("{}", scenario.name);
    for (at, name) in names.iter().take(single.len()).enumerate() {
        let over = |ratio: &dyn Fn(usize) -> f64| median((0..count).map(ratio).collect());
        let share = over(&|round| fastest(single, round) / single[at][round]);
        // Each thread does as many iterations as the one alone.
        let gain = over(&|round| 2.0 * single[at][round] / double[at][round]);
        let gain_share = over(&|round| {
            let own = 2.0 * single[at][round] / double[at][round];
            own * fastest(double, round) / (2.0 * fastest(single, round))
        });
        let target =
            scenario.target.filter(|_| *name == "module").map_or(String::new(), |target| format!(" ({target:.2})"));
        println!(
            "  {name:<17} {:>12.0} ns  {share:>6.2}{target:<7}  x{gain:.2}  {gain_share:.2}",
            median(single[at].clone())
        );
    }
}
