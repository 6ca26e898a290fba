//! KeyMetadata (KMS model).

use hsm_sim::row::Rows;
use hsm_sim::{ClusterId, Realm, SimTime};

use crate::arn::KeyId;
use crate::audit::{Value, long_date};
use crate::error::Result;
use crate::key::{Details, Key, KeyOrigin, KeySpec, KeyState, KeyUsage, Life, Origin};

/// What clients learn about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyMetadata {
    /// `AWSAccountId`.
    pub account: String,
    /// `KeyId`.
    pub key_id: KeyId,
    /// `Arn`.
    pub arn: String,
    /// `CreationDate`.
    pub created: SimTime,
    /// `Description`.
    pub description: String,
    /// `KeyState`; `Enabled` is true exactly in [`KeyState::Enabled`].
    pub state: KeyState,
    /// `DeletionDate`, while it is pending.
    pub deletion_date: Option<SimTime>,
    /// `Origin`.
    pub origin: KeyOrigin,
    /// `KeySpec` and `CustomerMasterKeySpec`.
    pub spec: KeySpec,
    /// `KeyUsage`.
    pub usage: KeyUsage,
    /// `CurrentKeyMaterialId`, for material that KMS holds.
    pub material_id: Option<String>,
    /// `CustomKeyStoreId`.
    pub custom_key_store_id: Option<String>,
    /// `CloudHsmClusterId`: the key store's present cluster.
    pub cluster_id: Option<ClusterId>,
}

impl Key {
    pub(crate) fn metadata(&self, rows: &impl Rows, realm: &Realm) -> Result<KeyMetadata> {
        let details = Details::load(rows, realm, &self.record.id)?;
        Ok(self.metadata_with(realm, details.description))
    }

    pub(crate) fn metadata_with(&self, realm: &Realm, description: String) -> KeyMetadata {
        let (origin, material_id) = match &self.record.origin {
            Origin::AwsKms { material_id, .. } => (KeyOrigin::AwsKms, Some(hex(material_id))),
            Origin::CloudHsm(_) => (KeyOrigin::AwsCloudHsm, None),
        };
        KeyMetadata {
            account: realm.account().to_owned(),
            key_id: self.record.id,
            arn: self.arn.clone(),
            created: self.record.created,
            description,
            state: self.state,
            deletion_date: match self.record.life {
                Life::PendingDeletion { date, .. } => Some(date),
                Life::Enabled | Life::Disabled => None,
            },
            origin,
            spec: KeySpec::SymmetricDefault,
            usage: KeyUsage::EncryptDecrypt,
            material_id,
            custom_key_store_id: self.store.as_ref().map(|store| store.id.to_string()),
            cluster_id: self.store.as_ref().map(|store| store.cluster.clone()),
        }
    }
}

impl KeyMetadata {
    /// Whether the key is in [`KeyState::Enabled`].
    pub fn enabled(&self) -> bool {
        self.state == KeyState::Enabled
    }

    /// As CreateKey's audit record shows it.
    pub(crate) fn audited(&self) -> Value<'static> {
        let mut fields: Vec<(&'static str, Value<'static>)> = vec![
            ("aWSAccountId", self.account.clone().into()),
            ("keyId", self.key_id.to_string().into()),
            ("arn", self.arn.clone().into()),
            ("creationDate", long_date(self.created).into()),
            ("enabled", self.enabled().into()),
            ("description", self.description.clone().into()),
            ("keyUsage", self.usage.as_str().into()),
            ("keyState", self.state.as_str().into()),
            ("origin", self.origin.as_str().into()),
        ];
        if let Some(id) = &self.custom_key_store_id {
            fields.push(("customKeyStoreId", id.clone().into()));
        }
        if let Some(id) = &self.cluster_id {
            fields.push(("cloudHsmClusterId", id.to_string().into()));
        }
        fields.extend([
            ("keyManager", "CUSTOMER".into()),
            ("customerMasterKeySpec", self.spec.as_str().into()),
            ("keySpec", self.spec.as_str().into()),
            ("encryptionAlgorithms", Value::List(vec!["SYMMETRIC_DEFAULT".into()])),
            ("multiRegion", false.into()),
        ]);
        Value::Map(fields.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
