//! Rows, versions and snapshots through the public interface.

use hsm_sim_store::{Durability, Error, Options, Rows, Seq, Stamp, Store, Table, Version, Writer};
use tempfile::TempDir;

const T: Table = Table::new(1);
const OTHER: Table = Table::new(2);
const PERMANENT: Table = Table::permanent(210);

struct World {
    store: Store,
    directory: TempDir,
}

fn world() -> World {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), Options { durability: Durability::Unsynced }).unwrap();
    World { store, directory }
}

impl World {
    fn write<T: Send>(&self, f: impl FnOnce(&mut Writer<'_>) -> Result<T, Error> + Send) -> T {
        self.store.write(f).unwrap()
    }

    fn put(&self, key: &[u8], value: &[u8]) -> Seq {
        self.write(|tx| tx.put(T, key, value).map(|()| tx.seq()))
    }

    fn get(&self, table: Table, key: &[u8]) -> Option<Vec<u8>> {
        self.store.read(|rows| rows.get(table, key).unwrap().map(<[u8]>::to_vec)).unwrap()
    }

    fn keys(&self, prefix: &[u8], after: Option<&[u8]>) -> Vec<String> {
        let text = |key: Vec<u8>| String::from_utf8(key).unwrap();
        self.store.read(|rows| rows.scan(T, prefix, after).unwrap().map(|row| text(row.unwrap().0)).collect()).unwrap()
    }

    fn stamp(&self) -> Stamp {
        self.store.read(|rows| rows.stamp()).unwrap()
    }

    /// How many bytes the rows fill, to see garbage from outside.
    fn pages(&self) -> u64 {
        std::fs::metadata(self.directory.path().join("data.mdb")).unwrap().len() / 4096
    }
}

#[test]
fn put_get_delete() {
    let world = world();
    assert_eq!(world.get(T, b"a"), None);
    let first = world.put(b"a", b"1");
    let second = world.put(b"a", b"2");
    assert!(second > first);
    assert_eq!(world.get(T, b"a").unwrap(), b"2");
    assert_eq!(world.get(OTHER, b"a"), None);
    assert_eq!(world.store.read(|rows| rows.seq()).unwrap(), second);
    assert!(world.write(|tx| tx.delete(T, b"a")));
    assert!(!world.write(|tx| tx.delete(T, b"a")));
    assert_eq!(world.get(T, b"a"), None);
    world.put(b"", b"");
    assert_eq!(world.get(T, b"").unwrap(), b"");
}

#[test]
fn scans_are_ordered_bounded_and_resumable() {
    let world = world();
    for key in ["a", "a/", "a/1", "a/2", "a/3", "b", "a/2/x"] {
        world.put(key.as_bytes(), b"v");
    }
    world.write(|tx| tx.put(OTHER, b"a/9", b""));
    assert_eq!(world.keys(b"", None), ["a", "a/", "a/1", "a/2", "a/2/x", "a/3", "b"]);
    assert_eq!(world.keys(b"a/", None), ["a/", "a/1", "a/2", "a/2/x", "a/3"]);
    assert_eq!(world.keys(b"a/", Some(b"a/2")), ["a/2/x", "a/3"]);
    assert_eq!(world.keys(b"a/", Some(b"a")), ["a/", "a/1", "a/2", "a/2/x", "a/3"]);
    assert!(world.keys(b"a/", Some(b"b")).is_empty());
    world.write(|tx| tx.delete(T, b"a/2"));
    assert_eq!(world.keys(b"a/2", None), ["a/2/x"]);
}

#[test]
fn kept_versions_are_read_through_a_watermark() {
    let world = world();
    let write = |value: Option<&'static [u8]>| {
        world.write(|tx| {
            match value {
                Some(value) => tx.put_keeping(T, b"k", value)?,
                None => assert!(tx.delete_keeping(T, b"k")?),
            }
            Ok(tx.seq())
        })
    };
    let (one, two, gone, three) = (write(Some(b"1")), write(Some(b"2")), write(None), write(Some(b"3")));
    let before = Seq::new(one.get() - 1);
    world
        .store
        .read(|rows| {
            assert_eq!(rows.get_at(T, b"k", before).unwrap(), None);
            for (at, seq, value) in [
                (one, one, Some(&b"1"[..])),
                (two, two, Some(b"2")),
                (gone, gone, None),
                (three, three, Some(b"3")),
                (Seq::MAX, three, Some(b"3")),
            ] {
                let expected = Version { seq, value };
                assert_eq!(rows.get_at(T, b"k", at).unwrap(), Some(expected));
                let scanned: Vec<_> = rows.scan_at(T, b"", None, at).unwrap().map(Result::unwrap).collect();
                assert_eq!(scanned, [(b"k".to_vec(), expected)]);
            }
            assert_eq!(rows.scan_at(T, b"", None, before).unwrap().count(), 0);
        })
        .unwrap();
    // A plain put or delete over kept versions keeps them too.
    world.put(b"k", b"4");
    assert!(world.write(|tx| tx.delete(T, b"k")));
    assert_eq!(world.store.read(|rows| rows.get_at(T, b"k", two).unwrap().map(|v| v.seq)).unwrap(), Some(two));
}

#[test]
fn snapshots_and_reset() {
    let world = world();
    world.put(b"a", b"1");
    world.put(b"b", b"1");
    world.write(|tx| tx.put(PERMANENT, b"p", b"1"));
    let saved = world.write(|tx| tx.save_snapshot("s"));
    assert_eq!(
        world.store.read(|rows| (rows.snapshots().unwrap(), rows.last_snapshot())).unwrap(),
        (vec![("s".to_owned(), saved)], saved)
    );
    world.put(b"a", b"2");
    world.write(|tx| tx.delete(T, b"b"));
    world.put(b"c", b"2");
    world.write(|tx| tx.put(PERMANENT, b"p", b"2"));
    let before = world.store.read(|rows| rows.seq()).unwrap();
    for _ in 0..3 {
        assert!(world.write(|tx| tx.restore_snapshot("s")));
        assert_eq!(world.keys(b"", None), ["a", "b"]);
        assert_eq!(world.get(T, b"a").unwrap(), b"1");
        assert_eq!(world.get(PERMANENT, b"p").unwrap(), b"2", "permanent tables stay");
        assert!(world.put(b"a", b"3") > before, "numbers never go back");
        assert_eq!(world.get(T, b"a").unwrap(), b"3");
    }
    world.write(|tx| tx.reset());
    assert!(world.keys(b"", None).is_empty());
    world.put(b"b", b"4");
    assert_eq!(world.keys(b"", None), ["b"]);
    assert!(world.write(|tx| tx.restore_snapshot("s")), "reset leaves snapshots alone");
    assert_eq!(world.keys(b"", None), ["a", "b"]);
    assert!(!world.write(|tx| tx.restore_snapshot("t")));
    assert!(world.write(|tx| tx.delete_snapshot("s")));
    assert!(!world.write(|tx| tx.delete_snapshot("s")));
    assert_eq!(world.store.read(|rows| rows.last_snapshot()).unwrap(), Seq::ZERO);
}

#[test]
fn one_function_may_restore_and_go_on() {
    let world = world();
    world.put(b"a", b"1");
    world.write(|tx| {
        tx.put(T, b"in", b"")?;
        let saved = tx.save_snapshot("s")?;
        assert!(tx.seq() > saved);
        tx.put(T, b"out", b"")
    });
    world.write(|tx| {
        tx.put(T, b"lost", b"")?;
        assert!(tx.restore_snapshot("s")?);
        assert_eq!(tx.get(T, b"out")?, None);
        tx.put(T, b"event", b"restored")
    });
    assert_eq!(world.keys(b"", None), ["a", "event", "in"]);
}

#[test]
fn a_row_that_is_overwritten_leaves_no_garbage() {
    let world = world();
    world.put(b"k", &[1; 2000]);
    world.write(|tx| tx.save_snapshot("s"));
    for round in 0..300u32 {
        world.put(b"k", &[round as u8; 2000]);
        world.write(|tx| tx.put(PERMANENT, b"p", &[round as u8; 2000]));
        if round % 3 == 0 {
            world.write(|tx| tx.restore_snapshot("s").map(|_| ()));
        }
        if round % 7 == 0 {
            world.write(|tx| tx.delete(T, b"k").map(|_| ()));
        }
    }
    assert!(world.pages() < 60, "{} pages", world.pages());
}

#[test]
fn sweep_drops_what_nobody_sees() {
    let world = world();
    for key in 0..50u8 {
        world.put(&[key], b"1");
    }
    assert_eq!(world.write(|tx| tx.sweep(1000)).dropped, 0, "nothing was hidden");
    world.write(|tx| tx.save_snapshot("s"));
    for key in 0..50u8 {
        world.put(&[key], b"2");
    }
    world.write(|tx| tx.put_keeping(T, b"kept", b"1"));
    world.write(|tx| tx.put_keeping(T, b"kept", b"2"));
    assert_eq!(world.write(|tx| tx.sweep(1000)).dropped, 0, "the snapshot needs the old ones");
    world.write(|tx| tx.delete_snapshot("s").map(|_| ()));
    assert_eq!(world.write(|tx| tx.sweep(20)).dropped, 20);
    assert_eq!(world.write(|tx| tx.sweep(1000)).dropped, 30);
    assert_eq!(world.write(|tx| tx.sweep(1000)).dropped, 0);
    assert_eq!(world.keys(b"", None).len(), 51);
    world.write(|tx| tx.reset());
    assert_eq!(world.write(|tx| tx.sweep(1000)).dropped, 52, "kept versions go when they are hidden");
    assert_eq!(world.write(|tx| tx.sweep(1000)).dropped, 0);
}

#[test]
fn large_values_and_long_keys() {
    let world = world();
    let large: Vec<u8> = (0..5_000_000u32).map(|i| i as u8).collect();
    world.put(b"large", &large);
    assert_eq!(world.get(T, b"large").unwrap(), large);
    world.put(b"large", &large[1..]);
    assert_eq!(world.get(T, b"large").unwrap(), large[1..]);
    let refused = world.store.write(|tx| tx.put(T, &[7; 600], b""));
    assert!(matches!(refused, Err(Error::KeyTooLong { .. })));
    assert!(matches!(
        world.store.read(|rows| rows.get(T, &[7; 600]).map(|_| ())).unwrap(),
        Err(Error::KeyTooLong { .. })
    ));
    world.put(&[7; 500], b"v");
    assert_eq!(world.get(T, &[7; 500]).unwrap(), b"v");
}

#[test]
fn stamps() {
    let world = world();
    let stamp = world.stamp();
    assert!(world.store.is_current(stamp));
    world.write(|tx| tx.get(T, b"a").map(|_| ()));
    assert!(world.store.is_current(stamp), "nothing was written");
    let _ = world.store.write(|tx| {
        tx.put(T, b"a", b"")?;
        Err::<(), _>(Error::Nested)
    });
    assert!(world.store.is_current(stamp), "nothing was kept");
    let own = world.write(|tx| tx.put(T, b"a", b"").map(|()| tx.stamp()));
    assert!(!world.store.is_current(stamp));
    assert!(world.store.is_current(own));
    let bare = world.write(|tx| Ok(tx.stamp()));
    assert!(world.store.is_current(bare) && bare != own, "a stamp that was given out is its transaction's alone");
}

#[test]
fn reads_nest_and_survive_panics() {
    let world = world();
    world.put(b"a", b"1");
    let nested = world.store.read(|outer| {
        let inner = world.get(T, b"a");
        outer.get(T, b"a").unwrap().map(<[u8]>::to_vec) == inner
    });
    assert_eq!(nested, Ok(true));
    let store = world.store.clone();
    let panicked = std::panic::catch_unwind(move || store.read(|_| panic!("in a read")));
    assert!(panicked.is_err());
    assert_eq!(world.get(T, b"a").unwrap(), b"1");
}

#[test]
fn one_directory_is_opened_once_and_again() {
    let World { store, directory } = world();
    let options = Options { durability: Durability::Unsynced };
    let second =
        Store::open(&directory.path().join("../").join(directory.path().file_name().unwrap()), options).unwrap();
    store.write(|tx| tx.put(T, b"a", b"1")).unwrap();
    drop(store);
    assert!(second.read(|rows| rows.get(T, b"a").unwrap().is_some()).unwrap());
    drop(second);
    for _ in 0..20 {
        let openers: Vec<_> = (0..4)
            .map(|_| {
                let path = directory.path().to_owned();
                std::thread::spawn(move || {
                    let store = Store::open(&path, options).unwrap();
                    assert!(store.read(|rows| rows.get(T, b"a").unwrap().is_some()).unwrap());
                })
            })
            .collect();
        openers.into_iter().for_each(|opener| opener.join().unwrap());
    }
}

#[test]
fn an_unknown_format_is_refused() {
    let World { store, directory } = world();
    store.write(|tx| tx.put(T, b"a", b"1")).unwrap();
    drop(store);
    // A row's value stands behind a flag.
    let path = directory.path().join("data.mdb");
    let mut bytes = std::fs::read(&path).unwrap();
    let mut changed = 0;
    for at in 0..bytes.len() - 8 {
        if bytes[at..at + 7] == [255, b'h', 0, 4, 0, 0, 0] {
            bytes[at + 3] = 5;
            changed += 1;
        }
    }
    assert!(changed > 0);
    std::fs::write(&path, bytes).unwrap();
    let refused = Store::open(directory.path(), Options::default());
    assert_eq!(refused.unwrap_err(), Error::Format { found: 5, supported: 4 });
}
