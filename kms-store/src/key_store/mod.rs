//! Custom key stores backed by CloudHSM clusters (KMS custom key stores, documented).
//!
//! A key store is two rows: the record, which every request on its keys reads, and the credentials, which only its own
//! operations read. The state DISCONNECTING ends by the clock, without a job: it is derived when read.

mod connect;
mod create;
mod credentials;
mod delete;
mod describe;
mod disconnect;
mod material_audit;
mod requirements;
mod state;
mod update;

use std::fmt;
use std::str::FromStr;

use hsm_sim::job::JobKey;
use hsm_sim::row::{self, Record, Rows, Table, Writer};
use hsm_sim::{ClusterId, Entropy, Realm, SimTime};
use serde::{Deserialize, Serialize};

pub(crate) use connect::Attempt;
pub use create::CreateCustomKeyStore;
pub(crate) use credentials::Credentials;
pub(crate) use describe::description;
pub use describe::{DescribeCustomKeyStores, KeyStoreDescription};
pub(crate) use material_audit::Audit;
pub(crate) use requirements::{find_cluster, usable_cluster};
pub use state::{ConnectionErrorCode, ConnectionState};
pub(crate) use state::{ConnectionEvent, Transition};
pub use update::UpdateCustomKeyStore;

use crate::audit::Call;
use crate::error::{Error, Result, StoreProblem};
use crate::table;

/// The crypto user that KMS is on the HSMs (documented).
pub(crate) const KMSUSER: &str = "kmsuser";

/// How many key stores an account has in a Region (documented), where quotas apply.
const LIMIT: usize = 10;

/// A key store's id: `cks-` and 17 hexadecimal digits (documented examples).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct KeyStoreId(String);

impl KeyStoreId {
    const PREFIX: &str = "cks-";
    const DIGITS: usize = 17;

    fn generate(entropy: &Entropy) -> Self {
        let mut text = String::from(Self::PREFIX);
        for byte in entropy.bytes::<9>() {
            text.push_str(&format!("{byte:02x}"));
        }
        text.truncate(Self::PREFIX.len() + Self::DIGITS);
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn row_key(&self, realm: &Realm) -> Vec<u8> {
        (realm.key() + &self.0).into_bytes()
    }
}

impl FromStr for KeyStoreId {
    type Err = Error;

    /// What is no id of ours cannot exist.
    fn from_str(text: &str) -> Result<Self> {
        match text.strip_prefix(Self::PREFIX) {
            Some(tail) if tail.len() == Self::DIGITS && tail.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(Error::CustomKeyStoreNotFound(text.to_owned())),
        }
    }
}

impl fmt::Display for KeyStoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyStoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The connection, with what only its state has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Connection {
    /// Never connected, or disconnected.
    Disconnected,
    /// The job `job` connects; `attempt` tells its attempt from others. `told_to_fail` is what the fault model said of the call that
    /// started it.
    Connecting { attempt: u64, job: JobKey, told_to_fail: bool },
    /// Connected by `attempt`; the job `audit` looks for the keys' material.
    Connected { attempt: u64, audit: JobKey },
    /// The procedure failed.
    Failed,
    /// Logged out; DISCONNECTED from `until` on.
    Disconnecting { until: SimTime },
}

/// What DescribeCustomKeyStores showed before an edit, as long as the edit is not visible (eventual consistency).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Before {
    /// Until then.
    until: SimTime,
    /// Name and cluster; `None` for a key store that did not exist.
    shown: Option<(String, ClusterId)>,
}

/// A key store's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyStore {
    pub(crate) id: KeyStoreId,
    pub(crate) name: String,
    pub(crate) cluster: ClusterId,
    created: SimTime,
    /// The transaction that created it: the order of key stores of one moment.
    number: u64,
    pub(crate) connection: Connection,
    /// Why the last connection failed; survives a disconnect (seed 004) until the next connect is accepted.
    error: Option<ConnectionErrorCode>,
    before: Option<Before>,
}

impl Record for KeyStore {
    const TABLE: Table = table::KEY_STORE;
}

impl KeyStore {
    /// The key store of this id.
    ///
    /// # Errors
    /// `CustomKeyStoreNotFoundException`, or the store fails.
    pub(crate) fn find(rows: &impl Rows, realm: &Realm, id: &str) -> Result<Self> {
        let id: KeyStoreId = id.parse()?;
        match row::load(rows, &id.row_key(realm))? {
            Some(record) => Ok(record),
            None => Err(Error::CustomKeyStoreNotFound(id.0)),
        }
    }

    pub(crate) fn load(rows: &impl Rows, realm: &Realm, id: &KeyStoreId) -> Result<Option<Self>> {
        Ok(row::load(rows, &id.row_key(realm))?)
    }

    pub(crate) fn of_realm(rows: &impl Rows, realm: &Realm) -> Result<Vec<Self>> {
        let mut stores: Vec<Self> =
            row::list(rows, realm.key().as_bytes())?.into_iter().map(|(_, record)| record).collect();
        stores.sort_by_key(|store| (store.created, store.number));
        Ok(stores)
    }

    fn save(&self, tx: &mut Writer<'_>, realm: &Realm) -> Result<()> {
        Ok(row::save(tx, &self.id.row_key(realm), self)?)
    }

    /// The connection state at `now`.
    pub(crate) fn state(&self, now: SimTime) -> ConnectionState {
        match self.connection {
            Connection::Disconnected => ConnectionState::Disconnected,
            Connection::Connecting { .. } => ConnectionState::Connecting,
            Connection::Connected { .. } => ConnectionState::Connected,
            Connection::Failed => ConnectionState::Failed,
            Connection::Disconnecting { until } if now < until => ConnectionState::Disconnecting,
            Connection::Disconnecting { .. } => {
                match ConnectionState::Disconnecting.next(ConnectionEvent::Disconnected) {
                    Transition::To(state) => state,
                    _ => ConnectionState::Disconnecting,
                }
            }
        }
    }

    /// Refuses `operation` unless the key store is in `wanted`.
    pub(crate) fn require(&self, wanted: ConnectionState, now: SimTime, operation: &'static str) -> Result<()> {
        if self.state(now) == wanted { Ok(()) } else { Err(self.refuse(now, operation)) }
    }

    fn refuse(&self, now: SimTime, operation: &'static str) -> Error {
        StoreProblem::State { id: self.id.to_string(), state: self.state(now), operation }.into()
    }

    /// What the audit trail says about every operation on a key store (documented).
    fn note_in(&self, call: &mut Call<'_>) {
        call.note("customKeyStoreName", self.name.clone());
        call.note("clusterId", self.cluster.to_string());
    }
}
