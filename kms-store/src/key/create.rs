//! CreateKey (documented; spec-kms 3.1), with Origin AWS_KMS and AWS_CLOUDHSM.
//!
//! A key in a key store spans KMS and the HSMs: the intent is durable before an HSM is asked, the key is published after. The
//! HSM key's label is the KMS key's ARN, by which a restart finds it and finishes the creation ([`Kms::settle_intents`]).

use hsm_sim::object::KeyTemplate;
use hsm_sim::row::{self, Record, Rows, Table, Writer};
use hsm_sim::service::Session;
use hsm_sim::{ClusterId, Handle, Realm, SecretBytes, Settings, SimTime};
use serde::{Deserialize, Serialize};

use crate::arn::KeyId;
use crate::audit::{self, Author, Call, Event, Seen};
use crate::caller::Caller;
use crate::error::{Error, Invalid, Result, StoreProblem, Unsupported};
use crate::hsm::answered;
use crate::key::deletion::store_index_key;
use crate::key::details::{check_policy, check_tags, default_policy};
use crate::key::{
    Details, HsmOrigin, Key, KeyMetadata, KeyOrigin, KeyRecord, KeySpec, KeyUsage, Life, Located, Origin,
    material_context, visible,
};
use crate::key_store::{ConnectionState, KeyStore, KeyStoreId, find_cluster, usable_cluster};
use crate::kms::Kms;
use crate::table;

const OPERATION: &str = "CreateKey";
const KEY_LIMIT: usize = 100_000;
const MATERIAL_LENGTH: usize = 32;

/// The key to create. The default is a symmetric key whose material KMS makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreateKey {
    /// `Origin`, AWS_KMS if absent.
    pub origin: Option<KeyOrigin>,
    /// `CustomKeyStoreId`.
    pub custom_key_store_id: Option<String>,
    /// `KeySpec`, SYMMETRIC_DEFAULT if absent.
    pub spec: Option<KeySpec>,
    /// `CustomerMasterKeySpec`, the older name of the same.
    pub customer_master_key_spec: Option<KeySpec>,
    /// `KeyUsage`, ENCRYPT_DECRYPT if absent.
    pub usage: Option<KeyUsage>,
    /// `Description`.
    pub description: String,
    /// `Policy`, the default key policy if absent.
    pub policy: Option<String>,
    /// `Tags`.
    pub tags: Vec<(String, String)>,
    /// `MultiRegion`.
    pub multi_region: bool,
    /// `BypassPolicyLockoutSafetyCheck`; only recorded.
    pub bypass_policy_lockout_safety_check: bool,
    /// `XksKeyId`, which belongs to external key stores only.
    pub xks_key_id: Option<String>,
}

impl CreateKey {
    /// A key in a CloudHSM key store.
    pub fn in_store(custom_key_store_id: &str) -> Self {
        Self {
            origin: Some(KeyOrigin::AwsCloudHsm),
            custom_key_store_id: Some(custom_key_store_id.to_owned()),
            ..Self::default()
        }
    }
}

/// What is needed to finish the creation of an HSM key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Intent {
    realm: Realm,
    id: KeyId,
    store: KeyStoreId,
    cluster: ClusterId,
    backing_id: [u8; 16],
    /// The opening of the service that is at it; once it is gone, another one settles the intent.
    instance: [u8; 16],
    created: SimTime,
    details: Details,
}

impl Record for Intent {
    const TABLE: Table = table::INTENT;
}

impl Kms {
    /// Creates a key.
    ///
    /// # Errors
    /// In this order: `ValidationException`, `UnsupportedOperationException`, `TagException`,
    /// `MalformedPolicyDocumentException`, `LimitExceededException`, `CustomKeyStoreNotFoundException`,
    /// `CustomKeyStoreInvalidStateException`, `CloudHsmClusterInvalidConfigurationException`.
    pub fn create_key(&self, caller: &Caller, request: &CreateKey) -> Result<KeyMetadata> {
        let origin = request.origin.unwrap_or(KeyOrigin::AwsKms);
        let call = audited(request, origin);
        let details = match check(request, origin).and_then(|()| self.fail_if_told()) {
            Ok(()) => Details {
                description: request.description.clone(),
                policy: request.policy.clone().unwrap_or_else(|| default_policy(&caller.realm)),
                tags: request.tags.clone(),
            },
            Err(error) => return self.refused(caller, call, error),
        };
        match &request.custom_key_store_id {
            None => self.create_own_key(caller, call, &details),
            Some(store) => self.create_hsm_key(caller, call, details, store),
        }
    }

    fn refused<T>(&self, caller: &Caller, call: Call<'_>, error: Error) -> Result<T> {
        let refusal = Err(error);
        self.observed(caller, Seen { call, when: None }, &refusal);
        refusal
    }

    fn create_own_key(&self, caller: &Caller, call: Call<'_>, details: &Details) -> Result<KeyMetadata> {
        let world = self.world();
        let id = KeyId::generate(world.entropy());
        let mut secret = vec![0; MATERIAL_LENGTH];
        world.entropy().fill(&mut secret);
        let secret = SecretBytes::new(secret);
        let material = world.vault().seal(world.entropy(), &material_context(&id), secret.expose());
        let material_id = world.entropy().bytes();
        self.mutate_in_spite_of_faults(caller, call, |tx, now, call| {
            check_quota(tx, &caller.realm)?;
            let record = new_record(tx, id, now, Origin::AwsKms { material: material.clone(), material_id })?;
            details.save(tx, &caller.realm, &id)?;
            record.save(tx, &caller.realm)?;
            let metadata = published(record, None, &caller.realm, now, details);
            note_created(call, &metadata, None);
            Ok(metadata)
        })
    }

    fn create_hsm_key(&self, caller: &Caller, call: Call<'_>, details: Details, store: &str) -> Result<KeyMetadata> {
        let id = KeyId::generate(self.world().entropy());
        let _at_work = self.at_work_on(id);
        let begun = self.begin_hsm_key(caller, id, details, store).and_then(|intent| {
            let made = self.make_hsm_key(&intent);
            made.inspect_err(|_| self.drop_intent(&intent)).map(|handle| (intent, handle))
        });
        match begun {
            Ok((intent, handle)) => self.publish_hsm_key(caller, call, &intent, handle),
            Err(error) => self.refused(caller, call, error),
        }
    }

    /// First step: the checks, and the intent.
    pub(crate) fn begin_hsm_key(&self, caller: &Caller, id: KeyId, details: Details, store: &str) -> Result<Intent> {
        let (realm, world) = (&caller.realm, self.world());
        let require = |store: &KeyStore, now| store.require(ConnectionState::Connected, now, OPERATION);
        let store = world.read(|rows| {
            let store = KeyStore::find(rows, realm, store)?;
            require(&store, world.now(rows)?)?;
            Ok::<_, Error>(store)
        })?;
        let unreachable = || StoreProblem::Unreachable(store.id.to_string());
        let view = find_cluster(world, realm, &store.cluster)?.ok_or_else(unreachable)?;
        usable_cluster(world, &view).map_err(|error| match error {
            // CreateKey has no exception for a cluster that stopped being active.
            Error::CloudHsmClusterNotActive { .. } => unreachable().into(),
            other => other,
        })?;
        let mut intent = Intent {
            realm: realm.clone(),
            id,
            store: store.id.clone(),
            cluster: store.cluster.clone(),
            backing_id: world.entropy().bytes(),
            instance: self.instance(),
            created: SimTime::EPOCH,
            details,
        };
        world.write(|tx| {
            intent.created = world.now(tx)?;
            check_quota(tx, realm)?;
            require(&KeyStore::find(tx, realm, store.id.as_str())?, intent.created)?;
            row::save(tx, &intent.id.row_key(realm), &intent)?;
            // Listed from now on, so that the key store is not deleted meanwhile.
            tx.put(table::KEY_BY_STORE, &store_index_key(realm, &intent.origin(Handle::new(0)), &intent.id), b"")?;
            Ok::<_, Error>(())
        })?;
        Ok(intent)
    }

    /// Second step: the HSMs make the key.
    pub(crate) fn make_hsm_key(&self, intent: &Intent) -> Result<Handle> {
        let template = KeyTemplate::aes(MATERIAL_LENGTH, &intent.id.arn(&intent.realm)).extractable(false);
        let session = self.session(&intent.cluster, &intent.store);
        let made = session.and_then(|session| session.generate_key(&template));
        match made {
            Ok(created) => Ok(created.handle),
            Err(hsm_sim::Error::Hsm(_)) => Err(StoreProblem::Unreachable(intent.store.to_string()).into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Last step: clients can see the key.
    pub(crate) fn publish_hsm_key(
        &self,
        caller: &Caller,
        call: Call<'_>,
        intent: &Intent,
        handle: Handle,
    ) -> Result<KeyMetadata> {
        self.mutate_in_spite_of_faults(caller, call, |tx, now, call| {
            let (metadata, origin) = publish(tx, intent, handle, now)?;
            note_created(call, &metadata, Some(&origin));
            Ok(metadata)
        })
    }

    /// Forgets an intent that came to nothing. If even that fails, the next opening does it.
    fn drop_intent(&self, intent: &Intent) {
        let _ = self.world().write(|tx| remove_intent(tx, intent));
    }

    /// Finishes the keys that the HSMs made and drops those that they did not make, after a crash. What the HSMs cannot say
    /// now is asked again when the key store connects, at its next audit and at the next opening.
    pub(crate) fn settle_intents(&self) -> Result<()> {
        let intents = self.world().read(|rows| row::list::<Intent>(rows, b""))?;
        for (_, mut intent) in intents {
            if self.is_at_work(&intent.instance, intent.id)? {
                continue;
            }
            let store = self.world().read(|rows| KeyStore::load(rows, &intent.realm, &intent.store))?;
            let found = match store {
                None => Some(None),
                Some(store) => {
                    let session = answered(self.session(&store.cluster, &intent.store))?;
                    intent.cluster = store.cluster;
                    match session {
                        Some(session) => half_made(&session, &intent)?,
                        None => None,
                    }
                }
            };
            if let Some(handle) = found {
                self.world().write(|tx| self.settle_intent(tx, &intent, handle))?;
            }
        }
        Ok(())
    }

    fn settle_intent(&self, tx: &mut Writer<'_>, intent: &Intent, handle: Option<Handle>) -> Result<()> {
        if row::load::<Intent>(tx, &intent.id.row_key(&intent.realm))?.is_none() {
            return Ok(());
        }
        let Some(handle) = handle else { return remove_intent(tx, intent) };
        let now = self.world().now(tx)?;
        let (metadata, origin) = publish(tx, intent, handle, now)?;
        let mut call = Call::mutating(OPERATION).with("customKeyStoreId", intent.store.to_string());
        note_created(&mut call, &metadata, Some(&origin));
        audit::write(tx, self.world().entropy(), &intent.realm, Event { time: now, author: Author::Service, call })
    }
}

/// `Some(None)` when every HSM says that it has no such key.
fn half_made(session: &Session, intent: &Intent) -> Result<Option<Option<Handle>>> {
    let material = answered(session.material(&intent.id.arn(&intent.realm)))?;
    let Some(material) = material else { return Ok(None) };
    let all_answered = material.nodes > 0 && material.answered == material.nodes;
    Ok((material.handle.is_some() || all_answered).then_some(material.handle))
}

impl Intent {
    fn origin(&self, handle: Handle) -> HsmOrigin {
        let located = Located { cluster: self.cluster.clone(), handle, missing: false };
        HsmOrigin { store: self.store.clone(), backing_id: self.backing_id, located }
    }
}

fn publish(tx: &mut Writer<'_>, intent: &Intent, handle: Handle, now: SimTime) -> Result<(KeyMetadata, HsmOrigin)> {
    let (realm, id) = (&intent.realm, intent.id);
    let origin = intent.origin(handle);
    let mut record = new_record(tx, id, now, Origin::CloudHsm(origin.clone()))?;
    record.created = intent.created;
    record.save(tx, realm)?;
    intent.details.save(tx, realm, &id)?;
    row::remove::<Intent>(tx, &id.row_key(realm))?;
    let store = KeyStore::load(tx, realm, &intent.store)?;
    Ok((published(record, store, realm, now, &intent.details), origin))
}

fn remove_intent(tx: &mut Writer<'_>, intent: &Intent) -> Result<()> {
    let nowhere = intent.origin(Handle::new(0));
    tx.delete(table::KEY_BY_STORE, &store_index_key(&intent.realm, &nowhere, &intent.id))?;
    row::remove::<Intent>(tx, &intent.id.row_key(&intent.realm))?;
    Ok(())
}

fn new_record(tx: &Writer<'_>, id: KeyId, now: SimTime, origin: Origin) -> Result<KeyRecord> {
    let visible_from = now + Settings::load(tx)?.consistency_delay;
    Ok(KeyRecord { id, created: now, visible_from, life: Life::Enabled, origin })
}

fn published(
    record: KeyRecord,
    store: Option<KeyStore>,
    realm: &Realm,
    now: SimTime,
    details: &Details,
) -> KeyMetadata {
    let state = visible(record.base(), false, store.as_ref().map(|store| store.state(now)));
    let key = Key { arn: record.id.arn(realm), record, store, state };
    key.metadata_with(realm, details.description.clone())
}

fn check_quota(tx: &Writer<'_>, realm: &Realm) -> Result<()> {
    if Settings::load(tx)?.quotas
        && tx.scan(table::KEY, realm.key().as_bytes(), None)?.take(KEY_LIMIT).count() >= KEY_LIMIT
    {
        return Err(Error::LimitExceeded { what: "KMS keys", limit: KEY_LIMIT });
    }
    Ok(())
}

/// Members that do not go together, then what is not offered.
fn check(request: &CreateKey, origin: KeyOrigin) -> Result<()> {
    let in_store = matches!(origin, KeyOrigin::AwsCloudHsm | KeyOrigin::ExternalKeyStore);
    let name = origin.as_str();
    if request.spec.is_some() && request.customer_master_key_spec.is_some() {
        return Err(Invalid::TwoKeySpecs.into());
    }
    if in_store && request.custom_key_store_id.is_none() {
        return Err(Invalid::OriginNeeds { member: "CustomKeyStoreId", origin: name }.into());
    }
    if !in_store && request.custom_key_store_id.is_some() {
        return Err(Invalid::OriginForbids { member: "CustomKeyStoreId", origin: name }.into());
    }
    if origin != KeyOrigin::ExternalKeyStore && request.xks_key_id.is_some() {
        return Err(Invalid::OriginForbids { member: "XksKeyId", origin: name }.into());
    }
    if matches!(origin, KeyOrigin::External | KeyOrigin::ExternalKeyStore) {
        return Err(Unsupported::Origin(name).into());
    }
    let spec = request.spec.or(request.customer_master_key_spec).unwrap_or(KeySpec::SymmetricDefault);
    if spec != KeySpec::SymmetricDefault {
        if request.usage.is_none() && !in_store {
            return Err(Invalid::KeyUsageNeeded.into());
        }
        return Err(Unsupported::KeySpec { spec: spec.as_str(), origin: name }.into());
    }
    match request.usage {
        None | Some(KeyUsage::EncryptDecrypt) => {}
        Some(usage) if in_store => return Err(Unsupported::KeyUsage { usage: usage.as_str(), origin: name }.into()),
        Some(usage) => return Err(Invalid::KeyUsage { usage: usage.as_str(), spec: spec.as_str() }.into()),
    }
    if request.multi_region {
        return Err(Unsupported::MultiRegion(name).into());
    }
    check_tags(&request.tags)?;
    request.policy.as_deref().map_or(Ok(()), check_policy)
}

fn audited(request: &CreateKey, origin: KeyOrigin) -> Call<'_> {
    let spec = request.spec.or(request.customer_master_key_spec).unwrap_or(KeySpec::SymmetricDefault).as_str();
    Call::mutating(OPERATION)
        .with("keyUsage", request.usage.unwrap_or(KeyUsage::EncryptDecrypt).as_str())
        .with("bypassPolicyLockoutSafetyCheck", request.bypass_policy_lockout_safety_check)
        .with("origin", origin.as_str())
        .with("keySpec", spec)
        .with("customerMasterKeySpec", spec)
        .with_some("customKeyStoreId", request.custom_key_store_id.as_deref())
        .with("description", request.description.as_str())
}

fn note_created(call: &mut Call<'_>, metadata: &KeyMetadata, origin: Option<&HsmOrigin>) {
    call.key(metadata.arn.clone());
    call.respond("keyMetadata", metadata.audited());
    if let Some(origin) = origin {
        call.note("backingKey", origin.backing_key());
    }
}
