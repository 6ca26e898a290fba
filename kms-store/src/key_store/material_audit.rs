//! The material audit: does the cluster still hold what its keys need? (seed 004: a key whose material is lost becomes
//! Unavailable in the end; the period is a setting.)
//!
//! A key is marked when every node of the cluster answered and none has its material; a node that does not answer leaves the
//! mark as it is, and finding the material clears it. A connect looks too, but it only clears: one failure never flips a state.
//! Both note where the material is now, which changes when the key store moves to another cluster.

use hsm_sim::job::{self, JobKey};
use hsm_sim::row;
use hsm_sim::service::Material;
use hsm_sim::{Realm, Settings, SimTime};

use crate::arn::KeyId;
use crate::error::Result;
use crate::hsm::answered;
use crate::job::Work;
use crate::key::{KeyRecord, Located, Origin};
use crate::key_store::{Connection, KeyStore, KeyStoreId};
use crate::kms::Kms;
use crate::table;

/// Which audit: the one of this connection.
#[derive(Debug)]
pub(crate) struct Audit<'a> {
    pub(crate) realm: &'a Realm,
    pub(crate) id: &'a KeyStoreId,
    pub(crate) attempt: u64,
    pub(crate) job: &'a JobKey,
}

/// Why the material is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To mark what is lost and clear what is found.
    Audit,
    /// To clear what is found.
    Connect,
}

impl Kms {
    /// The job: one audit, and the next one planned. Audits that a jump of the clock would repeat are skipped.
    pub(crate) fn audit_material(&self, audit: &Audit<'_>, at: SimTime, horizon: SimTime) -> Result<()> {
        self.look_for_material(audit.realm, audit.id, Purpose::Audit)?;
        self.settle_intents()?;
        self.world().write(|tx| {
            let Some(mut store) = KeyStore::load(tx, audit.realm, audit.id)? else { return Ok(()) };
            let current = matches!(store.connection, Connection::Connected { attempt, .. } if attempt == audit.attempt);
            if !job::take(tx, audit.job)? || !current {
                return Ok(());
            }
            let period = Settings::load(tx)?.material_audit_period;
            let skipped = horizon.since(at).as_millis().checked_div(period.as_millis()).unwrap_or(0);
            let steps = u32::try_from(skipped).unwrap_or(u32::MAX).max(1);
            let due = at + period.saturating_mul(steps).max(SHORTEST);
            let work = Work::audit(audit.realm.clone(), audit.id.clone(), audit.attempt);
            let job = job::schedule(tx, due, job::KMS, work.encode())?;
            store.connection = Connection::Connected { attempt: audit.attempt, audit: job };
            store.save(tx, audit.realm)
        })
    }

    /// Looks for the material of every key of a connected key store and corrects the marks.
    pub(crate) fn look_for_material(&self, realm: &Realm, id: &KeyStoreId, purpose: Purpose) -> Result<()> {
        let found = self.world().read(|rows| {
            let store = KeyStore::load(rows, realm, id)?;
            let prefix = format!("{}{id}/", realm.key());
            let keys = keys_of(rows, prefix.as_bytes())?;
            Ok::<_, crate::Error>(store.map(|store| (store, keys)))
        })?;
        let Some((store, keys)) = found else { return Ok(()) };
        if !matches!(store.connection, Connection::Connected { .. }) {
            return Ok(());
        }
        let session = answered(self.session(&store.cluster, id))?;
        let Some(session) = session else { return Ok(()) };
        let mut changes = Vec::new();
        for key in keys {
            let Some(material) = answered(session.material(&key.arn(realm)))? else { return Ok(()) };
            let before = self.world().read(|rows| row::load::<KeyRecord>(rows, &key.row_key(realm)))?;
            if before.is_some_and(|record| verdict(&record, &store, &material, purpose).is_some()) {
                changes.push((key, material));
            }
        }
        if changes.is_empty() {
            return Ok(());
        }
        self.world().write(|tx| {
            for (key, material) in &changes {
                let row_key = key.row_key(realm);
                let Some(mut record) = row::load::<KeyRecord>(tx, &row_key)? else { continue };
                if let Some(located) = verdict(&record, &store, material, purpose)
                    && let Origin::CloudHsm(origin) = &mut record.origin
                {
                    origin.located = located;
                    row::save(tx, &row_key, &record)?;
                }
            }
            Ok(())
        })
    }
}

/// Audits do not follow each other faster than this, whatever the setting says.
const SHORTEST: std::time::Duration = std::time::Duration::from_secs(1);

/// What the answer of the nodes changes in the key's record, if anything.
fn verdict(record: &KeyRecord, store: &KeyStore, material: &Material, purpose: Purpose) -> Option<Located> {
    let Origin::CloudHsm(origin) = &record.origin else { return None };
    let located = match material.handle {
        Some(handle) => Located { cluster: store.cluster.clone(), handle, missing: false },
        None if purpose == Purpose::Audit && material.nodes > 0 && material.answered == material.nodes => {
            Located { missing: true, ..origin.located.clone() }
        }
        None => return None,
    };
    (located != origin.located).then_some(located)
}

fn keys_of(rows: &impl row::Rows, prefix: &[u8]) -> Result<Vec<KeyId>> {
    let mut keys = Vec::new();
    for entry in rows.scan(table::KEY_BY_STORE, prefix, None)? {
        let (key, _) = entry?;
        let tail = key.get(prefix.len()..).and_then(|tail| tail.try_into().ok());
        keys.push(KeyId::from_bytes(tail.ok_or_else(|| row::corrupt(table::KEY_BY_STORE, &key))?));
    }
    Ok(keys)
}
