//! Aliases: other names of keys, unique in a realm (documented).

mod create;
mod delete;
mod list;
mod update;

use hsm_sim::row::{self, Record, Rows, Table, Writer};
use hsm_sim::{Realm, SimTime};
use serde::{Deserialize, Serialize};

pub use list::{AliasEntry, ListAliases};

use crate::arn::{KeyId, alias_arn};
use crate::error::{Error, Invalid, Missing, Result};
use crate::table;

const PREFIX: &str = "alias/";
const RESERVED: &str = "alias/aws/";

/// How many aliases a key has (documented), where quotas apply.
const LIMIT: usize = 50;

/// An alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Alias {
    /// With its prefix.
    name: String,
    target: KeyId,
    created: SimTime,
    updated: SimTime,
    /// The target that clients see until the last change is visible (eventual consistency); `None` in it is no alias at all.
    before: Option<(SimTime, Option<KeyId>)>,
}

impl Record for Alias {
    const TABLE: Table = table::ALIAS;
}

impl Alias {
    fn row_key(realm: &Realm, name: &str) -> Vec<u8> {
        (realm.key() + name).into_bytes()
    }

    fn index_key(realm: &Realm, target: &KeyId, name: &str) -> Vec<u8> {
        [&target.row_key(realm), &b"/"[..], name.as_bytes()].concat()
    }

    fn load(rows: &impl Rows, realm: &Realm, name: &str) -> Result<Option<Self>> {
        Ok(row::load(rows, &Self::row_key(realm, name))?)
    }

    fn find(rows: &impl Rows, realm: &Realm, name: &str) -> Result<Self> {
        Self::load(rows, realm, name)?.ok_or_else(|| Missing::Alias(alias_arn(realm, name)).into())
    }

    fn save(&self, tx: &mut Writer<'_>, realm: &Realm) -> Result<()> {
        tx.put(table::ALIAS_BY_KEY, &Self::index_key(realm, &self.target, &self.name), b"")?;
        Ok(row::save(tx, &Self::row_key(realm, &self.name), self)?)
    }

    fn remove(&self, tx: &mut Writer<'_>, realm: &Realm) -> Result<()> {
        tx.delete(table::ALIAS_BY_KEY, &Self::index_key(realm, &self.target, &self.name))?;
        row::remove::<Self>(tx, &Self::row_key(realm, &self.name))?;
        Ok(())
    }

    /// The key that clients see behind the alias at `now`.
    fn seen_target(&self, now: SimTime) -> Option<KeyId> {
        match self.before {
            Some((until, before)) if now < until => before,
            _ => Some(self.target),
        }
    }
}

/// The key behind an alias (`name` with its prefix).
pub(crate) fn target(rows: &impl Rows, now: SimTime, realm: &Realm, name: &str) -> Result<KeyId> {
    let found = Alias::load(rows, realm, name)?.and_then(|alias| alias.seen_target(now));
    found.ok_or_else(|| Missing::Alias(alias_arn(realm, name)).into())
}

/// Removes every alias of a key that is deleted.
pub(crate) fn delete_all_of(tx: &mut Writer<'_>, realm: &Realm, key: &KeyId) -> Result<()> {
    for name in names_of(tx, realm, key)? {
        if let Some(alias) = Alias::load(tx, realm, &name)? {
            alias.remove(tx, realm)?;
        }
    }
    Ok(())
}

fn names_of(rows: &impl Rows, realm: &Realm, key: &KeyId) -> Result<Vec<String>> {
    Ok(row::list_keys(rows, table::ALIAS_BY_KEY, &Alias::index_key(realm, key, ""))?)
}

/// The rules of alias names beyond their shape.
fn check_name(name: &str) -> Result<()> {
    if !name.starts_with(PREFIX) || name.len() == PREFIX.len() {
        return Err(Invalid::AliasPrefix.into());
    }
    if name.starts_with(RESERVED) {
        return Err(Error::NotAuthorized);
    }
    Ok(())
}

fn check_quota(rows: &impl Rows, quotas: bool, realm: &Realm, key: &KeyId) -> Result<()> {
    if quotas && names_of(rows, realm, key)?.len() >= LIMIT {
        return Err(Error::LimitExceeded { what: "aliases of a KMS key", limit: LIMIT });
    }
    Ok(())
}
