//! What a cluster of 28 HSMs with 16,666 keys costs, the documented limits of both: adding the last HSM, a backup, a restore, and opening
//! its directory to the first operation.
//!
//! The directory is on a real disk and every commit is synced. `HSM_SIM_BENCH_NODES` and `HSM_SIM_BENCH_KEYS` set other numbers, so
//! that the figures of 1,000 and 100,000 keys can be laid side by side: they should be the same. How many rows each of the three
//! writes is printed and must not depend on either.
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
use hsm_sim::row::{Rows, Table};
use hsm_sim::{ActiveCluster, BackupId, ClusterId, Durability, Password, Realm, World, WorldOptions};

const PASSWORD: &str = "kmsPswd1";
const LABEL: &str = "key 7";
/// Rows that the three operations may write: a node comes with its users, its counter, its cluster's record, the subnet's and a
/// backup; a restored cluster also with its place in the list, its job and the links of both.
const MOST_ROWS: usize = 10;

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn keys() -> usize {
    number("HSM_SIM_BENCH_KEYS", 16_666)
}

/// With the one that is added and taken away.
fn nodes() -> usize {
    number("HSM_SIM_BENCH_NODES", 28)
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
    let cluster = ActiveCluster::builder().nodes(1).kmsuser(PASSWORD).build_in(&world, &Realm::default()).unwrap();
    let client = log_in(&world, cluster.cluster_id());
    for n in 0..keys() {
        client.generate_key(&KeyTemplate::aes(32, &format!("key {n}"))).unwrap();
    }
    drop(client);
    let control = world.control(Realm::default());
    for letter in ['a', 'b', 'c'].into_iter().cycle().take(nodes().saturating_sub(2)) {
        control.create_hsm(cluster.cluster_id(), &zone(letter), None).unwrap();
    }
    cluster.cluster_id().clone()
}

/// Rows of the world, and how many of them are new since.
#[expect(clippy::print_stdout, reason = "for the reader of the bench's output")]
fn rows_written<T>(world: &World, what: &str, work: impl FnOnce() -> T) {
    let count = || {
        let tables = (0..200).map(Table::new);
        let of = |table| world.read(|rows| Ok::<_, hsm_sim::Error>(rows.scan(table, b"", None)?.count())).unwrap();
        tables.map(of).sum::<usize>()
    };
    let before = count();
    work();
    let written = count() - before;
    println!("{what} leaves {written} new rows");
    assert!(written <= MOST_ROWS, "{what} writes {written} rows");
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
    let mut group = criterion.benchmark_group(format!("scale/{}_hsms_{}_keys", nodes(), keys()));
    group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    group.bench_function("open_to_first_operation", |bench| {
        bench.iter_custom(|iterations| repeat(iterations, || first_operation(directory, &cluster)));
    });
    let world = open(directory, Durability::Synced);
    let control = world.control(Realm::default());
    let backup = control.take_backup(&cluster).unwrap().id;
    rows_written(&world, "a backup", || control.take_backup(&cluster).unwrap());
    rows_written(&world, "adding and removing an HSM", || add_hsm(&control, &cluster));
    rows_written(&world, "a restored cluster, its HSM and the deletion of both", || restore(&control, &backup));
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
