//! DescribeCustomKeyStores (documented).

use hsm_sim::row::Rows;
use hsm_sim::{ClusterId, Realm, SimTime};

use crate::audit::Call;
use crate::caller::Caller;
use crate::error::{Error, Invalid, Result};
use crate::key_store::{ConnectionErrorCode, ConnectionState, Credentials, KeyStore, KeyStoreId};
use crate::kms::Kms;
use crate::page::{Listed, Page};

/// Which key stores: one by id, one by name, or all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DescribeCustomKeyStores {
    /// `CustomKeyStoreId`.
    pub id: Option<String>,
    /// `CustomKeyStoreName`.
    pub name: Option<String>,
}

impl DescribeCustomKeyStores {
    /// The key store of this id.
    pub fn by_id(id: &str) -> Self {
        Self { id: Some(id.to_owned()), name: None }
    }
}

/// A key store as clients see it (`CustomKeyStoresListEntry`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStoreDescription {
    /// `CustomKeyStoreId`.
    pub id: String,
    /// `CustomKeyStoreName`.
    pub name: String,
    /// `CloudHsmClusterId`.
    pub cluster_id: ClusterId,
    /// `TrustAnchorCertificate`, as it was given.
    pub trust_anchor: String,
    /// `ConnectionState`.
    pub state: ConnectionState,
    /// `ConnectionErrorCode`: why the last connection failed, until the next connect is accepted (seed 004).
    pub error: Option<ConnectionErrorCode>,
    /// `CreationDate`.
    pub created: SimTime,
}

impl Kms {
    /// Describes key stores, oldest first.
    ///
    /// # Errors
    /// `ValidationException` for id and name together, `CustomKeyStoreNotFoundException` for an unknown one,
    /// `InvalidMarkerException` for a page that starts nowhere.
    pub fn describe_custom_key_stores(
        &self,
        caller: &Caller,
        request: &DescribeCustomKeyStores,
        page: &Page,
    ) -> Result<Listed<KeyStoreDescription>> {
        let call = Call::reading("DescribeCustomKeyStores")
            .with_some("customKeyStoreId", request.id.as_deref())
            .with_some("customKeyStoreName", request.name.as_deref());
        self.observe(caller, call, |seen| {
            self.world().read(|rows| {
                let now = seen.at(self.world(), rows)?;
                describe(rows, now, &caller.realm, request, page)
            })
        })
    }
}

fn describe(
    rows: &impl Rows,
    now: SimTime,
    realm: &Realm,
    request: &DescribeCustomKeyStores,
    page: &Page,
) -> Result<Listed<KeyStoreDescription>> {
    let mut shown = Vec::new();
    match (&request.id, &request.name) {
        (Some(_), Some(_)) => return Err(Invalid::TwoFilters.into()),
        (Some(id), None) => {
            let entry = shown_at(KeyStore::find(rows, realm, id)?, now);
            shown.push(entry.ok_or_else(|| Error::CustomKeyStoreNotFound(id.clone()))?);
        }
        (None, filter) => {
            let visible = KeyStore::of_realm(rows, realm)?.into_iter().filter_map(|store| shown_at(store, now));
            shown.extend(visible.filter(|store| filter.as_ref().is_none_or(|name| store.name == *name)));
            if let (Some(name), true) = (filter, shown.is_empty()) {
                return Err(Error::CustomKeyStoreNotFound(name.clone()));
            }
        }
    }
    let start = match &page.after {
        None => 0,
        Some(after) => 1 + shown.iter().position(|store| store.id.as_str() == after).ok_or(Error::InvalidMarker)?,
    };
    let more = shown.len() - start > page.limit;
    let part = shown.into_iter().skip(start).take(page.limit);
    let items = part.map(|store| description(rows, now, realm, store)).collect::<Result<Vec<_>>>()?;
    let next = items.last().filter(|_| more).map(|store| store.id.clone());
    Ok(Listed { items, next })
}

/// The key store with the name and the cluster that are visible at `now`.
fn shown_at(mut store: KeyStore, now: SimTime) -> Option<KeyStore> {
    if let Some(before) = store.before.take_if(|before| now < before.until) {
        (store.name, store.cluster) = before.shown?;
    }
    Some(store)
}

pub(crate) fn description(
    rows: &impl Rows,
    now: SimTime,
    realm: &Realm,
    store: KeyStore,
) -> Result<KeyStoreDescription> {
    let state = store.state(now);
    let id: &KeyStoreId = &store.id;
    let trust_anchor = Credentials::load(rows, realm, id)?.trust_anchor;
    Ok(KeyStoreDescription {
        id: id.to_string(),
        name: store.name,
        cluster_id: store.cluster,
        trust_anchor,
        state,
        error: store.error,
        created: store.created,
    })
}
