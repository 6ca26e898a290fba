//! The token beside the bare primitives and other tokens: each scenario through every edge, on one thread and on two, and some on more.
#![allow(missing_docs, reason = "criterion's macros")]

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use hsm_sim_benches::edges::{Edge, Worker, edges, grouped};
use hsm_sim_benches::measure::wall;
use hsm_sim_benches::scenario::{SCENARIOS, Scenario};

/// What is measured on more threads than there are processors too.
const CONTENDED: [&str; 6] = [
    "aes256-gcm-encrypt/1024",
    "ecdsa-p256-sign",
    "random/32",
    "session-open-close",
    "generate-aes256-durable",
    "find-by-label/100",
];

fn pkcs11(criterion: &mut Criterion) {
    for (objects, scenarios) in grouped(SCENARIOS) {
        let edges = edges(objects);
        for scenario in scenarios {
            let contended = CONTENDED.contains(&scenario.name);
            let threads: &[usize] = if !scenario.is_shared() {
                &[1]
            } else if contended {
                &[1, 2, 4, 8]
            } else {
                &[1, 2]
            };
            measure(criterion, &edges, &scenario, threads);
        }
    }
}

fn measure(criterion: &mut Criterion, edges: &[Box<dyn Edge>], scenario: &Scenario, threads: &[usize]) {
    let mut group = criterion.benchmark_group(format!("pkcs11/{}", scenario.name));
    group.sample_size(20).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    for edge in edges {
        for &count in threads {
            let workers: Option<Vec<Worker>> =
                (0..count).map(|_| edge.worker(scenario.work, scenario.of_session)).collect();
            let Some(mut workers) = workers else { continue };
            group.bench_function(format!("{}/{count}_threads", edge.name()), |bench| {
                bench.iter_custom(|iterations| wall(&mut workers, iterations));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, pkcs11);
criterion_main!(benches);
