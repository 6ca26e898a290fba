//! UpdateCustomKeyStore (documented; spec-kms 2.6): name, password and cluster, only while DISCONNECTED (seeds 000 to 003).
//!
//! The password is only told to KMS; it is not tried here. Name and password are not checked against the cluster, or a broken
//! key store could not be repaired (inferred from the repairs of seed 004).

use hsm_sim::control::ClusterView;
use hsm_sim::{ClusterId, Password, Settings};

use crate::audit::Call;
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::key_store::credentials::{Credentials, check_password};
use crate::key_store::requirements::{find_cluster, usable_cluster};
use crate::key_store::{Before, ConnectionState, KeyStore};
use crate::kms::Kms;

const OPERATION: &str = "UpdateCustomKeyStore";

/// What to change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateCustomKeyStore {
    /// `CustomKeyStoreId`.
    pub id: String,
    /// `NewCustomKeyStoreName`.
    pub new_name: Option<String>,
    /// `KeyStorePassword`: what kmsuser's password is now.
    pub password: Option<Password>,
    /// `CloudHsmClusterId`: another cluster of the same backup history.
    pub cluster_id: Option<ClusterId>,
}

impl Kms {
    /// Changes a key store, all members or none.
    ///
    /// # Errors
    /// In this order: `ValidationException`, `CustomKeyStoreNotFoundException`, `CustomKeyStoreInvalidStateException`,
    /// `CustomKeyStoreNameInUseException`, `CloudHsmClusterNotFoundException`, `…NotRelatedException`, `…NotActiveException`,
    /// `…InvalidConfigurationException`.
    pub fn update_custom_key_store(&self, caller: &Caller, request: &UpdateCustomKeyStore) -> Result<()> {
        let call = Call::mutating(OPERATION)
            .with("customKeyStoreId", request.id.as_str())
            .with_some("newCustomKeyStoreName", request.new_name.as_deref())
            .with_some("clusterId", request.cluster_id.as_ref().map(ClusterId::as_str));
        let cluster = request.cluster_id.as_ref().map(|id| find_cluster(self.world(), &caller.realm, id)).transpose();
        let usable = match &cluster {
            Ok(Some(Some(view))) => usable_cluster(self.world(), view),
            _ => Ok(()),
        };
        self.mutate(caller, call, |tx, now, call| {
            if let Some(password) = &request.password {
                check_password(password)?;
            }
            let mut store = KeyStore::find(tx, &caller.realm, &request.id)?;
            if request.new_name.is_none() && request.password.is_none() && request.cluster_id.is_none() {
                // Every member but the id is optional, so nothing is forbidden (inferred).
                store.note_in(call);
                return Ok(());
            }
            let settings = Settings::load(tx)?;
            let only_name = request.password.is_none() && request.cluster_id.is_none();
            let renames_connected =
                settings.newest_behaviour && only_name && store.state(now) == ConnectionState::Connected;
            if !renames_connected {
                store.require(ConnectionState::Disconnected, now, OPERATION)?;
            }
            if let Some(name) = &request.new_name {
                let others = KeyStore::of_realm(tx, &caller.realm)?;
                if others.iter().any(|other| other.id != store.id && other.name == *name) {
                    return Err(Error::CustomKeyStoreNameInUse(name.clone()));
                }
            }
            let mut credentials = Credentials::load(tx, &caller.realm, &store.id)?;
            if let Some(view) = cluster? {
                require_related(view, &store, &credentials, request)?;
                usable?;
            }

            if !settings.consistency_delay.is_zero() {
                let shown = store.before.take().filter(|before| now < before.until).map(|before| before.shown);
                let shown = shown.unwrap_or_else(|| Some((store.name.clone(), store.cluster.clone())));
                store.before = Some(Before { until: now + settings.consistency_delay, shown });
            }
            store.note_in(call);
            if let Some(name) = &request.new_name {
                store.name.clone_from(name);
            }
            if let Some(cluster) = &request.cluster_id {
                store.cluster = cluster.clone();
            }
            if let Some(password) = &request.password {
                credentials.set(self.world(), &store.id, password);
                credentials.save(tx, &caller.realm, &store.id)?;
            }
            store.save(tx, &caller.realm)
        })
    }
}

/// The new cluster exists and shares the original cluster's backup history.
fn require_related(
    view: Option<ClusterView>,
    store: &KeyStore,
    credentials: &Credentials,
    request: &UpdateCustomKeyStore,
) -> Result<()> {
    let Some(view) = view else {
        let id = request.cluster_id.as_ref().map(ToString::to_string).unwrap_or_default();
        return Err(Error::CloudHsmClusterNotFound(id));
    };
    let shares_history = view.cluster.certificates.cluster_certificate.as_ref() == Some(&credentials.history);
    if shares_history || view.cluster.id == store.cluster {
        Ok(())
    } else {
        Err(Error::CloudHsmClusterNotRelated { cluster: view.cluster.id, key_store: store.id.to_string() })
    }
}
