//! ListAliases (documented): all of the realm, or those of one key, in the order of their names.

use hsm_sim::SimTime;
use hsm_sim::row::{self, Rows};

use crate::alias::{Alias, names_of};
use crate::arn::{KeyId, alias_arn};
use crate::audit::Call;
use crate::caller::Caller;
use crate::error::Result;
use crate::key::{Aliases, Key, KeyOperation};
use crate::kms::Kms;
use crate::page::{Listed, Page};
use crate::table;

/// Which aliases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListAliases {
    /// `KeyId`: only those of this key.
    pub key_id: Option<String>,
}

/// An alias as clients see it (`AliasListEntry`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasEntry {
    /// `AliasName`, with its prefix.
    pub name: String,
    /// `AliasArn`.
    pub arn: String,
    /// `TargetKeyId`.
    pub target: KeyId,
    /// `CreationDate`.
    pub created: SimTime,
    /// `LastUpdatedDate`.
    pub updated: SimTime,
}

impl Kms {
    /// Lists aliases.
    ///
    /// # Errors
    /// `NotFoundException` and `InvalidArnException` for the key.
    pub fn list_aliases(&self, caller: &Caller, request: &ListAliases, page: &Page) -> Result<Listed<AliasEntry>> {
        let realm = &caller.realm;
        let call = Call::reading("ListAliases").with_some("keyId", request.key_id.as_deref());
        self.observe(caller, call, |seen| {
            self.world().read(|rows| {
                let now = seen.at(self.world(), rows)?;
                let mut part = Part { page, items: Vec::new(), more: false };
                let entry = |alias: Alias| {
                    let target = alias.seen_target(now)?;
                    let arn = alias_arn(realm, &alias.name);
                    Some(AliasEntry { name: alias.name, arn, target, created: alias.created, updated: alias.updated })
                };
                if let Some(key_id) = &request.key_id {
                    let key = Key::find(rows, now, realm, key_id, Aliases::Refused)?;
                    seen.call.key(key.arn.clone());
                    key.allow(KeyOperation::Look)?;
                    for name in names_of(rows, realm, &key.record.id)? {
                        if page.after.as_ref().is_some_and(|after| name <= *after) {
                            continue;
                        }
                        if part.is_full_with(Alias::load(rows, realm, &name)?.and_then(&entry)) {
                            break;
                        }
                    }
                } else {
                    let after = page.after.as_deref().map(|after| Alias::row_key(realm, after));
                    for row in rows.scan(table::ALIAS, realm.key().as_bytes(), after.as_deref())? {
                        let (key, bytes) = row?;
                        if part.is_full_with(entry(row::decode(table::ALIAS, &key, bytes)?)) {
                            break;
                        }
                    }
                }
                let next = part.items.last().filter(|_| part.more).map(|entry| entry.name.clone());
                Ok(Listed { items: part.items, next })
            })
        })
    }
}

/// A page as it fills.
struct Part<'a> {
    page: &'a Page,
    items: Vec<AliasEntry>,
    more: bool,
}

impl Part<'_> {
    fn is_full_with(&mut self, entry: Option<AliasEntry>) -> bool {
        if let Some(entry) = entry {
            if self.items.len() >= self.page.limit {
                self.more = true;
            } else {
                self.items.push(entry);
            }
        }
        self.more
    }
}
