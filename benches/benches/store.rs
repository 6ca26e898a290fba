//! The store: durable puts by one and by many writers, reads, and the check of a stamp.
//!
//! Rates of the disk move between runs, so the gain of the group commit is a ratio of interleaved rounds, printed first.

use std::hint::black_box;
use std::sync::Once;
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use store::{Durability, Error, Options, Rows, Store, Table};
use tempfile::TempDir;

const T: Table = Table::new(1);
const KEYS: u64 = 100_000;
const WRITERS: u64 = 16;
const VALUE: [u8; 400] = [7; 400];

struct World {
    store: Store,
    _directory: TempDir,
}

/// A directory on the disk of the build folder, with rows in it.
fn world(durability: Durability) -> World {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let fill = Store::open(directory.path(), Options { durability: Durability::Unsynced }).unwrap();
    for start in (0..KEYS).step_by(1000) {
        fill.write(|tx| (start..start + 1000).try_for_each(|key| tx.put(T, &key.to_be_bytes(), &VALUE))).unwrap();
    }
    drop(fill);
    let store = Store::open(directory.path(), Options { durability }).unwrap();
    World { store, _directory: directory }
}

/// A key somewhere, the same sequence every time.
fn spread(number: u64) -> [u8; 8] {
    (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % KEYS).to_be_bytes()
}

/// The time in which `writers` threads put `count` rows, each in a transaction of its own.
fn put(store: &Store, writers: u64, count: u64) -> Duration {
    let start = Instant::now();
    thread::scope(|scope| {
        for writer in 0..writers {
            let share = count / writers + u64::from(writer < count % writers);
            scope.spawn(move || {
                for number in 0..share {
                    let key = spread(writer << 32 | number);
                    store.write(|tx| tx.put(T, &key, &VALUE)).unwrap();
                }
            });
        }
    });
    start.elapsed()
}

/// How many times as many mutations the writers commit together as one does alone.
fn ratio(store: &Store) {
    let per_second = |writers: u64, count: u64| count as f64 / put(store, writers, count).as_secs_f64();
    let mut rounds: Vec<_> = (0..9)
        .map(|_| {
            let one = per_second(1, 300);
            let many = per_second(WRITERS, 300 * WRITERS);
            (many / one, one, many)
        })
        .collect();
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, one, many) = rounds[rounds.len() / 2];
    eprintln!(
        "group commit: {WRITERS} writers {many:.0}/s, one writer {one:.0}/s, ratio {ratio:.2} (median of 9 rounds)"
    );
}

fn durable_puts(c: &mut Criterion) {
    static RATIO: Once = Once::new();

    let world = world(Durability::Synced);
    let mut group = c.benchmark_group("store/durable_put");
    group.throughput(Throughput::Elements(1)).sample_size(20).measurement_time(Duration::from_secs(3));
    for writers in [1, WRITERS] {
        group.bench_function(format!("{writers}_writers"), |b| {
            b.iter_custom(|count| {
                // Not in a smoke run, which measures one iteration.
                if count > 1 {
                    RATIO.call_once(|| ratio(&world.store));
                }
                put(&world.store, writers, count)
            });
        });
    }
    group.finish();
}

fn unsynced_puts(c: &mut Criterion) {
    let world = world(Durability::Unsynced);
    c.bench_function("store/unsynced_put", |b| b.iter_custom(|count| put(&world.store, 1, count)));
}

fn reads(c: &mut Criterion) {
    let world = world(Durability::Unsynced);
    let store = &world.store;
    let mut number = 0;
    c.bench_function("store/read_get", |b| {
        b.iter(|| {
            number += 1;
            store.read(|rows| rows.get(T, &spread(number)).map(|value| value.map(|bytes| bytes[0]))).unwrap().unwrap()
        });
    });
    c.bench_function("store/read_empty", |b| b.iter(|| store.read(|rows| rows.stamp()).unwrap()));
    let stamp = store.read(|rows| rows.stamp()).unwrap();
    c.bench_function("store/is_current", |b| b.iter(|| store.is_current(black_box(stamp))));
    store.write(|tx| tx.put(T, b"later", b"")).unwrap();
    c.bench_function("store/is_not_current", |b| b.iter(|| store.is_current(black_box(stamp))));
}

/// Snapshot, a change, restore: the same with any number of rows.
fn snapshots(c: &mut Criterion) {
    let world = world(Durability::Unsynced);
    let rewind = |tx: &mut store::Writer<'_>| {
        tx.save_snapshot("bench")?;
        tx.put(T, b"changed", b"")?;
        tx.restore_snapshot("bench").map(|_| ())
    };
    c.bench_function("store/snapshot_and_restore", |b| {
        b.iter(|| world.store.write(rewind).unwrap_or_else(|error: Error| fail(&error)))
    });
}

fn fail(error: &Error) {
    panic!("{error}");
}

criterion_group!(benches, durable_puts, unsynced_puts, reads, snapshots);
criterion_main!(benches);
