//! ListKeys (documented): every key of the realm, those that wait for their deletion too.

use hsm_sim::row::{self, Rows};

use crate::arn::KeyId;
use crate::audit::Call;
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::key::KeyRecord;
use crate::kms::Kms;
use crate::page::{Listed, Page};
use crate::table;

/// A key by its names (`KeyListEntry`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyEntry {
    /// `KeyId`.
    pub id: KeyId,
    /// `KeyArn`.
    pub arn: String,
}

impl Kms {
    /// Lists keys in the order of their ids.
    ///
    /// # Errors
    /// `InvalidMarkerException` for a page that does not start after a key id.
    pub fn list_keys(&self, caller: &Caller, page: &Page) -> Result<Listed<KeyEntry>> {
        self.observe(caller, Call::reading("ListKeys"), |seen| {
            let after = page.after.as_deref().map(|text| text.parse::<KeyId>().map_err(|_| Error::InvalidMarker));
            let after = after.transpose()?.map(|id| id.row_key(&caller.realm));
            self.world().read(|rows| {
                let now = seen.at(self.world(), rows)?;
                let mut items: Vec<KeyEntry> = Vec::new();
                for entry in rows.scan(table::KEY, caller.realm.key().as_bytes(), after.as_deref())? {
                    let (key, bytes) = entry?;
                    let record: KeyRecord = row::decode(table::KEY, &key, bytes)?;
                    if !record.exists(now) {
                        continue;
                    }
                    if items.len() >= page.limit {
                        let next = items.last().map(|entry| entry.id.to_string());
                        return Ok(Listed { items, next });
                    }
                    items.push(KeyEntry { id: record.id, arn: record.id.arn(&caller.realm) });
                }
                Ok(Listed { items, next: None })
            })
        })
    }
}
