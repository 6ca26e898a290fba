//! Dropping versions of kept rows that their owner needs no more.

use crate::engine::Entry;
use crate::error::Error;
use crate::key::{self, Key};
use crate::rows::flag;
use crate::types::{Pruned, Seq, Table};
use crate::writer::Writer;

/// A version that may be dropped, as its owner is asked about it.
#[derive(Debug, Clone, Copy)]
pub struct Superseded<'a> {
    /// The row's key.
    pub key: &'a [u8],
    /// The mutation that wrote it.
    pub seq: Seq,
    /// The mutation that wrote the row's next newer version; none of the newest.
    pub newer: Option<Seq>,
    /// The value.
    pub value: &'a [u8],
}

/// What its owner says of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It stays.
    Kept,
    /// It stays as long as the row has an older version, which it covers.
    Cover,
    /// It goes.
    None,
}

impl Writer<'_> {
    /// Looks at up to `limit` rows of a table, after the key `after`, and drops the versions that `need` gives up. A deletion is a
    /// cover. What a snapshot may see stays, whatever is said of it; `need` is not asked about that.
    ///
    /// # Errors
    /// What `need` fails with, or the engine fails.
    pub fn prune<E: From<Error>>(
        &mut self,
        table: Table,
        after: Option<&[u8]>,
        limit: usize,
        need: impl Fn(&Self, Superseded<'_>) -> Result<Need, E>,
    ) -> Result<Pruned, E> {
        let mut pruned = Pruned { dropped: 0, next: after.map(<[u8]>::to_vec) };
        for _ in 0..limit {
            let from = match &pruned.next {
                Some(after) => key::after(Key::row(table, after)?.as_bytes()),
                None => Key::prefix(table, &[])?.as_bytes().to_vec(),
            };
            let Some(row) = self.row_at(table, &from)? else { return Ok(Pruned { next: None, ..pruned }) };
            let key = key::unescape(&row)?;
            for victim in self.unneeded(&row, &key, &need)? {
                self.remove(&victim)?;
                pruned.dropped += 1;
            }
            pruned.next = Some(key);
        }
        Ok(pruned)
    }

    /// The first stored row at or after a stored key.
    fn row_at(&self, table: Table, from: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        match self.view().seek(from)? {
            Some(entry) if entry.key.first() == Some(&table.number()) => {
                let (row, _) = key::split(entry.key)?;
                Ok(Some(row.to_vec()))
            }
            _ => Ok(None),
        }
    }

    /// The stored keys of a row's versions that are given up.
    fn unneeded<E: From<Error>>(
        &self,
        row: &[u8],
        key: &[u8],
        need: &impl Fn(&Self, Superseded<'_>) -> Result<Need, E>,
    ) -> Result<Vec<Vec<u8>>, E> {
        let mut versions = Vec::new();
        let mut newer = None;
        let mut walk = self.view().walk()?;
        let mut entry = walk.seek(row)?;
        while let Some(Entry { key: stored, flag, value }) = entry.filter(|entry| entry.key.starts_with(row)) {
            let (_, seq) = key::split(stored)?;
            // What is hidden is the sweep's.
            if self.head.visible.contains(seq) {
                let need = match flag {
                    _ if seq <= self.head.last_snapshot => Need::Kept,
                    _ if flag & flag::DELETED != 0 => Need::Cover,
                    _ => need(self, Superseded { key, seq, newer, value })?,
                };
                versions.push((stored, need));
                newer = Some(seq);
            }
            entry = walk.next()?;
        }
        let mut covers = false;
        let mut unneeded = Vec::new();
        for (stored, need) in versions.into_iter().rev() {
            match need {
                Need::Kept => covers = true,
                Need::Cover if covers => {}
                Need::Cover | Need::None => unneeded.push(stored.to_vec()),
            }
        }
        Ok(unneeded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Durability, Options, Rows, Store};

    const T: Table = Table::new(1);

    /// Versions of a row, oldest first; none is a deletion.
    type Versions = &'static [Option<&'static str>];

    /// Versions of one row; the values that are needed; what is left.
    #[test]
    fn what_is_given_up_goes_and_covers_stay_over_something() {
        let cases: [(Versions, &[&str], Versions); 5] = [
            (&[Some("a"), Some("b"), Some("c")], &["a", "c"], &[Some("a"), Some("c")]),
            (&[Some("a"), None], &["a"], &[Some("a"), None]),
            (&[Some("a"), None], &[], &[]),
            (&[Some("a"), None, Some("b")], &["b"], &[Some("b")]),
            (&[Some("a"), Some("b")], &[], &[]),
        ];
        for (versions, needed, left) in cases {
            for snapshot in [false, true] {
                let directory = tempfile::tempdir().unwrap();
                let store = Store::open(directory.path(), Options { durability: Durability::Unsynced }).unwrap();
                for version in versions {
                    let write = |tx: &mut Writer<'_>| match version {
                        Some(value) => tx.put_keeping(T, b"row", value.as_bytes()),
                        None => tx.delete_keeping(T, b"row").map(drop),
                    };
                    store.write(write).unwrap();
                }
                if snapshot {
                    store.write(|tx| tx.save_snapshot("all").map(drop)).unwrap();
                }
                let need = |_: &Writer<'_>, version: Superseded<'_>| {
                    let needed = needed.iter().any(|needed| needed.as_bytes() == version.value);
                    Ok::<_, Error>(if needed { Need::Kept } else { Need::None })
                };
                let expected = if snapshot { versions } else { left };
                let pruned = store.write(|tx| tx.prune(T, None, 10, need)).unwrap();
                assert_eq!(pruned, Pruned { dropped: versions.len() - expected.len(), next: None });
                assert_eq!(
                    read(&store),
                    expected.iter().map(|v| v.map(str::to_owned)).collect::<Vec<_>>(),
                    "{versions:?}"
                );
            }
        }
    }

    /// Every version of the row, oldest first.
    fn read(store: &Store) -> Vec<Option<String>> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let read = |rows: &crate::Reader<'_>| {
            let (mut found, mut at) = (Vec::new(), Seq::MAX);
            while let Some(version) = rows.get_at(T, b"row", at).unwrap() {
                found.push(version.value.map(text));
                at = Seq::new(version.seq.get() - 1);
            }
            found.reverse();
            found
        };
        store.read(read).unwrap()
    }
}
