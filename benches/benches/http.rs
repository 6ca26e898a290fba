//! KMS over HTTP with strict signatures and eight kept-alive connections, beside a constant answer of the same stack.
#![allow(missing_docs, reason = "criterion's macros")]

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hsm_sim_benches::http::Http;

fn http(criterion: &mut Criterion) {
    let world = Http::start();
    let mut group = criterion.benchmark_group("http/8-connections");
    group
        .throughput(Throughput::Elements(1))
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4));
    for mut row in world.rows() {
        group.bench_function(row.name, |bencher| bencher.iter_custom(|count| row.run(count)));
    }
    group.finish();
}

criterion_group!(benches, http);
criterion_main!(benches);
