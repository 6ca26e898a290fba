//! Several processes and forked children on one directory, any of them killed at any moment.
#![allow(unsafe_code, reason = "fork")]

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hsm_sim_store::{Durability, Entry, Error, Options, Presence, Rows, Store, Table};

const T: Table = Table::new(1);
const ROLE: &str = "HSM_SIM_STORE_TEST_ROLE";
const DIRECTORY: &str = "HSM_SIM_STORE_TEST_DIRECTORY";
const PATIENCE: Duration = Duration::from_secs(30);

fn options() -> Options {
    Options { durability: Durability::Unsynced }
}

/// Starts this test program again in another role.
fn spawn(role: &str, directory: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "role", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(DIRECTORY, directory)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Not a test but what the other processes do.
#[test]
fn role() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let directory = PathBuf::from(std::env::var_os(DIRECTORY).unwrap());
    match role.split_once('-') {
        Some(("worker", name)) => worker(&directory, name),
        Some(("visitor", name)) => visitor(&directory, name),
        None if role == "cramped" => cramped(&directory),
        _ => panic!("unknown role {role}"),
    }
}

/// Runs `child` in a forked child, which ends without unwinding or destructors, as a host application's might.
fn fork(child: impl FnOnce()) -> libc::pid_t {
    // SAFETY: the child runs on with the forking thread alone, which is what is tested; it ends by `_exit`.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child));
        // SAFETY: ends the process at once.
        unsafe { libc::_exit(i32::from(outcome.is_err())) }
    }
    assert!(pid > 0, "fork");
    pid
}

/// The exit status of a forked child.
fn wait(pid: libc::pid_t) -> i32 {
    let mut status = 0;
    // SAFETY: `status` is writable.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    status
}

fn kill(pid: i64) {
    let _ = Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status();
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}");
        thread::yield_now();
    }
}

fn number(rows: &impl Rows, key: &[u8]) -> u64 {
    rows.get(T, key).unwrap().map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().unwrap()))
}

/// One mutation: this writer's counter, a numbered row, the sum over all writers.
fn mutate(store: &Store, name: &str) -> Result<u64, Error> {
    store.write(|tx| {
        let counter = format!("count/{name}");
        let next = number(tx, counter.as_bytes()) + 1;
        tx.put(T, counter.as_bytes(), &next.to_le_bytes())?;
        tx.put(T, format!("row/{name}/{next:08}").as_bytes(), &[7; 100])?;
        let sum = number(tx, b"sum") + 1;
        tx.put(T, b"sum", &sum.to_le_bytes())?;
        Ok(next)
    })
}

/// Mutates until the stop file appears, noting in a file what was acknowledged.
fn write_until_stopped(store: &Store, directory: &Path, name: &str) {
    let mut notes = File::create(directory.join(format!("{name}.acknowledged"))).unwrap();
    let mut pid = File::create(directory.join(format!("{name}.pid"))).unwrap();
    write!(pid, "{}", std::process::id()).unwrap();
    while !directory.join("stop").exists() {
        let number = mutate(store, name).unwrap();
        notes.write_all(&number.to_le_bytes()).unwrap();
    }
}

/// Two writing threads, one that checks stamps, and a forked child that goes on with the same store.
fn worker(directory: &Path, name: &str) {
    let store = Store::open(directory, options()).unwrap();
    mutate(&store, &format!("{name}-first")).unwrap();
    let done = AtomicBool::new(false);
    let acknowledged = AtomicU64::new(0);
    thread::scope(|scope| {
        scope.spawn(|| write_until_stopped(&store, directory, &format!("{name}-a")));
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let (seen, stamp) = store.read(|rows| (number(rows, b"sum"), rows.stamp())).unwrap();
                while store.is_current(stamp) && !done.load(Ordering::Relaxed) {
                    let before = acknowledged.load(Ordering::SeqCst);
                    if store.is_current(stamp) {
                        assert!(before <= seen);
                    }
                }
            }
        });
        let child = fork(|| write_until_stopped(&store, directory, &format!("{name}-child")));
        while !directory.join("stop").exists() {
            mutate(&store, &format!("{name}-b")).unwrap();
            acknowledged.store(store.read(|rows| number(rows, b"sum")).unwrap(), Ordering::SeqCst);
        }
        done.store(true, Ordering::Relaxed);
        let mut status = 0;
        // SAFETY: `status` is writable. The child may have been killed; it is only reaped here.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
    });
}

#[test]
fn a_process_that_may_have_little_address_space_opens_the_directory_beside_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), options()).unwrap();
    store.write(|tx| tx.put(T, b"parent", b"1")).unwrap();
    assert!(spawn("cramped", folder.path()).wait().unwrap().success());
    assert!(store.read(|rows| rows.get(T, b"child").unwrap().is_some()).unwrap());
}

#[test]
fn nothing_is_lost_and_no_ghost_appears_whoever_is_killed() {
    if std::env::var_os(ROLE).is_some() {
        return;
    }
    let rounds = if std::env::var_os("HSM_SIM_SOAK").is_some() { 60 } else { 6 };
    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path();
    let store = Store::open(directory, options()).unwrap();
    let mut workers: Vec<(String, Child)> = Vec::new();
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut names = Vec::new();
    for round in 0..rounds {
        while workers.len() < 3 {
            let name = format!("w{}", names.len());
            workers.push((name.clone(), spawn(&format!("worker-{name}"), directory)));
            names.push(name);
        }
        let (name, _) = &workers[workers.len() - 1];
        let child_notes = directory.join(format!("{name}-child.acknowledged"));
        until("the forked child works", || std::fs::metadata(&child_notes).ok().filter(|notes| notes.len() > 80));
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // A moment that depends on the work of all, not on a clock.
        let target = store.read(|rows| number(rows, b"sum")).unwrap() + random % 200;
        until("the others work", || (store.read(|rows| number(rows, b"sum")).unwrap() >= target).then_some(()));
        let victim = (random >> 32) as usize % workers.len();
        if round % 2 == 0 {
            let (_, mut child) = workers.remove(victim);
            child.kill().unwrap();
            child.wait().unwrap();
        } else {
            let pid = std::fs::read_to_string(directory.join(format!("{}-child.pid", workers[victim].0))).unwrap();
            kill(pid.parse().unwrap());
        }
        // This process writes too, behind whatever the dead held.
        mutate(&store, "parent").unwrap();
    }
    File::create(directory.join("stop")).unwrap();
    for (name, mut child) in workers {
        assert!(child.wait().unwrap().success(), "{name}");
    }
    // Orphaned children of killed workers stop by themselves; wait until the sum stands still with nobody alive.
    until("orphans stop", || {
        let living = names.iter().any(|name| {
            let pid = std::fs::read_to_string(directory.join(format!("{name}-child.pid"))).unwrap_or_default();
            let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            !pid.is_empty() && !state.is_empty() && !state.contains(") Z")
        });
        (!living).then_some(())
    });
    store.check_readers().unwrap();
    store
        .read(|rows| {
            let mut sum = 0;
            for row in rows.scan(T, b"count/", None).unwrap() {
                let (key, value) = row.unwrap();
                let name = String::from_utf8(key["count/".len()..].to_vec()).unwrap();
                let count = u64::from_le_bytes(value.try_into().unwrap());
                assert_eq!(
                    rows.scan(T, format!("row/{name}/").as_bytes(), None).unwrap().count() as u64,
                    count,
                    "{name}"
                );
                let notes = std::fs::read(directory.join(format!("{name}.acknowledged"))).unwrap_or_default();
                let last = notes.as_chunks::<8>().0.last().map_or(0, |last| u64::from_le_bytes(*last));
                assert!(last <= count && count <= last + 1 || notes.is_empty(), "{name}: {last} {count}");
                sum += count;
            }
            assert_eq!(sum, number(rows, b"sum"));
        })
        .unwrap();
    mutate(&store, "parent").unwrap();
}

/// Enters, says so, and stays until it is killed.
/// A process that may have eight gigabytes of address space.
fn cramped(directory: &Path) {
    let limit = libc::rlimit { rlim_cur: 8 << 30, rlim_max: 8 << 30 };
    // SAFETY: the structure lives during the call.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
    let store = Store::open(directory, options()).unwrap();
    assert_eq!(store.read(|rows| rows.get(T, b"parent").unwrap().map(<[u8]>::to_vec)), Ok(Some(b"1".to_vec())));
    store.write(|tx| tx.put(T, b"child", b"2")).unwrap();
}

fn visitor(directory: &Path, name: &str) {
    let presence = Presence::of(directory).unwrap();
    let ticket = presence.update(|tx| tx.enter(b"room", name.as_bytes())).unwrap();
    let child = fork(|| {
        let entries = presence.view(b"room").unwrap();
        assert!(entries.iter().all(|entry| !entry.mine), "a child is somebody else");
        assert!(!presence.update(|tx| tx.leave(&ticket)).unwrap(), "and owns no ticket");
        presence.update(|tx| tx.enter(b"child", name.as_bytes())).unwrap();
    });
    assert_eq!(wait(child), 0);
    File::create(directory.join(format!("{name}.here"))).unwrap();
    until("nobody kills this process", || None::<()>);
}

fn who(entries: &[Entry]) -> Vec<(&str, bool)> {
    entries.iter().map(|entry| (std::str::from_utf8(&entry.value).unwrap(), entry.mine)).collect()
}

#[test]
fn the_dead_are_not_present() {
    if std::env::var_os(ROLE).is_some() {
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path();
    let presence = Presence::of(directory).unwrap();
    assert!(!directory.join("presence").exists(), "opened when it is used");
    let ticket = presence.update(|tx| tx.enter(b"room", b"me")).unwrap();
    let second = presence.update(|tx| tx.enter(b"room", b"me too")).unwrap();
    let mut visitors: Vec<_> = ["v1", "v2"].map(|name| spawn(&format!("visitor-{name}"), directory)).into();
    for name in ["v1", "v2"] {
        until("visitors come", || directory.join(format!("{name}.here")).exists().then_some(()));
    }
    let entries = presence.view(b"").unwrap();
    let mut found = who(&entries);
    found.sort_unstable();
    assert_eq!(found, [("me", true), ("me too", true), ("v1", false), ("v2", false)], "no dead child among them");
    assert!(entries.iter().filter(|entry| !entry.mine).all(|entry| visitors.iter().any(|v| v.id() == entry.pid)));

    let mut first = visitors.remove(0);
    first.kill().unwrap();
    // Not reaped yet: a zombie is dead enough.
    until("a killed process is void", || (presence.view(b"room").unwrap().len() == 3).then_some(()));
    first.wait().unwrap();
    assert!(presence.update(|tx| tx.leave(&ticket)).unwrap());
    assert!(!presence.update(|tx| tx.leave(&ticket)).unwrap());
    let refused = presence.update(|tx| {
        assert!(tx.leave(&second)?);
        Err::<(), _>(Error::Forked)
    });
    assert_eq!(refused, Err(Error::Forked));
    assert_eq!(who(&presence.view(b"ro").unwrap()).len(), 2, "an error undoes");
    for mut visitor in visitors {
        visitor.kill().unwrap();
        visitor.wait().unwrap();
    }
    assert_eq!(who(&presence.update(|tx| tx.entries(b"")).unwrap()), [("me too", true)]);
}

#[test]
fn a_fork_inside_transactions_leaves_the_parents_alone() {
    if std::env::var_os(ROLE).is_some() {
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    let store = Store::open(temporary.path(), options()).unwrap();
    mutate(&store, "before").unwrap();
    let mut parent = false;
    let mut child = 0;
    let result = store.write(|tx| {
        tx.put(T, b"inside", b"1")?;
        // SAFETY: the child unwinds the transaction, which is what is tested, and ends below by `_exit`.
        child = unsafe { libc::fork() };
        parent = child != 0;
        Ok::<_, Error>(())
    });
    if !parent {
        let fine = result == Err(Error::Forked)
            && mutate(&store, "child") == Ok(1)
            && store.read(|rows| number(rows, b"sum")) == Ok(2);
        // SAFETY: ends the process at once.
        unsafe { libc::_exit(i32::from(!fine)) }
    }
    assert_eq!(result, Ok(()));
    assert_eq!(wait(child), 0);
    let grandchild = store
        .read(|rows| {
            let pid = fork(|| ());
            assert_eq!(wait(pid), 0);
            // The child's end of this read must not free our reader slot: overwrite everything and look again.
            number(rows, b"sum")
        })
        .unwrap();
    assert_eq!(grandchild, 2);
    assert!(store.read(|rows| rows.get(T, b"inside").unwrap().is_some()).unwrap());
    let child = fork(|| {
        let child = fork(|| assert_eq!(mutate(&store, "grandchild"), Ok(1)));
        assert_eq!(wait(child), 0);
        assert_eq!(mutate(&store, "second child"), Ok(1));
        drop(store.clone());
    });
    assert_eq!(wait(child), 0);
    assert_eq!(store.read(|rows| number(rows, b"sum")), Ok(4));
}

#[test]
fn a_directory_opens_again_while_a_forked_child_lives() {
    if std::env::var_os(ROLE).is_some() {
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    let stop = temporary.path().join("stop");
    let store = Store::open(temporary.path(), options()).unwrap();
    mutate(&store, "parent").unwrap();
    let child = fork(|| until("the parent is done", || stop.exists().then_some(())));
    drop(store);
    let store = Store::open(temporary.path(), options()).unwrap();
    assert_eq!(mutate(&store, "parent"), Ok(2));
    OpenOptions::new().create_new(true).write(true).open(&stop).unwrap();
    assert_eq!(wait(child), 0);
}
