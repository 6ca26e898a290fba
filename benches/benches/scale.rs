//! What a cluster with 100,000 keys costs: adding an HSM, a backup, a restore, and opening its directory to the first operation.
//!
//! The directory is on a real disk and every commit is synced. `HSM_SIM_BENCH_KEYS` sets another number of keys, so that the
//! figures of 1,000 and 100,000 keys can be laid side by side: they should be the same.
#![allow(missing_docs, reason = "criterion's macros")]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use hsm_sim::builder::KMSUSER;
use hsm_sim::client::{Client, Query};
use hsm_sim::control::{Control, CreateCluster, HsmSelector};
use hsm_sim::fault::ClientClass;
use hsm_sim::object::KeyTemplate;
use hsm_sim::realm::AvailabilityZone;
use hsm_sim::{ActiveCluster, BackupId, ClusterId, Durability, Password, Realm, World, WorldOptions};

const PASSWORD: &str = "kmsPswd1";
const LABEL: &str = "key 7";

fn keys() -> usize {
    std::env::var("HSM_SIM_BENCH_KEYS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000)
}

fn open(directory: &Path, durability: Durability) -> World {
    World::open(directory, WorldOptions { durability, ..WorldOptions::default() }).unwrap()
}

fn log_in(world: &World, cluster: &ClusterId) -> Client {
    let mut client = world.client(cluster, ClientClass::Tools).unwrap();
    client.login(KMSUSER, &Password::from(PASSWORD)).unwrap();
    client
}

/// Makes the cluster and its keys. Unsynced, then synced by the first commit of the measurement.
fn fill(directory: &Path) -> ClusterId {
    let world = open(directory, Durability::Unsynced);
    let cluster = ActiveCluster::builder().nodes(3).kmsuser(PASSWORD).build_in(&world, &Realm::default()).unwrap();
    let client = log_in(&world, cluster.cluster_id());
    for n in 0..keys() {
        client.generate_key(&KeyTemplate::aes(32, &format!("key {n}"))).unwrap();
    }
    cluster.cluster_id().clone()
}

fn zone(letter: char) -> AvailabilityZone {
    format!("us-east-1{letter}").parse().unwrap()
}

fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let made = work();
    (start.elapsed(), made)
}

/// Adds one node, and takes it away outside the measurement.
fn add_hsm(control: &Control, cluster: &ClusterId) -> Duration {
    let (spent, node) = time(|| control.create_hsm(cluster, &zone('a'), None).unwrap());
    control.delete_hsm(cluster, &HsmSelector::Id(node.id)).unwrap();
    spent
}

/// A new cluster from the backup with its first node.
fn restore(control: &Control, backup: &BackupId) -> Duration {
    let subnets = control.default_subnets().unwrap().into_iter().map(|subnet| subnet.id).collect();
    let (spent, (cluster, node)) = time(|| {
        let cluster = control.create_cluster(CreateCluster::new(subnets).restoring(backup.clone())).unwrap().cluster.id;
        let node = control.create_hsm(&cluster, &zone('a'), None).unwrap();
        (cluster, node)
    });
    control.delete_hsm(&cluster, &HsmSelector::Id(node.id)).unwrap();
    control.delete_cluster(&cluster).unwrap();
    spent
}

/// Opens the directory, logs in, finds a key and encrypts with it.
fn first_operation(directory: &Path, cluster: &ClusterId) -> Duration {
    let (spent, world) = time(|| {
        let world = open(directory, Durability::Synced);
        let client = log_in(&world, cluster);
        let (handles, _) = client.find(&Query::label(LABEL)).unwrap();
        black_box(client.encrypt(handles[0], b"", b"first").unwrap());
        drop(client);
        world
    });
    drop(world);
    spent
}

fn repeat(iterations: u64, mut once: impl FnMut() -> Duration) -> Duration {
    (0..iterations).map(|_| once()).sum()
}

fn scale(criterion: &mut Criterion) {
    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path();
    let cluster = fill(directory);
    let mut group = criterion.benchmark_group(format!("scale/{}_keys", keys()));
    group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    group.bench_function("open_to_first_operation", |bench| {
        bench.iter_custom(|iterations| repeat(iterations, || first_operation(directory, &cluster)));
    });
    let world = open(directory, Durability::Synced);
    let control = world.control(Realm::default());
    let backup = control.take_backup(&cluster).unwrap().id;
    group.bench_function("restore", |bench| {
        bench.iter_custom(|iterations| repeat(iterations, || restore(&control, &backup)));
    });
    group.bench_function("add_hsm", |bench| {
        bench.iter_custom(|iterations| repeat(iterations, || add_hsm(&control, &cluster)));
    });
    group.bench_function("backup", |bench| {
        bench.iter_custom(|iterations| repeat(iterations, || time(|| control.take_backup(&cluster).unwrap()).0));
    });
    group.finish();
}

criterion_group!(benches, scale);
criterion_main!(benches);
