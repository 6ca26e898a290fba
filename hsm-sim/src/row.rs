//! The tables of the state and how records become rows.
//!
//! Records are encoded with postcard. A change of any record's shape is a change of the directory's format.

mod numbers;

use serde::Serialize;
use serde::de::DeserializeOwned;
pub use store::{Reader, Rows, Seq, Stamp, Table, Version, Writer};

pub(crate) use self::numbers::Numbers;
use crate::error::{Error, Result};

/// A record kind that lives in one table.
pub trait Record: Serialize + DeserializeOwned {
    /// Where its rows are.
    const TABLE: Table;
}

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = $number:literal;)*) => {
        $($(#[$doc])* pub const $name: Table = Table::new($number);)*

        #[cfg(test)]
        const NUMBERS: &[u8] = &[$($number),*];
    };
}

tables! {
    /// The simulated clock, one row.
    CLOCK = 1;
    /// Settings that change the world, one row.
    SETTINGS = 2;
    /// Clusters by id.
    CLUSTER = 4;
    /// `account/region/cluster id` of every cluster.
    CLUSTER_BY_REALM = 5;
    /// Nodes by `cluster id/node id`.
    NODE = 6;
    /// The users of a node, one row per node: `cluster id/node id`.
    NODE_USERS = 7;
    /// Backups by id.
    BACKUP = 9;
    /// `account/region/backup id` of every backup.
    BACKUP_BY_REALM = 10;
    /// Subnets by `account/region/subnet id`.
    SUBNET = 11;
    /// Faults that are set, by id.
    FAULT = 12;
    /// Timed work by `due time | number`.
    JOB = 13;
    /// `layer | attribute | keyed hash of the value | handle`.
    OBJECT_INDEX = 15;
    /// Durable sessions of services: `cluster id/user name`.
    SERVICE_SESSION = 16;
    /// Which pasts belong to the present world, one row.
    TIMELINE = 18;
    /// Audit events by `account/region/ | time | number`.
    EVENT = 17;
    /// The last refused connection of a service: `cluster id/user name`.
    SERVICE_REFUSAL = 19;
    /// What initialisation said of a PKCS#11 token, by cluster id.
    TOKEN = 20;
    /// Changes that last, by the key of what changes.
    TRANSITION = 30;
    /// Until when a cluster can go back to its former HSM type, by cluster id.
    TYPE_CHANGE = 31;
    /// Pages of the audit logs of HSMs, by `hsm id/ | number`.
    AUDIT = 36;
    /// A mark that objects may be left that nobody shows, one row.
    GARBAGE = 39;
    /// With whom a backup is shared, by backup id.
    RESOURCE_POLICY = 32;
    /// Quorum tokens of a node: `cluster id/node id`.
    QUORUM_TOKENS = 33;
    /// Trust anchors of clients and their enforcement: `cluster id/node id`, or a backup id.
    MUTUAL_TLS = 35;

    // What every new key changes. The last of all versioned tables, before the store's own rows, which change too: so one page of the
    // file holds most of it.

    /// Objects (keys) by `layer | handle`, all versions kept.
    OBJECT = 197;
    /// The handle counter of a node: `cluster id/node id`.
    NODE_COUNTER = 198;
    /// Where the audit log of an HSM goes on, and its latest events, by HSM id.
    AUDIT_END = 199;
}

/// Check value of the master key; follows neither snapshots nor reset.
pub const KEY_CHECK: Table = Table::permanent(204);

/// How often the world was rewound (snapshot restored, reset): sessions of another count are lost. Follows neither itself.
pub const REWINDS: Table = Table::permanent(201);

/// The roots of hardware certificates, one row: they are not part of what a reset forgets.
pub const AUTHORITY: Table = Table::permanent(202);

/// Which file holds the audit events that are no rows yet. Follows neither, as the file does not.
pub const AUDIT_ASIDE: Table = Table::permanent(203);

/// The first table number that other crates may use for their own records, up to 190.
pub const FIRST_FOREIGN_TABLE: u8 = 40;

/// Reads one record.
///
/// # Errors
/// The store fails or the row is damaged.
pub fn load<R: Record>(rows: &impl Rows, key: &[u8]) -> Result<Option<R>> {
    rows.get(R::TABLE, key)?.map(|bytes| decode(R::TABLE, key, bytes)).transpose()
}

/// Writes one record.
///
/// # Errors
/// The store fails.
pub fn save<R: Record>(tx: &mut Writer<'_>, key: &[u8], record: &R) -> Result<()> {
    Ok(tx.put(R::TABLE, key, &encode(record))?)
}

/// Deletes one record; says whether it was there.
///
/// # Errors
/// The store fails.
pub fn remove<R: Record>(tx: &mut Writer<'_>, key: &[u8]) -> Result<bool> {
    Ok(tx.delete(R::TABLE, key)?)
}

/// All records whose key starts with `prefix`, in key order.
///
/// # Errors
/// The store fails or a row is damaged.
pub fn list<R: Record>(rows: &impl Rows, prefix: &[u8]) -> Result<Vec<(Vec<u8>, R)>> {
    rows.scan(R::TABLE, prefix, None)?
        .map(|row| {
            let (key, bytes) = row?;
            let record = decode(R::TABLE, &key, bytes)?;
            Ok((key, record))
        })
        .collect()
}

/// The keys that start with `prefix`, each without it, as text.
///
/// # Errors
/// The store fails or a key is not text.
pub fn list_keys(rows: &impl Rows, table: Table, prefix: &[u8]) -> Result<Vec<String>> {
    rows.scan(table, prefix, None)?
        .map(|row| {
            let (key, _) = row?;
            let tail = key.get(prefix.len()..).unwrap_or_default();
            String::from_utf8(tail.to_vec()).map_err(|_| corrupt(table, &key))
        })
        .collect()
}

/// The bytes of a record.
pub fn encode(record: &impl Serialize) -> Vec<u8> {
    // Invariant: postcard fails only for types that serde cannot size up front (untagged maps); records have none.
    postcard::to_allocvec(record).expect("records are plain data")
}

/// A record from its bytes.
///
/// # Errors
/// The bytes are damaged.
pub fn decode<T: DeserializeOwned>(table: Table, key: &[u8], bytes: &[u8]) -> Result<T> {
    postcard::from_bytes(bytes).map_err(|_| corrupt(table, key))
}

/// The error for a row that cannot be used.
pub fn corrupt(table: Table, key: &[u8]) -> Error {
    Error::Corrupt { table: table.number(), key: String::from_utf8_lossy(key).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_numbers_of_their_own() {
        let mut numbers = NUMBERS.to_vec();
        numbers.sort_unstable();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
        assert!(numbers.iter().all(|number| *number < FIRST_FOREIGN_TABLE || *number > 190), "{numbers:?}");
    }
}
