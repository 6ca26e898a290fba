//! Durable key generation by one thread, by sixteen and by four processes, in turn with an append and fdatasync on the same disk:
//! medians of the ratios of each round, as rates of a disk move between rounds.
//!
//! `cargo run --profile bench -p hsm-sim-benches --bin creation`
//!
//! `HSM_SIM_BENCH_ROUNDS` sets the rounds.
#![allow(clippy::print_stdout, reason = "its report")]

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

use hsm_sim::builder::KMSUSER;
use hsm_sim::client::Client;
use hsm_sim::control::ClusterFilter;
use hsm_sim::fault::ClientClass;
use hsm_sim::{ActiveCluster, KeyTemplate, Password, Realm, World, WorldOptions};
use hsm_sim_benches::library::disk;
use hsm_sim_benches::measure::median;

const PASSWORD: &str = "kmsPswd1";
/// About the bytes of a key's rows.
const RECORD: [u8; 400] = [7; 400];
/// For each thread and process: enough that the first, slow ones of a process do not count for much.
const KEYS: usize = 400;
const THREADS: usize = 16;
const PROCESSES: usize = 4;

fn main() {
    let mut arguments = std::env::args().skip(1);
    if let Some(directory) = arguments.next() {
        return work(Path::new(&directory));
    }
    let rounds = std::env::var("HSM_SIM_BENCH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(9);
    let directory = tempfile::tempdir_in(disk()).expect("a writable folder");
    let world = World::open(directory.path(), WorldOptions::default()).expect("a new directory");
    ActiveCluster::builder().nodes(1).kmsuser(PASSWORD).build_in(&world, &Realm::default()).expect("a new cluster");
    let client = log_in(&world);
    let mut file = tempfile::tempfile_in(disk()).expect("a writable folder");
    let mut results = Vec::new();
    for _ in 0..rounds {
        results.push([append(&mut file), one(&client), many(&client), processes(directory.path())]);
    }
    let over = |ratio: &dyn Fn(&[f64; 4]) -> f64| median(results.iter().map(ratio).collect());
    println!("append and fdatasync  {:>8.0} /s", over(&|rates| rates[0]));
    println!(
        "one thread            {:>8.0} /s  {:.2} of append and fdatasync",
        over(&|r| r[1]),
        over(&|r| r[1] / r[0])
    );
    println!("{THREADS} threads            {:>8.0} /s  {:.2} of one", over(&|r| r[2]), over(&|r| r[2] / r[1]));
    println!("{PROCESSES} processes           {:>8.0} /s  {:.2} of one", over(&|r| r[3]), over(&|r| r[3] / r[1]));
}

fn log_in(world: &World) -> Client {
    let clusters = world.control(Realm::default()).clusters(&ClusterFilter::default()).expect("an open directory");
    let cluster = &clusters.first().expect("made before").cluster.id;
    let mut client = world.client(cluster, ClientClass::Tools).expect("made before");
    client.login(KMSUSER, &Password::from(PASSWORD)).expect("the right password");
    client
}

fn make(client: &Client, keys: usize) {
    for number in 0..keys {
        client.generate_key(&KeyTemplate::aes(32, &format!("key {number}"))).expect("room for it");
    }
}

/// So many in the time that the work takes, per second.
fn rate(count: usize, work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    count as f64 / start.elapsed().as_secs_f64()
}

fn append(file: &mut File) -> f64 {
    rate(KEYS, || {
        for _ in 0..KEYS {
            file.write_all(&RECORD).expect("a disk with room");
            file.sync_data().expect("a disk that works");
        }
    })
}

fn one(client: &Client) -> f64 {
    rate(KEYS, || make(client, KEYS))
}

fn many(client: &Client) -> f64 {
    rate(THREADS * KEYS, || {
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| make(client, KEYS));
            }
        });
    })
}

fn processes(directory: &Path) -> f64 {
    let program = std::env::current_exe().expect("a running program has a file");
    let start = || -> Child {
        let mut command = Command::new(&program);
        command.arg(directory).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a program that starts")
    };
    let mut children: Vec<Child> = (0..PROCESSES).map(|_| start()).collect();
    let mut answers: Vec<_> =
        children.iter_mut().map(|child| BufReader::new(child.stdout.take().expect("piped"))).collect();
    let mut wait = || answers.iter_mut().for_each(|answer| drop(answer.read_line(&mut String::new())));
    wait();
    let rate = rate(PROCESSES * KEYS, || {
        for child in &mut children {
            child.stdin.as_mut().expect("piped").write_all(b"\n").expect("it waits for this");
        }
        wait();
    });
    for mut child in children {
        drop(child.stdin.take());
        assert!(child.wait().is_ok_and(|status| status.success()), "a process failed");
    }
    rate
}

/// One of the processes: says that it is ready, waits for a line, makes keys, says so, and waits until nobody needs it.
fn work(directory: &Path) {
    let world = World::open(directory, WorldOptions::default()).expect("made before");
    let client = log_in(&world);
    let mut input = std::io::stdin().lock();
    println!("ready");
    let _ = input.read_line(&mut String::new());
    make(&client, KEYS);
    println!("done");
    let _ = input.read(&mut [0]);
}
