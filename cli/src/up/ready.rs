//! The ready environment of the first start: an ACTIVE cluster of three HSMs, a connected key store and a key.
//!
//! A marker row says what was made. While it is being made the row says so, so that the next start undoes what a killed one left;
//! nothing of that had been acknowledged. A lease keeps processes that start together apart.

use std::time::Duration;

use hsm_sim::lease::Lease;
use hsm_sim::row::{self, FIRST_FOREIGN_TABLE, Record, Rows, Table};
use hsm_sim::vault::Sealed;
use hsm_sim::{ActiveCluster, ClusterId, Entropy, Error, Password, Realm, Settings, World};
use kms_store::{Caller, CreateCustomKeyStore, CreateKey, Kms};
use serde::{Deserialize, Serialize};
use server::control::INITIAL_SNAPSHOT;

use super::access_key::text;
use super::apply_settings;
use crate::failure::Failure;
use crate::settings::Changes;

/// The ready key's alias.
pub(super) const ALIAS: &str = "alias/demo";
/// The customer's CA certificate, beside the state.
pub(super) const TRUST_ANCHOR_FILE: &str = "customerCA.crt";

const OFFICER: &str = "admin";
const KEY_STORE_NAME: &str = "demo";
const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HSMS: usize = 3;
const LEASE: &str = "ready";
/// Making it takes about a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the first start made.
#[derive(Debug, Clone)]
pub(super) struct Environment {
    /// The cluster.
    pub(super) cluster: ClusterId,
    /// How many HSMs it was made with.
    pub(super) hsms: usize,
    /// The key store.
    pub(super) custom_key_store_id: String,
    /// The key's id.
    pub(super) key_id: String,
    /// The key's ARN.
    pub(super) key_arn: String,
    /// The crypto officer's name.
    pub(super) officer: String,
    /// The crypto officer's first password.
    pub(super) officer_password: Password,
    /// The customer's CA certificate, PEM.
    pub(super) trust_anchor: String,
}

#[derive(Debug, Serialize, Deserialize)]
enum Marker {
    /// Begun, and not finished if no process holds the lease.
    Making {
        /// The world was empty before, so undoing is a reset.
        alone: bool,
        /// The setting in force before, which is zero meanwhile.
        connect_delay: Duration,
    },
    /// `up --empty` came first.
    Empty,
    /// Made.
    Made(Box<Stored>),
}

#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    cluster: ClusterId,
    custom_key_store_id: String,
    key_id: String,
    key_arn: String,
    officer_password: Sealed,
    /// The customer's CA key (PKCS#8), so that the customer can sign again.
    ca_key: Sealed,
    trust_anchor: String,
}

impl Record for Marker {
    const TABLE: Table = Table::new(FIRST_FOREIGN_TABLE + 60);
}

const KEY: &[u8] = b"ready";
const PASSWORD_CONTEXT: &[u8] = b"ready/officer-password";
const CA_KEY_CONTEXT: &[u8] = b"ready/ca-key";

/// The ready environment, made if this is the first start; none after starts with `empty` alone.
///
/// One process makes it; others that start meanwhile wait for it.
///
/// # Errors
/// The directory cannot be used, or another process takes too long.
pub(super) fn prepare(
    kms: &Kms,
    realm: &Realm,
    empty: bool,
    changes: &Changes,
) -> Result<Option<Environment>, Failure> {
    let world = kms.world();
    let Some(_lease) = Lease::wait_for(world, LEASE, PATIENCE)? else {
        return Err(Failure::new(
            "another process is making the ready environment and does not finish; stop it and start again",
        ));
    };
    let (marker, first) = match world.read(|rows| row::load::<Marker>(rows, KEY))? {
        Some(Marker::Making { alone, connect_delay }) => {
            undo(world, alone, connect_delay)?;
            (None, true)
        }
        marker => {
            let first = marker.is_none();
            (marker, first)
        }
    };
    let environment = match marker {
        Some(Marker::Made(stored)) => Some(open(world, &stored)?),
        _ if empty => {
            world.write(|tx| row::save(tx, KEY, &Marker::Empty))?;
            None
        }
        _ => Some(make(kms, realm)?),
    };
    apply_settings(world, changes)?;
    if first {
        world.snapshots().save(INITIAL_SNAPSHOT)?;
    }
    Ok(environment)
}

/// Takes back what a killed start left. In a world that held more already, only the marker and the setting: what was half-made stays
/// beside the environment that is made now.
fn undo(world: &World, alone: bool, connect_delay: Duration) -> Result<(), Failure> {
    if alone {
        world.snapshots().reset()?;
    }
    world.write(|tx| {
        row::remove::<Marker>(tx, KEY)?;
        Settings { connect_delay, ..Settings::load(tx)? }.save(tx)
    })?;
    Ok(())
}

fn make(kms: &Kms, realm: &Realm) -> Result<Environment, Failure> {
    let world = kms.world();
    let connect_delay = world.write(|tx| {
        let alone = tx.scan(row::CLUSTER, b"", None)?.next().is_none();
        let settings = Settings::load(tx)?;
        let connect_delay = settings.connect_delay;
        row::save(tx, KEY, &Marker::Making { alone, connect_delay })?;
        // The environment is connected at once, whatever delay was asked for.
        Settings { connect_delay: Duration::ZERO, ..settings }.save(tx)?;
        Ok::<_, Error>(connect_delay)
    })?;
    let entropy = world.entropy();
    let officer_password = random_password(entropy);
    let kmsuser_password = random_password(entropy);
    let cluster = ActiveCluster::builder()
        .nodes(HSMS)
        .admin_password(&officer_password)
        .kmsuser(kmsuser_password.expose())
        .build_in(world, realm)?;
    let caller = Caller::internal(realm.clone());
    let custom_key_store_id = create_key_store(kms, &caller, &cluster, &kmsuser_password)?;
    kms.connect_custom_key_store(&caller, &custom_key_store_id)?;
    kms.run_due()?;
    let key = kms.create_key(&caller, &CreateKey::in_store(&custom_key_store_id))?;
    match kms.create_alias(&caller, ALIAS, &key.key_id.to_string()) {
        // Somebody's own alias stays what it is.
        Ok(()) | Err(kms_store::Error::AlreadyExists { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    // The backups that adding HSMs took are older than the key; a recovery drill needs one that holds it.
    cluster.control().take_backup(cluster.cluster_id())?;
    let stored = Stored {
        cluster: cluster.cluster_id().clone(),
        custom_key_store_id,
        key_id: key.key_id.to_string(),
        key_arn: key.arn,
        officer_password: world.vault().seal(entropy, PASSWORD_CONTEXT, officer_password.expose().as_bytes()),
        ca_key: world.vault().seal(entropy, CA_KEY_CONTEXT, cluster.customer().private_key()?.expose()),
        trust_anchor: cluster.trust_anchor().to_owned(),
    };
    let environment = open(world, &stored)?;
    world.write(|tx| {
        Settings { connect_delay, ..Settings::load(tx)? }.save(tx)?;
        row::save(tx, KEY, &Marker::Made(Box::new(stored)))
    })?;
    Ok(environment)
}

/// A key store with the first free name of `demo`, `demo-2`, …
fn create_key_store(
    kms: &Kms,
    caller: &Caller,
    cluster: &ActiveCluster,
    password: &Password,
) -> Result<String, Failure> {
    let mut name = KEY_STORE_NAME.to_owned();
    let mut next = 2;
    loop {
        let request = CreateCustomKeyStore {
            name,
            cluster_id: cluster.cluster_id().clone(),
            trust_anchor: cluster.trust_anchor().to_owned(),
            password: password.clone(),
        };
        match kms.create_custom_key_store(caller, &request) {
            Err(kms_store::Error::CustomKeyStoreNameInUse { .. }) => {
                name = format!("{KEY_STORE_NAME}-{next}");
                next += 1;
            }
            result => return Ok(result?),
        }
    }
}

fn open(world: &World, stored: &Stored) -> Result<Environment, Failure> {
    let password = world.vault().open_sealed(PASSWORD_CONTEXT, &stored.officer_password).map_err(Error::from)?;
    let password = String::from_utf8(password.expose().to_vec()).map_err(|_| row::corrupt(Marker::TABLE, KEY))?;
    Ok(Environment {
        cluster: stored.cluster.clone(),
        hsms: HSMS,
        custom_key_store_id: stored.custom_key_store_id.clone(),
        key_id: stored.key_id.clone(),
        key_arn: stored.key_arn.clone(),
        officer: OFFICER.to_owned(),
        officer_password: Password::new(password),
        trust_anchor: stored.trust_anchor.clone(),
    })
}

fn random_password(entropy: &Entropy) -> Password {
    Password::new(text(entropy, 20, ALPHANUMERIC))
}
