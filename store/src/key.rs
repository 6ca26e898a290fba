//! Keys of stored rows: `table | escaped key | 0 | inverted mutation number, big-endian`.
//!
//! The escaped form (0 becomes 1 1, 1 becomes 1 2, the end is 0) keeps the order of keys and makes no encoded key a
//! prefix of another; the inverted number puts a row's newest version first.

use std::fmt;

use crate::error::Error;
use crate::types::{FIRST_PERMANENT, Seq, Table};

/// The engine's largest key.
pub(crate) const LIMIT: usize = 511;
/// The table of the store's own rows. The first behind the versioned tables, as its head row changes with every commit: what changes
/// with most commits too has the last of those tables' numbers and so lies on the same pages.
const META: u8 = FIRST_PERMANENT;
const SEQ: usize = size_of::<u64>();

/// An encoded key, without an allocation.
#[derive(Clone)]
pub(crate) struct Key {
    bytes: [u8; LIMIT],
    length: usize,
}

impl Key {
    /// A row's key without a version.
    pub(crate) fn row(table: Table, key: &[u8]) -> Result<Self, Error> {
        Self::build(table, key, true)
    }

    /// What all keys of the table that start with `prefix` start with when encoded.
    pub(crate) fn prefix(table: Table, prefix: &[u8]) -> Result<Self, Error> {
        Self::build(table, prefix, false)
    }

    /// The key of one of the store's own rows.
    pub(crate) fn meta(kind: u8, name: &[u8]) -> Result<Self, Error> {
        let length = 2 + name.len();
        let mut result = Self { bytes: [0; LIMIT], length };
        let space = result.bytes.get_mut(..length).ok_or(Error::KeyTooLong { length, limit: LIMIT })?;
        space[0] = META;
        space[1] = kind;
        space[2..].copy_from_slice(name);
        Ok(result)
    }

    fn build(table: Table, key: &[u8], complete: bool) -> Result<Self, Error> {
        let escapes = key.iter().filter(|&&byte| byte <= 1).count();
        let length = 1 + key.len() + escapes + usize::from(complete);
        if length + SEQ > LIMIT {
            return Err(Error::KeyTooLong { length: length + SEQ, limit: LIMIT });
        }
        let mut bytes = [0; LIMIT];
        bytes[0] = table.number();
        let mut at = 1;
        for &byte in key {
            if byte <= 1 {
                bytes[at] = 1;
                bytes[at + 1] = byte + 1;
                at += 2;
            } else {
                bytes[at] = byte;
                at += 1;
            }
        }
        Ok(Self { bytes, length })
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// This row's key with a version: the newest at or below `seq` is at or after it.
    pub(crate) fn at(&self, seq: Seq) -> Self {
        let mut result = self.clone();
        result.bytes[self.length..self.length + SEQ].copy_from_slice(&(!seq.get()).to_be_bytes());
        result.length += SEQ;
        result
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.as_bytes()).finish()
    }
}

/// Splits a stored key into the row's part and the version.
pub(crate) fn split(stored: &[u8]) -> Result<(&[u8], Seq), Error> {
    let (row, seq) = stored.split_last_chunk::<SEQ>().ok_or(Error::Corrupt { what: "a row's key" })?;
    Ok((row, Seq::new(!u64::from_be_bytes(*seq))))
}

/// The first possible key after all versions of a row.
pub(crate) fn after(row: &[u8]) -> Vec<u8> {
    let mut result = row.to_vec();
    result.extend_from_slice(&[u8::MAX; SEQ]);
    result
}

/// The caller's key from the row's part of a stored key.
pub(crate) fn unescape(row: &[u8]) -> Result<Vec<u8>, Error> {
    const CORRUPT: Error = Error::Corrupt { what: "a row's key" };
    let [_table, escaped @ .., 0] = row else { return Err(CORRUPT) };
    let mut key = Vec::with_capacity(escaped.len());
    let mut bytes = escaped.iter();
    while let Some(&byte) = bytes.next() {
        key.push(match byte {
            1 => match bytes.next() {
                Some(&escape @ 1..=2) => escape - 1,
                _ => return Err(CORRUPT),
            },
            byte => byte,
        });
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TABLE: Table = Table::new(7);

    fn small_key() -> impl Strategy<Value = Vec<u8>> {
        // Few and low byte values: escapes, terminators and shared prefixes are frequent.
        prop::collection::vec(prop_oneof![0..4u8, Just(254u8), Just(255u8)], 0..6)
    }

    proptest! {
        #[test]
        fn order_is_kept_and_no_key_is_a_prefix_of_another(a in small_key(), b in small_key()) {
            let (left, right) = (Key::row(TABLE, &a).unwrap(), Key::row(TABLE, &b).unwrap());
            prop_assert_eq!(left.as_bytes().cmp(right.as_bytes()), a.cmp(&b));
            prop_assert_eq!(right.as_bytes().starts_with(left.as_bytes()), a == b);
            // Versions of one row never reach into the next row.
            let (old, new) = (left.at(Seq::new(1)), right.at(Seq::MAX));
            if a < b {
                prop_assert!(old.as_bytes() < new.as_bytes());
            }
        }

        #[test]
        fn keys_come_back(key in prop::collection::vec(any::<u8>(), 0..200), seq: u64) {
            let stored = Key::row(TABLE, &key).unwrap().at(Seq::new(seq));
            let (row, version) = split(stored.as_bytes()).unwrap();
            prop_assert_eq!(version, Seq::new(seq));
            prop_assert_eq!(unescape(row).unwrap(), key);
        }

        #[test]
        fn prefixes_are_kept(key in small_key(), length in 0usize..6) {
            let length = length.min(key.len());
            let prefix = Key::prefix(TABLE, &key[..length]).unwrap();
            prop_assert!(Key::row(TABLE, &key).unwrap().as_bytes().starts_with(prefix.as_bytes()));
        }
    }

    #[test]
    fn long_keys_are_refused() {
        let longest = [2; LIMIT - SEQ - 2];
        assert_eq!(Key::row(TABLE, &longest).unwrap().at(Seq::MAX).as_bytes().len(), LIMIT);
        assert_eq!(Key::row(TABLE, &[2; LIMIT - SEQ - 1]).unwrap_err(), Error::KeyTooLong { length: 512, limit: 511 });
        assert!(Key::row(TABLE, &[0; 300]).is_err());
    }

    #[test]
    fn newer_versions_come_first() {
        let row = Key::row(TABLE, b"k").unwrap();
        assert!(row.at(Seq::new(2)).as_bytes() < row.at(Seq::new(1)).as_bytes());
        assert!(row.at(Seq::new(1)).as_bytes() < after(row.as_bytes()).as_slice());
    }
}
