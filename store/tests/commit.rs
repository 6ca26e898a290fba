//! Group commit: isolation, failures, panics, many writers.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use hsm_sim_store::{Durability, Error, Failure, Options, Presence, Rows, Seq, Store, Table};
use tempfile::TempDir;

const T: Table = Table::new(1);

fn world() -> (Store, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), Options { durability: Durability::Unsynced }).unwrap();
    (store, directory)
}

fn number(rows: &impl Rows, key: &[u8]) -> u64 {
    rows.get(T, key).unwrap().map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().unwrap()))
}

/// Adds one to a row, so that a lost update shows.
fn add(store: &Store, key: &[u8]) -> Result<Seq, Error> {
    store.write(|tx| {
        let next = number(tx, key) + 1;
        tx.put(T, key, &next.to_le_bytes())?;
        Ok(tx.seq())
    })
}

#[derive(Debug, PartialEq)]
enum Mine {
    Refused,
    Store(Error),
}

impl From<Error> for Mine {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

#[test]
fn one_failing_function_leaves_no_trace_and_disturbs_nobody() {
    let (store, _directory) = world();
    let (writers, rounds) = (16, 60);
    let failed = AtomicU64::new(0);
    let barrier = Barrier::new(writers);
    thread::scope(|scope| {
        for writer in 0..writers {
            let (store, failed, barrier) = (&store, &failed, &barrier);
            scope.spawn(move || {
                barrier.wait();
                let mut seqs = Vec::new();
                for round in 0..rounds {
                    if (writer + round) % 4 == 0 {
                        let result = store.write(|tx| {
                            let next = number(tx, b"sum") + 1000;
                            tx.put(T, b"sum", &next.to_le_bytes())?;
                            tx.put(T, format!("ghost/{writer}/{round}").as_bytes(), &[7; 9000])?;
                            tx.delete(T, b"kept")?;
                            tx.save_snapshot("ghost")?;
                            tx.reset()?;
                            match round % 3 {
                                0 => panic!("a function of this test panics"),
                                1 => Err(Mine::Refused),
                                _ => tx.put(T, &[9; 600], b"").map_err(Mine::Store),
                            }
                        });
                        let expected = match round % 3 {
                            0 => Mine::Store(Error::Panicked),
                            1 => Mine::Refused,
                            _ => Mine::Store(Error::KeyTooLong { length: 610, limit: 511 }),
                        };
                        assert_eq!(result, Err::<(), _>(expected));
                        failed.fetch_add(1, Ordering::Relaxed);
                    } else {
                        seqs.push(add(store, b"sum").unwrap());
                        store.write(|tx| tx.put(T, b"kept", &[1])).unwrap();
                    }
                }
                assert!(seqs.is_sorted());
            });
        }
    });
    store
        .read(|rows| {
            assert_eq!(number(rows, b"sum") + failed.load(Ordering::Relaxed), (writers * rounds) as u64);
            assert_eq!(rows.scan(T, b"ghost", None).unwrap().count(), 0);
            assert_eq!(rows.get(T, b"kept").unwrap(), Some(&[1][..]));
            assert!(rows.snapshots().unwrap().is_empty());
        })
        .unwrap();
}

#[test]
fn failed_commits_change_nothing_and_everybody_hears() {
    let (store, directory) = world();
    add(&store, b"sum").unwrap();
    let stamp = store.read(|rows| rows.stamp()).unwrap();
    let cases = [
        (Failure::DiskFull, "the disk of the state directory is full; free some space and try again"),
        (Failure::MapFull, "the state directory has reached its largest size of 68719476736 bytes"),
        (Failure::Io, "simulated error of the state disk"),
        (Failure::Fatal, "the state directory failed while writing and was reopened; try again"),
    ];
    for (failure, text) in cases {
        store.fail_next_commits(2, failure);
        for _ in 0..2 {
            assert_eq!(add(&store, b"sum").unwrap_err().to_string(), text);
            assert_eq!(store.read(|rows| number(rows, b"sum")), Ok(1));
            assert!(store.is_current(stamp));
        }
    }
    store.fail_next_commits(u32::MAX, Failure::Io);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert!(matches!(add(&store, b"sum"), Err(Error::Io { .. }))));
        }
    });
    store.fail_next_commits(0, Failure::Io);
    add(&store, b"sum").unwrap();
    drop(store);
    let store = Store::open(directory.path(), Options::default()).unwrap();
    assert_eq!(store.read(|rows| number(rows, b"sum")), Ok(2));
}

#[test]
fn a_fatal_failure_reopens_under_readers_and_writers() {
    let (store, _directory) = world();
    let acknowledged = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..200 {
                    match add(&store, b"sum") {
                        Ok(_) => drop(acknowledged.fetch_add(1, Ordering::SeqCst)),
                        Err(error) => assert_eq!(error, Error::Fatal),
                    }
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..20 {
                store.fail_next_commits(1, Failure::Fatal);
                for _ in 0..50 {
                    let before = acknowledged.load(Ordering::SeqCst);
                    let (outer, inner) = store
                        .read(|rows| (number(rows, b"sum"), store.read(|rows| number(rows, b"sum")).unwrap()))
                        .unwrap();
                    assert!(before <= outer && outer <= inner);
                }
            }
        });
    });
    assert_eq!(store.read(|rows| number(rows, b"sum")).unwrap(), acknowledged.into_inner());
}

#[test]
fn nesting_is_refused_not_a_deadlock() {
    let (store, directory) = world();
    let presence = Presence::of(directory.path()).unwrap();
    let nested = store.write(|_| store.write(|tx| tx.put(T, b"a", b"")));
    assert_eq!(nested, Err(Error::Nested));
    let backwards = presence.update(|_| store.write(|tx| tx.put(T, b"a", b"")));
    assert_eq!(backwards, Err(Error::Nested));
    let twice = presence.update(|_| presence.update(|_| Ok::<_, Error>(())));
    assert_eq!(twice, Err(Error::Nested));
    let forwards = store.write(|tx| {
        tx.put(T, b"a", b"1")?;
        presence.update(|tx| tx.enter(b"k", b"v").map(|_| ()))?;
        store.read(|rows| assert_eq!(rows.get(T, b"a").unwrap(), None, "not committed yet"))
    });
    assert_eq!(forwards, Ok(()));
    add(&store, b"sum").unwrap();
}

#[test]
fn a_stamp_is_never_current_for_stale_rows() {
    let (store, _directory) = world();
    let acknowledged = AtomicU64::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..3000 {
                add(&store, b"sum").unwrap();
                acknowledged.fetch_add(1, Ordering::SeqCst);
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                let look = || store.read(|rows| (number(rows, b"sum"), rows.stamp())).unwrap();
                let (mut seen, mut stamp) = look();
                while seen < 3000 {
                    let before = acknowledged.load(Ordering::SeqCst);
                    if store.is_current(stamp) {
                        assert!(before <= seen, "{before} were acknowledged, the cache has {seen}");
                    } else {
                        (seen, stamp) = look();
                    }
                }
            });
        }
    });
}

/// Commits that wait for the disk find their blocks there: the file grows by stretches, not by commits.
#[test]
fn a_synced_file_is_lengthened_ahead() {
    for (durability, ahead) in [(Durability::Synced, true), (Durability::Unsynced, false)] {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), Options { durability }).unwrap();
        let mut lengths = std::collections::BTreeSet::new();
        for number in 0..100u32 {
            store.write(|tx| tx.put(T, &number.to_be_bytes(), &[7; 1000])).unwrap();
            lengths.insert(store.space().unwrap().file);
        }
        assert_eq!(lengths.len() <= 3, ahead, "{durability:?} {lengths:?}");
        let space = store.space().unwrap();
        assert!((100_000..=space.file).contains(&space.used), "{space:?}");
        drop(store);
        let store = Store::open(directory.path(), Options { durability }).unwrap();
        assert_eq!(store.read(|rows| rows.scan(T, b"", None).unwrap().count()), Ok(100));
    }
}
