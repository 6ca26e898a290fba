//! The directory's format. Its row lies where every version of this program looks first, so that none takes another's directory for a
//! new one: what else moves from format to format, this row does not.

use crate::engine::{Change, View};
use crate::error::Error;

/// The format that this program writes.
pub(crate) const FORMAT: u32 = 4;

/// The row's key, the last of a directory. Up to format 3 the store's head lay there, whose first four bytes were the format.
const KEY: [u8; 2] = [255, b'h'];

/// Whether the directory is of this format; if it is not, it is new.
///
/// # Errors
/// It is of another format, or its format is lost.
pub(crate) fn check(view: &(impl View + ?Sized)) -> Result<bool, Error> {
    let row = view.seek(&KEY)?.filter(|row| row.key == KEY);
    if row.is_none() && view.seek(&[0])?.is_none() {
        return Ok(false);
    }
    match row.and_then(|row| row.value.first_chunk()).map(|bytes| u32::from_le_bytes(*bytes)) {
        Some(FORMAT) => Ok(true),
        Some(found) => Err(Error::Format { found, supported: FORMAT }),
        None => Err(Error::Corrupt { what: "the format row" }),
    }
}

/// Makes a new directory one of this format.
pub(crate) fn write(change: &mut impl Change) -> Result<(), Error> {
    change.insert(&KEY, 0, &FORMAT.to_le_bytes()).map(drop)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::environment::{Environment, Kind};
    use crate::types::{Durability, Options};
    use crate::{Rows as _, Store, Table};

    fn environment(directory: &std::path::Path) -> Arc<Environment> {
        Environment::obtain(directory, Kind::State(Durability::Unsynced)).unwrap()
    }

    /// All rows: key and value.
    fn rows(directory: &std::path::Path) -> Vec<(Vec<u8>, Vec<u8>)> {
        let list = |view: &dyn View| {
            let (mut rows, mut walk) = (Vec::new(), view.walk().unwrap());
            let mut entry = walk.seek(&[0]).unwrap();
            while let Some(row) = entry {
                rows.push((row.key.to_vec(), row.value.to_vec()));
                entry = walk.next().unwrap();
            }
            rows
        };
        environment(directory).view(|view| list(view)).unwrap()
    }

    /// Format 3 had its head row where the format is now, and other rows where format 4 has its head.
    #[test]
    fn directories_of_other_formats_are_refused_and_left_alone() {
        let other = |found| Error::Format { found, supported: FORMAT };
        let lost = Error::Corrupt { what: "the format row" };
        let check: &[u8] = b"\xc8master\0\xff\xff\xff\xff\xff\xff\xff\xff";
        let (format, head): (&[u8], &[u8]) = (b"\xffh", b"\xc8h");
        for (found, expected) in [
            (vec![(format, &[3; 29][..]), (check, b"value")], other(0x0303_0303)),
            (vec![(format, &[3, 0, 0, 0, 7, 0, 0, 0])], other(3)),
            (vec![(format, &[5, 0, 0, 0]), (head, &[0; 25])], other(5)),
            (vec![(format, &[4, 0, 0])], lost.clone()),
            (vec![(head, &[0; 25])], lost.clone()),
            (vec![(b"\x01a\0", b"value")], lost),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let write = |env: &crate::lmdb::Env| {
                let mut txn = env.write()?;
                for (key, value) in &found {
                    txn.insert(key, 0, value)?;
                }
                txn.commit()
            };
            environment(directory.path()).with_env(write).unwrap();
            let before = rows(directory.path());
            let opened = Store::open(directory.path(), Options { durability: Durability::Unsynced });
            assert_eq!(opened.map(drop), Err(expected), "{found:?}");
            assert_eq!(rows(directory.path()), before, "{found:?}");
        }
    }

    /// What the program of format 3 looks for, so that it refuses this format.
    #[test]
    fn every_directory_tells_its_format_in_its_last_row() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), Options { durability: Durability::Unsynced }).unwrap();
        let last = Table::permanent(254);
        store.write(|tx| tx.put(last, b"last", b"")).unwrap();
        assert!(store.read(|rows| rows.get(last, b"last").unwrap().is_some()).unwrap());
        drop(store);
        let (key, value) = rows(directory.path()).pop().unwrap();
        assert_eq!((&key[..], &value[..]), (&b"\xffh"[..], &FORMAT.to_le_bytes()[..]));
    }
}
