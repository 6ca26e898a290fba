//! Clusters, HSMs and backups as the API shows them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::Timestamp;

/// A cluster.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Cluster {
    pub backup_policy: String,
    pub backup_retention_policy: BackupRetentionPolicy,
    pub cluster_id: String,
    pub create_timestamp: Timestamp,
    pub hsms: Vec<Hsm>,
    pub hsm_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_co_password: Option<String>,
    pub security_group: String,
    /// Only for a cluster created from a backup.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_backup_id: Option<String>,
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_message: Option<String>,
    pub subnet_mapping: BTreeMap<String, String>,
    pub vpc_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_type: Option<String>,
    pub certificates: Certificates,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_list: Option<Vec<Tag>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}

/// The certificates of a cluster; `{}` before its first HSM.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Certificates {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_csr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hsm_certificate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_hardware_certificate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manufacturer_hardware_certificate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_certificate: Option<String>,
}

/// An HSM.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Hsm {
    pub availability_zone: String,
    pub cluster_id: String,
    pub subnet_id: String,
    pub eni_id: String,
    pub eni_ip: String,
    pub hsm_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hsm_type: Option<String>,
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_message: Option<String>,
}

/// A backup.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Backup {
    pub backup_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_arn: Option<String>,
    pub backup_state: String,
    pub cluster_id: String,
    pub create_timestamp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub never_expires: Option<bool>,
    /// Only while the backup is PENDING_DELETION.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_timestamp: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_list: Option<Vec<Tag>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hsm_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}

/// How long a cluster's backups are kept: `DAYS` and a number as a string (documented).
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BackupRetentionPolicy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A tag of a cluster or backup.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}
