//! Versions, snapshots, restore, reset, undo and sweep against a naive reference that copies whole worlds.

use std::collections::BTreeMap;

use hsm_sim_store::{Durability, Error, Options, Rows, Seq, Store, Table, Version, Writer};
use proptest::prelude::*;

const PLAIN: Table = Table::new(3);
const KEPT: Table = Table::new(4);
const PERMANENT: Table = Table::permanent(201);

#[derive(Debug, Clone)]
enum Step {
    Put(u8, u8),
    Delete(u8),
    PutKept(u8, u8),
    DeleteKept(u8),
    PutPermanent(u8, u8),
    DeletePermanent(u8),
    Save(u8),
    Restore(u8),
    Forget(u8),
    Reset,
    Sweep(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let key = || 0..5u8;
    prop_oneof![
        6 => (key(), any::<u8>()).prop_map(|(key, value)| Step::Put(key, value)),
        3 => key().prop_map(Step::Delete),
        4 => (key(), any::<u8>()).prop_map(|(key, value)| Step::PutKept(key, value)),
        2 => key().prop_map(Step::DeleteKept),
        1 => (key(), any::<u8>()).prop_map(|(key, value)| Step::PutPermanent(key, value)),
        1 => key().prop_map(Step::DeletePermanent),
        2 => (0..3u8).prop_map(Step::Save),
        2 => (0..3u8).prop_map(Step::Restore),
        1 => (0..3u8).prop_map(Step::Forget),
        1 => Just(Step::Reset),
        2 => (0..6usize).prop_map(Step::Sweep),
    ]
}

/// A transaction: its steps, and whether it fails at its end.
fn transaction() -> impl Strategy<Value = (Vec<Step>, bool)> {
    (prop::collection::vec(step(), 1..5), prop::bool::weighted(0.15))
}

type Row = (Vec<u8>, Vec<u8>);
type History = Vec<(Seq, Option<Vec<u8>>)>;

#[derive(Debug, Clone, Default)]
struct World {
    plain: BTreeMap<Vec<u8>, Vec<u8>>,
    kept: BTreeMap<Vec<u8>, History>,
}

#[derive(Debug, Clone, Default)]
struct Model {
    now: World,
    permanent: BTreeMap<Vec<u8>, Vec<u8>>,
    snapshots: BTreeMap<String, (Seq, World)>,
}

/// Keys with escapes and shared prefixes.
fn key(number: u8) -> Vec<u8> {
    [&b"k"[..], b"k\0", b"k\x01", b"k\0\0", b"kk"][usize::from(number)].to_vec()
}

fn newest(history: &History, at: Seq) -> Option<&(Seq, Option<Vec<u8>>)> {
    history.iter().rev().find(|(seq, _)| *seq <= at)
}

impl Model {
    /// Does the step in both, and compares the answers.
    fn step(&mut self, tx: &mut Writer<'_>, step: &Step) -> Result<(), Error> {
        let seq = tx.seq();
        let remember = |history: &mut History, value: Option<Vec<u8>>| {
            history.retain(|(written, _)| *written != seq);
            history.push((seq, value));
        };
        match *step {
            Step::Put(number, value) => {
                tx.put(PLAIN, &key(number), &[value])?;
                self.now.plain.insert(key(number), vec![value]);
            }
            Step::Delete(number) => {
                assert_eq!(tx.delete(PLAIN, &key(number))?, self.now.plain.remove(&key(number)).is_some());
            }
            Step::PutKept(number, value) => {
                tx.put_keeping(KEPT, &key(number), &[value])?;
                remember(self.now.kept.entry(key(number)).or_default(), Some(vec![value]));
            }
            Step::DeleteKept(number) => {
                let history = self.now.kept.entry(key(number)).or_default();
                let present = matches!(newest(history, Seq::MAX), Some((_, Some(_))));
                assert_eq!(tx.delete_keeping(KEPT, &key(number))?, present);
                if present {
                    remember(history, None);
                }
            }
            Step::PutPermanent(number, value) => {
                tx.put(PERMANENT, &key(number), &[value])?;
                self.permanent.insert(key(number), vec![value]);
            }
            Step::DeletePermanent(number) => {
                assert_eq!(tx.delete(PERMANENT, &key(number))?, self.permanent.remove(&key(number)).is_some());
            }
            Step::Save(number) => {
                let saved = tx.save_snapshot(&number.to_string())?;
                assert_eq!(saved, seq);
                self.snapshots.insert(number.to_string(), (saved, self.now.clone()));
            }
            Step::Restore(number) => {
                let found = self.snapshots.get(&number.to_string());
                assert_eq!(tx.restore_snapshot(&number.to_string())?, found.is_some());
                if let Some((_, world)) = found {
                    self.now = world.clone();
                }
            }
            Step::Forget(number) => {
                let found = self.snapshots.remove(&number.to_string()).is_some();
                assert_eq!(tx.delete_snapshot(&number.to_string())?, found);
            }
            Step::Reset => {
                tx.reset()?;
                self.now = World::default();
            }
            Step::Sweep(limit) => {
                assert!(tx.sweep(limit)?.dropped <= limit);
            }
        }
        Ok(())
    }

    fn compare(&self, rows: &impl Rows, last: Seq) -> Result<(), Error> {
        let all = |table| -> Result<Vec<Row>, Error> {
            rows.scan(table, b"", None)?.map(|row| row.map(|(key, value)| (key, value.to_vec()))).collect()
        };
        assert_eq!(all(PLAIN)?, self.now.plain.clone().into_iter().collect::<Vec<_>>());
        assert_eq!(all(PERMANENT)?, self.permanent.clone().into_iter().collect::<Vec<_>>());
        for number in 0..5 {
            assert_eq!(rows.get(PLAIN, &key(number))?, self.now.plain.get(&key(number)).map(Vec::as_slice));
        }
        // Every watermark, so that hidden stretches are met too.
        for at in (0..=last.get()).map(Seq::new).chain([Seq::MAX]) {
            let mut expected = Vec::new();
            for (key, history) in &self.now.kept {
                let version = newest(history, at).map(|(seq, value)| Version { seq: *seq, value: value.as_deref() });
                assert_eq!(rows.get_at(KEPT, key, at)?, version, "{key:?} at {at:?}");
                expected.extend(version.map(|version| (key.clone(), version)));
            }
            let found: Vec<_> = rows.scan_at(KEPT, b"", None, at)?.collect::<Result<_, _>>()?;
            assert_eq!(found, expected, "at {at:?}");
        }
        let snapshots: Vec<_> = self.snapshots.iter().map(|(name, (seq, _))| (name.clone(), *seq)).collect();
        assert_eq!(rows.snapshots()?, snapshots);
        assert_eq!(rows.last_snapshot(), snapshots.iter().map(|(_, seq)| *seq).max().unwrap_or(Seq::ZERO));
        Ok(())
    }
}

fn cases() -> u32 {
    if std::env::var_os("HSM_SIM_SOAK").is_some() { 20_000 } else { 150 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_store_is_the_model(transactions in prop::collection::vec(transaction(), 1..25)) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), Options { durability: Durability::Unsynced }).unwrap();
        let mut model = Model::default();
        let mut last = Seq::ZERO;
        for (steps, fails) in transactions {
            let mut next = model.clone();
            let result = store.write(|tx| {
                assert!(tx.seq() > last, "numbers grow");
                for step in &steps {
                    next.step(tx, step)?;
                    next.compare(tx, tx.seq())?;
                }
                if fails { Err(Error::Nested) } else { Ok(tx.seq()) }
            });
            match result {
                Ok(seq) => (model, last) = (next, seq),
                Err(error) => prop_assert_eq!((error, fails), (Error::Nested, true)),
            }
            store.read(|rows| model.compare(rows, rows.seq())).unwrap().unwrap();
        }
        // Sweeping to the end changes nothing that can be seen, and leaves every snapshot as it was.
        while store.write(|tx| tx.sweep(7)).unwrap().more {}
        store.read(|rows| model.compare(rows, rows.seq())).unwrap().unwrap();
        for (name, (_, world)) in model.snapshots.clone() {
            prop_assert!(store.write(|tx| tx.restore_snapshot(&name)).unwrap());
            model.now = world;
            store.read(|rows| model.compare(rows, rows.seq())).unwrap().unwrap();
        }
    }
}
