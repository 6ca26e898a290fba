//! The token beside the bare primitives and, where it is installed, SoftHSM2: each scenario through every edge, on one thread and on two.
#![allow(missing_docs, reason = "criterion's macros")]

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use hsm_sim_benches::edges::{Worker, edges, grouped};
use hsm_sim_benches::measure::wall;
use hsm_sim_benches::scenario::{SCENARIOS, Work};

fn pkcs11(criterion: &mut Criterion) {
    for (objects, scenarios) in grouped(SCENARIOS) {
        let edges = edges(objects);
        for scenario in scenarios {
            let mut group = criterion.benchmark_group(format!("pkcs11/{}", scenario.name));
            group.sample_size(20).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
            // A token's login is one for the whole process: two threads would log each other out.
            let thread_counts: &[usize] = if scenario.work == Work::Login { &[1] } else { &[1, 2] };
            for edge in &edges {
                for &threads in thread_counts {
                    let workers: Option<Vec<Worker>> =
                        (0..threads).map(|_| edge.worker(scenario.work, scenario.of_session)).collect();
                    let Some(mut workers) = workers else { continue };
                    group.bench_function(format!("{}/{threads}_threads", edge.name()), |bench| {
                        bench.iter_custom(|iterations| wall(&mut workers, iterations));
                    });
                }
            }
            group.finish();
        }
    }
}

criterion_group!(benches, pkcs11);
criterion_main!(benches);
