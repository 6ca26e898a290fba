//! What a directory costs as it grows: finding and making a key, opening the directory, a backup, a restore and one HSM more. With the
//! figures that are no times: rows that the three operations write, bytes per key on the disk, anonymous memory.
//!
//! `HSM_SIM_BENCH_SIZES` sets HSMs × keys; the documented limits and the largest that are promised are
//!
//! `HSM_SIM_BENCH_SIZES=1x100,1x10000,1x100000,1x1000000,28x16666,3x1000000 cargo bench -p hsm-sim-benches --bench scale`
//!
//! Directories are on a real disk and every commit that is measured is synced. What must not grow is laid side by side by criterion.
#![allow(missing_docs, reason = "criterion's macros")]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use hsm_sim::builder::KMSUSER;
use hsm_sim::client::{Client, Query};
use hsm_sim::control::{Control, CreateCluster, HsmSelector};
use hsm_sim::fault::ClientClass;
use hsm_sim::object::KeyTemplate;
use hsm_sim::realm::AvailabilityZone;
use hsm_sim::row::{Rows, Table};
use hsm_sim::token::{Application, Attribute, Options, SessionId, SlotId, Template, UserType};
use hsm_sim::{ActiveCluster, BackupId, ClusterId, Durability, Password, Realm, World, WorldOptions};
use hsm_sim_benches::edges::{Edge, Worker};
use hsm_sim_benches::measure::{Contestant, anonymous_memory, median, processor, rounds, spread};
use hsm_sim_benches::raw::PasswordHash;
use hsm_sim_benches::scenario::Work;

const PASSWORD: &str = "kmsPswd1";
/// Keys made in one transaction when a directory is filled.
const BATCH: usize = 1000;
/// Keys that are used for the figure of memory.
const TOUCHED: usize = 100_000;
/// Rounds of logins beside hashes.
const LOGIN_ROUNDS: usize = 5;
/// Rows that the three operations may write: a node comes with its users, its counter, its cluster's record, the subnet's, a
/// backup and what audit logs note of it; a restored cluster also with its place in the list, its job and the links of both.
const MOST_ROWS: usize = 24;

/// HSMs and keys.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// With the one that is added and taken away.
    nodes: usize,
    keys: usize,
}

impl Size {
    fn all() -> Vec<Self> {
        let text = std::env::var("HSM_SIM_BENCH_SIZES").unwrap_or_else(|_| "1x100,3x10000,28x16666".to_owned());
        let size = |text: &str| {
            let (nodes, keys) = text.split_once('x')?;
            Some(Self { nodes: nodes.trim().parse().ok()?, keys: keys.trim().parse().ok()? })
        };
        text.split(',').map(|part| size(part).expect("sizes are written like 28x16666")).collect()
    }
}

fn open(directory: &Path, durability: Durability) -> World {
    World::open(directory, WorldOptions { durability, ..WorldOptions::default() }).unwrap()
}

fn log_in(world: &World, cluster: &ClusterId) -> Client {
    let mut client = world.client(cluster, ClientClass::Tools).unwrap();
    client.login(KMSUSER, &Password::from(PASSWORD)).unwrap();
    client
}

fn label(number: usize) -> String {
    format!("key {number}")
}

/// Makes the cluster and its keys. Unsynced, then synced by the first commit of the measurement.
fn fill(directory: &Path, size: Size) -> ClusterId {
    let world = open(directory, Durability::Unsynced);
    let cluster = ActiveCluster::builder().nodes(1).kmsuser(PASSWORD).build_in(&world, &Realm::default()).unwrap();
    let client = log_in(&world, cluster.cluster_id());
    for start in (0..size.keys).step_by(BATCH) {
        let numbers = start..(start + BATCH).min(size.keys);
        let templates: Vec<KeyTemplate> = numbers.map(|number| KeyTemplate::aes(32, &label(number))).collect();
        client.generate_keys(&templates).unwrap();
    }
    drop(client);
    let control = world.control(Realm::default());
    for letter in ['a', 'b', 'c'].into_iter().cycle().take(size.nodes.saturating_sub(2)) {
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
    // Events of logins become rows with the next event that is one: not now.
    world.audited().unwrap();
    let before = count();
    work();
    let written = count() - before;
    println!("{what} leaves {written} new rows");
    assert!(written <= MOST_ROWS, "{what} writes {written} rows");
}

/// Room on the disk and in memory.
#[expect(clippy::print_stdout, reason = "for the reader of the bench's output")]
fn room(world: &World, client: &Client, size: Size) {
    let per_key = |bytes: u64| bytes as f64 / size.keys as f64;
    let space = world.store().space().unwrap();
    println!(
        "{} HSMs, {} keys: {:.0} bytes of file per key, {:.0} of them in use",
        size.nodes,
        size.keys,
        per_key(space.file),
        per_key(space.used)
    );
    let before = anonymous_memory();
    let (handles, _) = client.find(&Query::default()).unwrap();
    let found = anonymous_memory();
    let step = handles.len().div_ceil(TOUCHED).max(1);
    let touched = handles.iter().step_by(step);
    touched.clone().for_each(|handle| drop(black_box(client.encrypt(*handle, b"", b"data").unwrap())));
    println!(
        "anonymous memory: {} KiB, {} KiB when all keys were listed, {} KiB when {} were used",
        before / 1024,
        found / 1024,
        anonymous_memory() / 1024,
        touched.len()
    );
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
        let (handles, _) = client.find(&Query::label(&label(7))).unwrap();
        black_box(client.encrypt(handles[0], b"", b"first").unwrap());
        drop(client);
        world
    });
    drop(world);
    spent
}

/// A PKCS#11 client on the directory.
struct Token {
    application: Application,
    slot: SlotId,
}

impl Token {
    fn new(world: &World) -> Self {
        let options = Options { skip_availability_check: true, ..Options::default() };
        let application = Application::open(world, options).unwrap();
        let slot = application.slots().unwrap()[0];
        Self { application, slot }
    }

    fn log_in(&self) -> SessionId {
        let session = self.application.open_session(self.slot, true).unwrap();
        self.application.login(session, UserType::User, format!("{KMSUSER}:{PASSWORD}").as_bytes()).unwrap();
        session
    }

    fn log_in_and_out(&self) {
        let session = self.log_in();
        self.application.logout(session).unwrap();
        self.application.close_session(session).unwrap();
    }

    fn find(&self, session: SessionId, number: usize) {
        let template = Template::new().bytes(Attribute::Label, label(number).as_bytes());
        self.application.find_init(session, &template).unwrap();
        assert_eq!(self.application.find(session, 10).unwrap().len(), 1);
        self.application.find_final(session).unwrap();
    }
}

/// The first search of a process that has just opened the directory and logged in.
fn first_find(directory: &Path) -> Duration {
    let world = open(directory, Durability::Synced);
    let token = Token::new(&world);
    let session = token.log_in();
    time(|| token.find(session, 7)).0
}

/// A session that is opened, logged in, logged out and closed beside the hash of a password alone, by the processor's time.
#[expect(clippy::print_stdout, reason = "for the reader of the bench's output")]
fn login(world: &World, size: Size) {
    let token = Token::new(world);
    let mut both: [Worker; 2] = [
        PasswordHash::new().worker(Work::Login, false).expect("what it is for"),
        Box::new(move || token.log_in_and_out()),
    ];
    let runs = both
        .iter_mut()
        .map(|worker| -> Contestant<'_> { ("login", Box::new(move |iterations| processor(worker, iterations))) });
    let times = rounds(&mut runs.collect::<Vec<_>>(), LOGIN_ROUNDS);
    let shares = times[0].iter().zip(&times[1]).map(|(hash, login)| hash / login).collect();
    println!("{} HSMs: the password's hash is {:.2} of a login", size.nodes, median(shares));
}

fn repeat(iterations: u64, mut once: impl FnMut() -> Duration) -> Duration {
    (0..iterations).map(|_| once()).sum()
}

fn measure(group: &mut BenchmarkGroup<'_, WallTime>, size: Size) {
    let temporary = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let directory = temporary.path();
    let cluster = fill(directory, size);
    let name = |what: &str| BenchmarkId::new(what, format!("{}x{}", size.nodes, size.keys));
    // First, as every login of the measurements is noted in the audit log of each HSM.
    {
        let world = open(directory, Durability::Synced);
        room(&world, &log_in(&world, &cluster), size);
    }
    group.bench_function(name("open_to_first_operation"), |bench| {
        bench.iter_custom(|iterations| repeat(iterations, || first_operation(directory, &cluster)));
    });
    group.bench_function(name("first_find"), |bench| {
        bench.iter_custom(|iterations| repeat(iterations, || first_find(directory)));
    });

    let world = open(directory, Durability::Synced);
    let control = world.control(Realm::default());
    let client = log_in(&world, &cluster);
    let (token, mut numbers) = (Token::new(&world), spread(size.keys));
    let session = token.log_in();
    let mut find: Worker = Box::new(move || token.find(session, numbers.next().unwrap_or(0)));
    group.bench_function(name("find"), |bench| bench.iter_custom(|iterations| processor(&mut find, iterations)));
    drop(find);
    group.bench_function(name("create"), |bench| {
        bench.iter(|| client.generate_key(&KeyTemplate::aes(32, "one more")).unwrap());
    });
    drop(client);
    login(&world, size);

    let backup = control.take_backup(&cluster).unwrap().id;
    rows_written(&world, "a backup", || control.take_backup(&cluster).unwrap());
    rows_written(&world, "adding and removing an HSM", || add_hsm(&control, &cluster));
    rows_written(&world, "a restored cluster, its HSM and the deletion of both", || restore(&control, &backup));
    group.bench_function(name("restore"), |bench| {
        bench.iter_custom(|iterations| repeat(iterations, || restore(&control, &backup)));
    });
    group.bench_function(name("add_hsm"), |bench| {
        bench.iter_custom(|iterations| repeat(iterations, || add_hsm(&control, &cluster)));
    });
    group.bench_function(name("backup"), |bench| {
        bench.iter_custom(|iterations| repeat(iterations, || time(|| control.take_backup(&cluster).unwrap()).0));
    });
}

fn scale(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scale");
    group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    for size in Size::all() {
        measure(&mut group, size);
    }
    group.finish();
}

criterion_group!(benches, scale);
criterion_main!(benches);
