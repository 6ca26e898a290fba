//! KeyMetadata, which CreateKey and DescribeKey answer.

use kms_store::KeyUsage;
use serde::Serialize;

use crate::protocol::Timestamp;

/// All that KMS tells about a key; which members it has depends on its origin, usage and state.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyMetadata {
    #[serde(rename = "AWSAccountId")]
    pub aws_account_id: String,
    pub key_id: String,
    pub arn: String,
    pub creation_date: Timestamp,
    pub enabled: bool,
    pub description: String,
    pub key_usage: &'static str,
    pub key_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_date: Option<Timestamp>,
    pub origin: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_key_store_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud_hsm_cluster_id: Option<String>,
    pub key_manager: &'static str,
    /// Deprecated, always equal to `key_spec`.
    pub customer_master_key_spec: &'static str,
    pub key_spec: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_algorithms: Option<&'static [&'static str]>,
    pub multi_region: bool,
    /// Only for symmetric keys whose material KMS itself holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_key_material_id: Option<String>,
}

impl From<kms_store::KeyMetadata> for KeyMetadata {
    fn from(key: kms_store::KeyMetadata) -> Self {
        Self {
            enabled: key.enabled(),
            aws_account_id: key.account,
            key_id: key.key_id.to_string(),
            arn: key.arn,
            creation_date: key.created.into(),
            description: key.description,
            key_usage: key.usage.as_str(),
            key_state: key.state.as_str(),
            deletion_date: key.deletion_date.map(Timestamp::from),
            origin: key.origin.as_str(),
            custom_key_store_id: key.custom_key_store_id,
            cloud_hsm_cluster_id: key.cluster_id.map(|id| id.to_string()),
            key_manager: "CUSTOMER",
            customer_master_key_spec: key.spec.as_str(),
            key_spec: key.spec.as_str(),
            encryption_algorithms: (key.usage == KeyUsage::EncryptDecrypt).then_some(&["SYMMETRIC_DEFAULT"]),
            multi_region: false,
            current_key_material_id: key.material_id,
        }
    }
}
