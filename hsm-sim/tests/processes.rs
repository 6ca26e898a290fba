//! Timed work of one directory with several processes on it: each job has its effect once, and a killed runner blocks nobody.
//!
//! The children are this test program again, told by the environment what to be.
#![allow(missing_docs, clippy::print_stdout, reason = "a test program; a child speaks to its parent")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hsm_sim::backup::BackupCause;
use hsm_sim::control::{BackupFilter, CreateCluster};
use hsm_sim::job::{self, Handler, JobKey};
use hsm_sim::{ActiveCluster, Durability, Realm, Result, SimTime, World, WorldOptions};

const ROLE: &str = "HSM_SIM_TEST_ROLE";
const DIRECTORY: &str = "HSM_SIM_TEST_DIRECTORY";
const OWNER: u8 = 9;
const DAY: Duration = Duration::from_secs(24 * 3_600);

fn open(directory: &Path) -> World {
    World::open(directory, WorldOptions { durability: Durability::Unsynced, ..WorldOptions::default() }).unwrap()
}

fn child(role: &str, directory: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "as_a_child", "--nocapture"])
        .env(ROLE, role)
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Does nothing as a test; the children's entry.
#[test]
fn as_a_child() {
    let (Ok(role), Ok(directory)) = (std::env::var(ROLE), std::env::var(DIRECTORY)) else { return };
    let world = open(Path::new(&directory));
    match role.as_str() {
        "runner" => assert!(world.run_due(&[]).is_ok()),
        "stuck" => assert!(world.run_due(&[&Stuck]).is_ok()),
        other => panic!("no such role: {other}"),
    }
}

/// Says that it has begun, and never ends.
struct Stuck;

impl Handler for Stuck {
    fn owner(&self) -> u8 {
        OWNER
    }

    fn run(&self, _: &World, _: &JobKey, _: &[u8], _: SimTime, _: SimTime) -> Result<()> {
        println!("\nbegun");
        loop {
            std::thread::park();
        }
    }
}

/// Takes its job and counts.
struct Counting(std::sync::atomic::AtomicUsize);

impl Handler for Counting {
    fn owner(&self) -> u8 {
        OWNER
    }

    fn run(&self, world: &World, key: &JobKey, _: &[u8], _: SimTime, _: SimTime) -> Result<()> {
        if world.write(|tx| job::take(tx, key))? {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        Ok(())
    }
}

#[test]
fn each_daily_backup_is_taken_once_whoever_runs() {
    let directory = tempfile::tempdir().unwrap();
    let world = open(directory.path());
    let first = ActiveCluster::builder().nodes(1).build_in(&world, &Realm::default()).unwrap();
    let control = first.control();
    let backup = control.take_backup(first.cluster_id()).unwrap().id;
    let subnets: Vec<_> = control.default_subnets().unwrap().into_iter().map(|subnet| subnet.id).collect();
    for zone in first.realm().zones().iter().cycle().take(8) {
        let request = CreateCluster::new(subnets.clone()).restoring(backup.clone());
        let clone = control.create_cluster(request).unwrap().cluster.id;
        control.create_hsm(&clone, zone, None).unwrap();
    }
    world
        .write(|tx| {
            let (clock, wall) = (World::clock(tx)?, world.wall().now_millis());
            world.set_clock(tx, clock.moved_to(clock.now(wall) + DAY, wall))
        })
        .unwrap();
    let children: Vec<Child> = (0..4).map(|_| child("runner", directory.path())).collect();
    world.run_due(&[]).unwrap();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let mut backups = control.backups(&BackupFilter::default(), true).unwrap();
    backups.retain(|backup| backup.cause == BackupCause::Daily);
    assert_eq!(backups.len(), 9);
    backups.sort_by(|a, b| a.cluster.cmp(&b.cluster));
    backups.dedup_by(|a, b| a.cluster == b.cluster);
    assert_eq!(backups.len(), 9);
}

#[test]
fn a_killed_runner_leaves_its_jobs_to_the_others() {
    let directory = tempfile::tempdir().unwrap();
    let world = open(directory.path());
    world.write(|tx| job::schedule(tx, world.now(tx)?, OWNER, vec![])).unwrap();
    let mut stuck = child("stuck", directory.path());
    let lines = BufReader::new(stuck.stdout.take().unwrap()).lines();
    assert!(lines.map_while(std::result::Result::ok).any(|line| line == "begun"));
    stuck.kill().unwrap();
    stuck.wait().unwrap();
    let counting = Counting(0.into());
    assert_eq!(world.run_due(&[&counting]), Ok(1));
    assert_eq!(counting.0.into_inner(), 1);
}
