//! Many threads use the module while HSMs of its cluster die and come back: no wrong result, no deadlock, no lost object.
//!
//! `HSM_SIM_SOAK=60 cargo test -p hsm-sim-pkcs11 --test soak` goes on for a minute.

mod common;

use std::io::{BufRead, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use hsm_sim::fault::{FaultKind, FaultSpec};
use hsm_sim::{ActiveCluster, ClusterId, Realm, World, WorldOptions};

const THREADS: u64 = 64;
/// How long, unless the environment says otherwise.
const SECONDS: u64 = 5;
/// Calls between two changes of the faults.
const CALLS_PER_FAULT: u64 = 400;
/// Nobody gets anywhere for so long: a deadlock.
const PATIENCE: Duration = Duration::from_secs(60);
const ROLE: &str = "HSM_SIM_SOAK_BREAKER";

static CALLS: AtomicU64 = AtomicU64::new(0);
static STOP: AtomicBool = AtomicBool::new(false);

/// Not a test but the other process, which breaks and heals one HSM after the other, one step for each line that it reads. The
/// process with the module cannot: it has the directory open already.
#[test]
fn breaker() {
    let Ok(cluster) = std::env::var(ROLE) else { return };
    let cluster: ClusterId = cluster.parse().unwrap();
    let directory = std::env::var_os("HSM_SIM_DIR").unwrap();
    let world = World::open(directory.as_ref(), WorldOptions::default()).unwrap();
    let nodes = world.control(Realm::default()).cluster(&cluster).unwrap().nodes;
    for (step, line) in std::io::stdin().lock().lines().enumerate() {
        world.faults().clear_all().unwrap();
        if line.unwrap() == "heal" {
            break;
        }
        let node = nodes[step % nodes.len()].id.clone();
        let cluster = cluster.clone();
        let kind = match step % 2 {
            0 => FaultKind::NodeDown { cluster, node },
            _ => FaultKind::NodeFailed { cluster, node },
        };
        world.faults().set(&FaultSpec::new(kind)).unwrap();
    }
}

fn spawn_breaker(cluster: &ClusterId) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "breaker", "--test-threads=1"])
        .env(ROLE, cluster.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn nothing_is_wrong_or_lost_while_hsms_die() {
    let seconds = std::env::var("HSM_SIM_SOAK").map_or(SECONDS, |seconds| seconds.parse().expect("seconds"));
    let directory = tempfile::tempdir().unwrap();
    let cluster = {
        // Closed again before the module opens the directory: a process has one environment per directory.
        let world = World::open(directory.path(), WorldOptions::default()).unwrap();
        let active = ActiveCluster::builder().nodes(3).kmsuser("kmsPswd1").build_in(&world, &Realm::default()).unwrap();
        active.cluster_id().clone()
    };
    common::use_directory(directory.path());
    let module = Pkcs11::new(common::module()).unwrap();
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
    let slot = module.get_slots_with_token().unwrap()[0];
    let keeper = module.open_rw_session(slot).unwrap();
    keeper.login(UserType::User, Some(&AuthPin::new("kmsuser:kmsPswd1".into()))).unwrap();

    let mut breaker = spawn_breaker(&cluster);
    let mut orders = breaker.stdin.take().unwrap();
    let owned: Vec<Owned> = thread::scope(|scope| {
        let module = &module;
        let workers: Vec<_> =
            (0..THREADS).map(|number| scope.spawn(move || Worker::new(module, slot, number))).collect();
        let workers: Vec<_> = workers.into_iter().map(|worker| worker.join().unwrap()).collect();
        let running: Vec<_> = workers.into_iter().map(|worker| scope.spawn(move || worker.work())).collect();
        let end = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < end {
            await_calls(CALLS_PER_FAULT);
            orders.write_all(b"break\n").unwrap();
        }
        STOP.store(true, Ordering::Release);
        running.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    orders.write_all(b"heal\n").unwrap();
    drop(orders);
    assert!(breaker.wait().unwrap().success());

    for owned in owned {
        owned.check(&keeper);
    }
}

/// Waits until so many calls more were made.
fn await_calls(more: u64) {
    let until = CALLS.load(Ordering::Acquire) + more;
    let deadline = Instant::now() + PATIENCE;
    while CALLS.load(Ordering::Acquire) < until {
        if Instant::now() > deadline {
            eprintln!("nobody gets anywhere");
            // Threads that wait for each other would keep the test from ending.
            std::process::abort();
        }
        thread::yield_now();
    }
}

/// A key of the token that must be there in the end, and what it made of known data when it was new.
struct Owned {
    label: String,
    sealed: Vec<u8>,
}

const DATA: &[u8] = b"what every key encrypts";

fn cbc() -> Mechanism<'static> {
    Mechanism::AesCbcPad([9; 16])
}

impl Owned {
    fn check(&self, session: &Session) {
        let found = session.find_objects(&[Attribute::Label(self.label.clone().into())]).unwrap();
        assert_eq!(found.len(), 1, "{} is lost", self.label);
        assert_eq!(session.decrypt(&cbc(), found[0], &self.sealed).unwrap(), DATA, "{} is another key", self.label);
    }
}

/// One thread's part.
struct Worker {
    session: Session,
    key: ObjectHandle,
    owned: Owned,
    /// What is made on the way; those that could be destroyed are gone.
    number: u64,
}

fn template(label: &str, token: bool) -> [Attribute; 6] {
    [
        Attribute::ValueLen(32.into()),
        Attribute::Token(token),
        Attribute::Label(label.into()),
        Attribute::Encrypt(true),
        Attribute::Decrypt(true),
        Attribute::Sensitive(true),
    ]
}

/// Runs a call; what may come of a cluster that is breaking is no result.
fn survived<T>(result: Result<T, Error>) -> Option<T> {
    CALLS.fetch_add(1, Ordering::AcqRel);
    match result {
        Ok(value) => Some(value),
        // A node is gone, a key is on too few nodes, a session's object died with its node.
        Err(Error::Pkcs11(
            RvError::DeviceError
            | RvError::FunctionFailed
            | RvError::KeyHandleInvalid
            | RvError::ObjectHandleInvalid
            | RvError::FunctionCanceled,
            _,
        )) => None,
        Err(error) => panic!("no answer of a breaking cluster: {error}"),
    }
}

impl Worker {
    fn new(module: &Pkcs11, slot: Slot, number: u64) -> Self {
        let session = module.open_rw_session(slot).unwrap();
        let label = format!("owned by {number}");
        let key = session.generate_key(&Mechanism::AesKeyGen, &template(&label, true)).unwrap();
        let sealed = session.encrypt(&cbc(), key, DATA).unwrap();
        Self { session, key, owned: Owned { label, sealed }, number }
    }

    fn work(self) -> Owned {
        let session = &self.session;
        let mut round = 0_u64;
        while !STOP.load(Ordering::Acquire) {
            round += 1;
            if let Some(sealed) = survived(session.encrypt(&cbc(), self.key, DATA)) {
                assert_eq!(sealed, self.owned.sealed);
            }
            if let Some(opened) = survived(session.decrypt(&cbc(), self.key, &self.owned.sealed)) {
                assert_eq!(opened, DATA);
            }
            match (round + self.number) % 8 {
                0 => self.make_and_destroy(true),
                1..4 => self.make_and_destroy(false),
                4 => {
                    let found = survived(session.find_objects(&[Attribute::Label(self.owned.label.clone().into())]));
                    assert!(found.is_none_or(|found| found.len() <= 1));
                }
                5 => {
                    if let Some(digest) = survived(session.digest(&Mechanism::Sha256, DATA)) {
                        assert_eq!(digest.len(), 32);
                    }
                }
                _ => drop(survived(session.generate_random_vec(32))),
            }
        }
        self.owned
    }

    fn make_and_destroy(&self, token: bool) {
        let session = &self.session;
        let made = survived(session.generate_key(&Mechanism::AesKeyGen, &template("on the way", token)));
        let Some(key) = made else { return };
        if let Some(sealed) = survived(session.encrypt(&cbc(), key, DATA))
            && let Some(opened) = survived(session.decrypt(&cbc(), key, &sealed))
        {
            assert_eq!(opened, DATA);
        }
        let _ = survived(session.destroy_object(key));
    }
}
