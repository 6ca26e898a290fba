//! CreateCustomKeyStore (documented; spec-kms 2.4). KMS does not try the password here; it is first used at connect.

use crypto::x509::{issued_by, same_certificate};
use hsm_sim::control::ClusterView;
use hsm_sim::row::{Rows, Writer};
use hsm_sim::{ClusterId, Password, Realm, Settings, SimTime};

use crate::audit::Call;
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::key_store::credentials::{Credentials, check_password};
use crate::key_store::requirements::{find_cluster, usable_cluster};
use crate::key_store::{Before, Connection, ConnectionState, KeyStore, KeyStoreId, LIMIT};
use crate::kms::Kms;

/// A key store backed by a CloudHSM cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateCustomKeyStore {
    /// `CustomKeyStoreName`.
    pub name: String,
    /// `CloudHsmClusterId`.
    pub cluster_id: ClusterId,
    /// `TrustAnchorCertificate`, PEM.
    pub trust_anchor: String,
    /// `KeyStorePassword`: the password of kmsuser.
    pub password: Password,
}

impl Kms {
    /// Creates a key store, DISCONNECTED; the same request again finds the one that it made.
    ///
    /// # Errors
    /// In this order: `ValidationException` (password), `CustomKeyStoreNameInUseException`, `LimitExceededException`,
    /// `CloudHsmClusterNotFoundException`, `…InUseException`, `…NotActiveException`, `…InvalidConfigurationException`,
    /// `IncorrectTrustAnchorException`.
    pub fn create_custom_key_store(&self, caller: &Caller, request: &CreateCustomKeyStore) -> Result<String> {
        let call = Call::mutating("CreateCustomKeyStore")
            .with("customKeyStoreName", request.name.as_str())
            .with("clusterId", request.cluster_id.as_str());
        let view = find_cluster(self.world(), &caller.realm, &request.cluster_id);
        let usable = view.as_ref().ok().and_then(Option::as_ref).map(|view| usable_cluster(self.world(), view));
        self.mutate(caller, call, |tx, now, call| {
            check_password(&request.password)?;
            let stores = KeyStore::of_realm(tx, &caller.realm)?;
            if let Some(same) = self.identical(tx, now, &caller.realm, &stores, request)? {
                call.respond("customKeyStoreId", same.to_string());
                return Ok(same.to_string());
            }
            if stores.iter().any(|store| store.name == request.name) {
                return Err(Error::CustomKeyStoreNameInUse(request.name.clone()));
            }
            let settings = Settings::load(tx)?;
            if settings.quotas && stores.len() >= LIMIT {
                return Err(Error::LimitExceeded { what: "custom key stores", limit: LIMIT });
            }
            let view = view?.ok_or_else(|| Error::CloudHsmClusterNotFound(request.cluster_id.to_string()))?;
            let history = view.cluster.certificates.cluster_certificate.clone().unwrap_or_default();
            refuse_used_cluster(tx, &caller.realm, &stores, &view, &history)?;
            usable.unwrap_or(Ok(()))?;
            require_trust_anchor(&view, request)?;

            let id = KeyStoreId::generate(self.world().entropy());
            let late = !settings.consistency_delay.is_zero();
            let record = KeyStore {
                id: id.clone(),
                name: request.name.clone(),
                cluster: request.cluster_id.clone(),
                created: now,
                number: tx.seq().get(),
                connection: Connection::Disconnected,
                error: None,
                before: late.then(|| Before { until: now + settings.consistency_delay, shown: None }),
            };
            record.save(tx, &caller.realm)?;
            let anchor = request.trust_anchor.clone();
            Credentials::new(self.world(), &id, anchor, history, &request.password).save(tx, &caller.realm, &id)?;
            call.respond("customKeyStoreId", id.to_string());
            Ok(id.to_string())
        })
    }

    /// A DISCONNECTED key store that has every property of the request (documented idempotence).
    fn identical(
        &self,
        tx: &Writer<'_>,
        now: SimTime,
        realm: &Realm,
        stores: &[KeyStore],
        request: &CreateCustomKeyStore,
    ) -> Result<Option<KeyStoreId>> {
        let Some(store) = stores.iter().find(|store| store.name == request.name) else { return Ok(None) };
        let credentials = Credentials::load(tx, realm, &store.id)?;
        let same = store.state(now) == ConnectionState::Disconnected
            && store.cluster == request.cluster_id
            && credentials.trust_anchor == request.trust_anchor
            && credentials.current(self.world(), &store.id)? == request.password;
        Ok(same.then(|| store.id.clone()))
    }
}

/// Rule F: neither this cluster nor one with the same backup history backs another key store of the realm.
fn refuse_used_cluster(
    rows: &impl Rows,
    realm: &Realm,
    stores: &[KeyStore],
    view: &ClusterView,
    history: &str,
) -> Result<()> {
    for store in stores {
        let related = !history.is_empty() && Credentials::load(rows, realm, &store.id)?.history == history;
        if related || store.cluster == view.cluster.id {
            let (cluster, key_store) = (view.cluster.id.clone(), store.id.to_string());
            return Err(Error::CloudHsmClusterInUse { cluster, key_store });
        }
    }
    Ok(())
}

/// Rule G: the certificate is the one with which the cluster was initialized, or issued its certificate.
fn require_trust_anchor(view: &ClusterView, request: &CreateCustomKeyStore) -> Result<()> {
    let certificates = &view.cluster.certificates;
    let given = request.trust_anchor.as_str();
    let recorded = certificates.trust_anchor.as_deref();
    let is_recorded = recorded.is_some_and(|recorded| same_certificate(recorded, given).unwrap_or(false));
    let issuer_of = |certificate: &str| issued_by(certificate, given).unwrap_or(false);
    if is_recorded || certificates.cluster_certificate.as_deref().is_some_and(issuer_of) {
        Ok(())
    } else {
        Err(Error::IncorrectTrustAnchor(view.cluster.id.clone()))
    }
}
