//! A token behind a server beside the same transport alone, with one session and with two.
#![allow(missing_docs, reason = "criterion's macros")]

use criterion::{Criterion, criterion_group, criterion_main};
use hsm_sim_benches::edges::Worker;
use hsm_sim_benches::measure::wall;
use hsm_sim_benches::network::Network;

fn network(criterion: &mut Criterion) {
    let network = Network::start();
    for size in Network::SIZES {
        let mut group = criterion.benchmark_group(format!("network/aes256-gcm-encrypt/{size}"));
        for sessions in [1, 2] {
            let edges: [(&str, Vec<Worker>); 2] = [
                ("token", (0..sessions).map(|_| network.token(size)).collect()),
                ("transport", (0..sessions).map(|_| network.transport(size)).collect()),
            ];
            for (name, mut workers) in edges {
                group.bench_function(format!("{name}/{sessions}_sessions"), |bencher| {
                    bencher.iter_custom(|iterations| wall(&mut workers, iterations));
                });
            }
        }
        group.finish();
    }
}

criterion_group!(benches, network);
criterion_main!(benches);
