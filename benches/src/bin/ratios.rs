//! Every edge as a share of the fastest primitive (of the fastest other token where there is no primitive), and what a second thread
//! gains beside what the primitive gains: medians over interleaved rounds, laid beside the project's targets.
//!
//! `cargo run --profile bench -p hsm-sim-benches --bin ratios -- gcm`
//!
//! Arguments choose scenarios by a part of their name; `HSM_SIM_BENCH_ROUNDS` sets the rounds.
#![allow(clippy::print_stdout, reason = "its report")]

use std::time::Duration;

use hsm_sim_benches::contest::{Entrant, Run, Together, hold};
use hsm_sim_benches::edges::{Edge, Worker, edges, grouped, workers};
use hsm_sim_benches::http::Http;
use hsm_sim_benches::measure::{Placement, on_one_processor, processor, together, wall};
use hsm_sim_benches::module::OWN;
use hsm_sim_benches::network::Network;
use hsm_sim_benches::scenario::{SCENARIOS, Scenario, Work};

/// What the module must reach of the transport alone, and KMS of a constant answer.
const NETWORK: f64 = 0.6;
const HTTP: f64 = 0.5;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str()));
    let count = std::env::var("HSM_SIM_BENCH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(9);
    eprintln!(
        "edge: nanoseconds, share of the yardstick [lowest highest] (target), gain by a second thread, its share of the yardstick's gain [quartiles], part of the time asleep"
    );
    let chosen: Vec<Scenario> = SCENARIOS.iter().filter(|scenario| is_wanted(scenario.name)).copied().collect();
    for (objects, scenarios) in grouped(&chosen) {
        let edges = edges(objects);
        for scenario in scenarios {
            println!("{}", hold(scenario.name, entrants(&edges, &scenario), count));
        }
    }
    let sizes = Network::SIZES.map(|size| (format!("network/aes256-gcm-encrypt/{size}"), size));
    let sizes: Vec<_> = sizes.into_iter().filter(|(name, _)| is_wanted(name)).collect();
    if !sizes.is_empty() {
        let (near, apart) = (on_one_processor(Network::start), Network::start());
        for (name, size) in sizes {
            println!("{}", hold(&name, through_network(&near, &apart, size), count));
        }
    }
    if is_wanted("http/8-connections") {
        let world = Http::start();
        let entrant = |mut row: hsm_sim_benches::http::Row| Entrant {
            name: row.name,
            is_yardstick: row.is_constant(),
            target: (!row.is_constant()).then_some(HTTP),
            waits: true,
            run: Box::new(move |count| row.run(count)),
            threads: None,
        };
        println!("{}", hold("http/8-connections", world.rows().into_iter().map(entrant).collect(), count));
    }
}

/// The edges that can do a scenario's work.
fn entrants<'a>(edges: &'a [Box<dyn Edge>], scenario: &Scenario) -> Vec<Entrant<'a>> {
    let able: Vec<(&dyn Edge, Worker)> =
        edges.iter().filter_map(|edge| Some((&**edge, edge.worker(scenario.work, scenario.of_session)?))).collect();
    let primitives = able.iter().any(|(edge, _)| edge.is_raw());
    // Only what waits for the disk is not told by the processor's time.
    let waits = matches!(scenario.work, Work::GenerateKey { durable: true });
    let placement = if waits { Placement::Free } else { Placement::Apart };
    let work = *scenario;
    able.into_iter()
        .map(|(edge, mut worker)| Entrant {
            name: edge.name(),
            is_yardstick: if primitives { edge.is_raw() } else { !edge.is_own() },
            target: work.target.filter(|_| edge.name() == OWN),
            waits,
            run: if waits { on_threads(vec![worker]) } else { Box::new(move |count| processor(&mut worker, count)) },
            threads: work.is_shared().then(|| {
                [1, 2].map(|count| beside_each_other(workers(edge, work.work, work.of_session, count), placement))
            }),
        })
        .collect()
}

/// Through the network whose ends are near each other; two threads through the one whose ends are where the system puts them.
fn through_network(near: &Network, apart: &Network, size: usize) -> Vec<Entrant<'static>> {
    let entrant = |name, is_yardstick, make: &dyn Fn(&Network) -> Worker| {
        let mut worker = [on_one_processor(|| make(near))];
        Entrant {
            name,
            is_yardstick,
            target: (!is_yardstick).then_some(NETWORK),
            waits: true,
            run: Box::new(move |count| on_one_processor(|| wall(&mut worker, count))),
            threads: Some(
                [vec![make(apart)], vec![make(apart), make(apart)]]
                    .map(|workers| beside_each_other(workers, Placement::Free)),
            ),
        }
    };
    vec![entrant("transport", true, &|at| at.transport(size)), entrant("network", false, &|at| at.token(size))]
}

fn beside_each_other(mut workers: Vec<Worker>, placement: Placement) -> Together<'static> {
    Box::new(move |count| together(&mut workers, placement, count))
}

fn on_threads(mut workers: Vec<Worker>) -> Run<'static> {
    Box::new(move |count| -> Duration { wall(&mut workers, count) })
}
