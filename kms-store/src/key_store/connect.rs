//! ConnectCustomKeyStore (documented; spec-kms 2.7): answered at once, done by a job.
//!
//! The job is a two-party commit between KMS and the HSMs, in three steps that a crash may separate ([`Kms::prepare`],
//! [`Kms::rotate`], [`Kms::conclude`]): KMS stores the password that it is about to set beside the present one, the HSMs take
//! it, KMS forgets the old one. Whichever step is the last that happened, a password that an HSM holds is one that KMS knows;
//! the job runs again after a restart, and an HSM that already took the new password counts as good.

use crypto::x509::issued_by;
use hsm_sim::control::ClusterView;
use hsm_sim::fault::FaultView;
use hsm_sim::job::{self, JobKey};
use hsm_sim::row::{Rows, Writer};
use hsm_sim::service::{self, ConnectRefusal, Login};
use hsm_sim::{Password, Realm, Settings, SimTime};

use crate::audit::Call;
use crate::caller::Caller;
use crate::error::Result;
use crate::job::Work;
use crate::key_store::credentials::{Credentials, generate_password};
use crate::key_store::material_audit::Purpose;
use crate::key_store::requirements::{find_cluster, require_active, require_network};
use crate::key_store::{Connection, ConnectionErrorCode, ConnectionEvent, KMSUSER, KeyStore, KeyStoreId, Transition};
use crate::kms::Kms;

const OPERATION: &str = "ConnectCustomKeyStore";

/// A connection attempt that is under way.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    pub(crate) realm: &'a Realm,
    pub(crate) id: &'a KeyStoreId,
    /// Tells this attempt from others.
    pub(crate) number: u64,
    /// Its job.
    pub(crate) job: &'a JobKey,
}

/// What the first half of the rotation decided.
#[derive(Debug)]
pub(crate) struct Rotation {
    realm: Realm,
    store: KeyStore,
    /// The number of the attempt that it belongs to.
    attempt: u64,
    trust_anchor: String,
    current: Password,
    next: Password,
    /// An earlier attempt may have given `next` to some HSMs.
    resumed: bool,
}

/// How the procedure ended.
type Outcome = Result<(), ConnectionErrorCode>;

impl Kms {
    /// Starts the connection of a key store. A connected or connecting one is left as it is.
    ///
    /// # Errors
    /// `CustomKeyStoreNotFoundException`, `CustomKeyStoreInvalidStateException`, `CloudHsmClusterNotActiveException`,
    /// `CloudHsmClusterInvalidConfigurationException` (zones, security group). Everything else is found by the procedure
    /// and shows as FAILED with a `ConnectionErrorCode`.
    pub fn connect_custom_key_store(&self, caller: &Caller, id: &str) -> Result<()> {
        let call = Call::mutating(OPERATION).with("customKeyStoreId", id);
        let cluster = self.world().read(|rows| Ok::<_, crate::Error>(KeyStore::find(rows, &caller.realm, id)?.cluster));
        let fit = cluster.and_then(|cluster| match find_cluster(self.world(), &caller.realm, &cluster)? {
            Some(view) => require_active(&view).and_then(|()| require_network(self.world(), &view)),
            None => Ok(()),
        });
        // An internal error is the procedure's to meet, or its code could not be seen.
        let told_to_fail = self.is_told_to_fail()?;
        let delay = self.mutate_in_spite_of_faults(caller, call, |tx, now, call| {
            let mut store = KeyStore::find(tx, &caller.realm, id)?;
            let delay = Settings::load(tx)?.connect_delay;
            match store.state(now).next(ConnectionEvent::Connect) {
                Transition::To(_) => {}
                Transition::Unchanged => {
                    store.note_in(call);
                    return Ok(None);
                }
                Transition::Refused | Transition::Stale => return Err(store.refuse(now, OPERATION)),
            }
            fit?;
            store.note_in(call);
            let attempt = tx.seq().get();
            let work = Work::Connect { realm: caller.realm.clone(), store: store.id.clone(), attempt };
            let job = job::schedule(tx, now + delay, job::KMS, work.encode())?;
            store.connection = Connection::Connecting { attempt, job, told_to_fail };
            store.error = None;
            store.save(tx, &caller.realm)?;
            Ok(Some(delay))
        })?;
        if delay.is_some_and(|delay| delay.is_zero()) {
            self.run_due()?;
        }
        Ok(())
    }

    /// Does the job of a connecting key store before its time.
    pub(crate) fn connect_now(&self, realm: &Realm, id: &str) -> Result<()> {
        let (store, now) = self
            .world()
            .read(|rows| Ok::<_, crate::Error>((KeyStore::find(rows, realm, id)?, self.world().now(rows)?)))?;
        match &store.connection {
            Connection::Connecting { attempt, job, .. } => {
                self.connect(&Attempt { realm, id: &store.id, number: *attempt, job }, now)
            }
            _ => Ok(()),
        }
    }

    /// The job: the whole procedure.
    pub(crate) fn connect(&self, attempt: &Attempt<'_>, at: SimTime) -> Result<()> {
        let Some(rotation) = self.prepare(attempt)? else { return Ok(()) };
        let outcome = self.rotate(&rotation)?;
        self.conclude(attempt, &rotation, outcome, at)
    }

    /// First step: both passwords are durable before an HSM sees the new one. `None` when the attempt was aborted.
    pub(crate) fn prepare(&self, attempt: &Attempt<'_>) -> Result<Option<Rotation>> {
        let fresh = generate_password(self.world().entropy());
        self.world().write(|tx| {
            let Some(store) = self.current_attempt(tx, attempt)? else { return Ok(None) };
            let mut credentials = Credentials::load(tx, attempt.realm, attempt.id)?;
            let prepared = credentials.next(self.world(), attempt.id)?;
            let resumed = prepared.is_some();
            if !resumed {
                credentials.prepare(self.world(), attempt.id, &fresh);
                credentials.save(tx, attempt.realm, attempt.id)?;
            }
            let current = credentials.current(self.world(), attempt.id)?;
            Ok(Some(Rotation {
                realm: attempt.realm.clone(),
                store,
                attempt: attempt.number,
                trust_anchor: credentials.trust_anchor,
                current,
                next: prepared.unwrap_or(fresh),
                resumed,
            }))
        })
    }

    /// Second step: the checks in their order, then the HSMs.
    pub(crate) fn rotate(&self, rotation: &Rotation) -> Result<Outcome> {
        let store = &rotation.store;
        if let Err(code) = self.look_around(rotation)? {
            return Ok(Err(code));
        }
        let login = Login {
            user: KMSUSER,
            current: &rotation.current,
            next: &rotation.next,
            owner: store.id.as_str(),
            attempt: rotation.attempt,
        };
        let answer = service::connect(self.world(), &store.cluster, &login)?;
        Ok(answer.map_err(|refusal| match refusal {
            ConnectRefusal::NoNodeReachable => ConnectionErrorCode::NetworkErrors,
            ConnectRefusal::UserNotFound => ConnectionErrorCode::UserNotFound,
            ConnectRefusal::UserLoggedIn => ConnectionErrorCode::UserLoggedIn,
            ConnectRefusal::UserLockedOut => ConnectionErrorCode::UserLockedOut,
            ConnectRefusal::InvalidCredentials => ConnectionErrorCode::InvalidCredentials,
        }))
    }

    /// Last step: the new password alone counts, and the state says how it went.
    pub(crate) fn conclude(
        &self,
        attempt: &Attempt<'_>,
        rotation: &Rotation,
        outcome: Outcome,
        at: SimTime,
    ) -> Result<()> {
        let connected = self.world().write(|tx| {
            let mine = self.current_attempt(tx, attempt)?;
            let Some(existing) = KeyStore::load(tx, attempt.realm, attempt.id)? else {
                service::disconnect(tx, &rotation.store.cluster, KMSUSER, attempt.id.as_str())?;
                return Ok(false);
            };
            let mut credentials = Credentials::load(tx, attempt.realm, attempt.id)?;
            match outcome {
                Ok(()) => credentials.settle(self.world(), attempt.id, &rotation.next)?,
                Err(_) if rotation.resumed => {}
                Err(_) if credentials.next(self.world(), attempt.id)?.as_ref() == Some(&rotation.next) => {
                    credentials.abandon();
                }
                Err(_) => {}
            }
            credentials.save(tx, attempt.realm, attempt.id)?;
            let Some(mut store) = mine else {
                // Aborted meanwhile: the HSMs may hold the new password, but KMS must not stay logged in.
                if !matches!(existing.connection, Connection::Connected { .. }) {
                    service::disconnect(tx, &rotation.store.cluster, KMSUSER, attempt.id.as_str())?;
                }
                return Ok(false);
            };
            job::take(tx, attempt.job)?;
            let now = self.world().now(tx)?;
            let event = if outcome.is_ok() { ConnectionEvent::Connected } else { ConnectionEvent::Failed };
            // Invariant of `current_attempt`: the state is CONNECTING, so the event is not stale.
            debug_assert!(matches!(store.state(now).next(event), Transition::To(_)));
            store.connection = match outcome {
                Ok(()) => {
                    let number = attempt.number;
                    let period = Settings::load(tx)?.material_audit_period;
                    let work = Work::audit(attempt.realm.clone(), attempt.id.clone(), number);
                    let audit = job::schedule(tx, at + period, job::KMS, work.encode())?;
                    Connection::Connected { attempt: number, audit }
                }
                Err(_) => Connection::Failed,
            };
            store.error = outcome.err();
            store.save(tx, attempt.realm)?;
            Ok::<_, crate::Error>(outcome.is_ok())
        })?;
        if connected {
            // What the cluster holds may have changed while nobody looked: restored material makes keys usable at once.
            self.settle_intents()?;
            self.look_for_material(attempt.realm, attempt.id, Purpose::Connect)?;
        }
        Ok(())
    }

    /// The key store, if this attempt is still the one that connects it.
    fn current_attempt(&self, tx: &Writer<'_>, attempt: &Attempt<'_>) -> Result<Option<KeyStore>> {
        let store = KeyStore::load(tx, attempt.realm, attempt.id)?;
        Ok(store.filter(|store| {
            matches!(store.connection, Connection::Connecting { attempt: number, .. } if number == attempt.number)
        }))
    }

    /// What is wrong with the cluster or the way to it, in the documented order.
    fn look_around(&self, rotation: &Rotation) -> Result<Outcome> {
        let Some(view) = find_cluster(self.world(), &rotation.realm, &rotation.store.cluster)? else {
            return Ok(Err(ConnectionErrorCode::ClusterNotFound));
        };
        let faults = self.world().read(|rows| FaultView::load(rows, self.world().now(rows)?))?;
        let subnets = || view.cluster.subnets.values();
        if subnets().any(|subnet| !faults.subnet_exists(subnet)) {
            return Ok(Err(ConnectionErrorCode::SubnetNotFound));
        }
        if subnets().any(|subnet| !faults.subnet_free(subnet)) {
            return Ok(Err(ConnectionErrorCode::InsufficientFreeAddressesInSubnet));
        }
        if view.active_nodes().next().is_none() {
            return Ok(Err(ConnectionErrorCode::InsufficientCloudHsmHsms));
        }
        let told_to_fail = matches!(rotation.store.connection, Connection::Connecting { told_to_fail: true, .. });
        if told_to_fail || self.is_told_to_fail()? || !anchor_fits(&view, &rotation.trust_anchor) {
            return Ok(Err(ConnectionErrorCode::InternalError));
        }
        Ok(Ok(()))
    }
}

/// Whether the cluster proves to be the one that the customer trusts.
fn anchor_fits(view: &ClusterView, anchor: &str) -> bool {
    let certificate = view.cluster.certificates.cluster_certificate.as_deref();
    certificate.is_some_and(|certificate| issued_by(certificate, anchor).unwrap_or(false))
}
