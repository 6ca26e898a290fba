//! A look at everything that KMS has, in all accounts and Regions, for people who look for what went wrong. It leaves no audit record
//! and holds no secrets.

use std::collections::BTreeSet;

use hsm_sim::row::{self, Rows, Table};
use hsm_sim::{Realm, SimTime};

use crate::arn::KeyId;
use crate::error::Result;
use crate::key::{Key, KeyMetadata, KeyRecord};
use crate::key_store::{KeyStore, KeyStoreDescription, description};
use crate::kms::Kms;
use crate::table;

/// Everything that KMS has.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// Key stores, each with its account and Region.
    pub key_stores: Vec<(Realm, KeyStoreDescription)>,
    /// Keys, each with its account and Region.
    pub keys: Vec<(Realm, KeyMetadata)>,
}

impl Kms {
    /// Everything at one moment.
    ///
    /// # Errors
    /// The store fails.
    pub fn inspect(&self) -> Result<Inspection> {
        self.world().read(|rows| {
            let now = self.world().now(rows)?;
            let mut key_stores = Vec::new();
            for realm in realms(rows, table::KEY_STORE)? {
                for store in KeyStore::of_realm(rows, &realm)? {
                    let shown = description(rows, now, &realm, store)?;
                    key_stores.push((realm.clone(), shown));
                }
            }
            let mut keys = Vec::new();
            for realm in realms(rows, table::KEY)? {
                keys.extend(keys_of(rows, now, &realm)?.into_iter().map(|key| (realm.clone(), key)));
            }
            Ok(Inspection { key_stores, keys })
        })
    }
}

fn keys_of(rows: &impl Rows, now: SimTime, realm: &Realm) -> Result<Vec<KeyMetadata>> {
    let mut ids: Vec<KeyId> = Vec::new();
    for entry in rows.scan(table::KEY, realm.key().as_bytes(), None)? {
        let (key, bytes) = entry?;
        ids.push(row::decode::<KeyRecord>(table::KEY, &key, bytes)?.id);
    }
    let mut keys = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(key) = Key::load(rows, now, realm, &id)? {
            keys.push(key.metadata(rows, realm)?);
        }
    }
    Ok(keys)
}

/// The accounts and Regions of a table whose keys begin with them.
fn realms(rows: &impl Rows, table: Table) -> Result<BTreeSet<Realm>> {
    let mut realms = BTreeSet::new();
    for entry in rows.scan(table, b"", None)? {
        let (key, _) = entry?;
        let mut parts = key.split(|byte| *byte == b'/').map(|part| std::str::from_utf8(part).unwrap_or_default());
        let (account, region) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        realms.extend(Realm::new(account, region).ok());
    }
    Ok(realms)
}
