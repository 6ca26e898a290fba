//! Clusters, HSMs and backups as the API shows them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use hsm_sim::cluster::Certificates as Recorded;
use hsm_sim::control::ClusterView;
use hsm_sim::node::Node;
use serde::{Deserialize, Serialize};

use super::arn;
use crate::ServiceError;
use crate::protocol::{Object, Timestamp};

/// A cluster.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Cluster {
    pub backup_policy: &'static str,
    pub backup_retention_policy: BackupRetentionPolicy,
    pub cluster_id: String,
    pub create_timestamp: Timestamp,
    pub hsms: Vec<Hsm>,
    pub hsm_type: String,
    /// Only while a changed type can be taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hsm_type_rollback_expiration: Option<Timestamp>,
    pub security_group: String,
    /// Only for a cluster created from a backup.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_backup_id: Option<String>,
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_message: Option<String>,
    pub subnet_mapping: BTreeMap<String, String>,
    pub vpc_id: String,
    pub network_type: &'static str,
    pub certificates: Certificates,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tag_list: Vec<Tag>,
    pub mode: &'static str,
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
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_message: Option<String>,
}

/// A backup.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Backup {
    pub backup_id: String,
    pub backup_arn: String,
    pub backup_state: &'static str,
    pub cluster_id: String,
    pub create_timestamp: Timestamp,
    /// These four only for a copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_timestamp: Option<Timestamp>,
    pub never_expires: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_backup: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_cluster: Option<String>,
    /// Only while the backup is PENDING_DELETION.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_timestamp: Option<Timestamp>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tag_list: Vec<Tag>,
    pub hsm_type: String,
    pub mode: &'static str,
}

/// What CopyBackupToRegion says of the copy; its id is found by `sourceBackupIds` in the other Region (documented).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DestinationBackup {
    pub create_timestamp: Timestamp,
    pub source_region: Option<String>,
    pub source_backup: Option<String>,
    pub source_cluster: Option<String>,
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

impl From<ClusterView> for Cluster {
    fn from(view: ClusterView) -> Self {
        let ClusterView { cluster, nodes, rollback_until } = view;
        let hsm_type = &cluster.hsm_type;
        Self {
            hsms: nodes.into_iter().map(|node| Hsm::of_node(node, Some(hsm_type.clone()))).collect(),
            backup_policy: "DEFAULT",
            backup_retention_policy: BackupRetentionPolicy::of_days(cluster.retention_days),
            cluster_id: cluster.id.to_string(),
            create_timestamp: cluster.created.into(),
            security_group: cluster.security_group.to_string(),
            hsm_type_rollback_expiration: rollback_until.map(Timestamp::from),
            source_backup_id: cluster.source_backup.map(|id| id.to_string()),
            state: cluster.state.as_str(),
            state_message: cluster.state_message,
            subnet_mapping: cluster
                .subnets
                .iter()
                .map(|(zone, subnet)| (zone.to_string(), subnet.to_string()))
                .collect(),
            vpc_id: cluster.vpc.to_string(),
            network_type: "IPV4",
            certificates: cluster.certificates.into(),
            tag_list: tag_list(cluster.tags),
            mode: cluster.mode.as_str(),
            hsm_type: cluster.hsm_type,
        }
    }
}

impl From<Recorded> for Certificates {
    fn from(recorded: Recorded) -> Self {
        Self {
            cluster_csr: recorded.cluster_csr,
            hsm_certificate: recorded.hsm_certificate,
            aws_hardware_certificate: recorded.aws_hardware_certificate,
            manufacturer_hardware_certificate: recorded.manufacturer_hardware_certificate,
            cluster_certificate: recorded.cluster_certificate,
        }
    }
}

impl Hsm {
    /// The node as the API shows it; CreateHsm's answer leaves the type out (documented sample).
    pub(super) fn of_node(node: Node, hsm_type: Option<String>) -> Self {
        Self {
            availability_zone: node.zone.to_string(),
            cluster_id: node.cluster.to_string(),
            subnet_id: node.subnet.to_string(),
            eni_id: node.eni.to_string(),
            eni_ip: node.ip.to_string(),
            hsm_id: node.id.to_string(),
            hsm_type,
            state: node.state.as_str(),
            state_message: node.state_message,
        }
    }
}

impl From<hsm_sim::backup::Backup> for Backup {
    fn from(backup: hsm_sim::backup::Backup) -> Self {
        let deleted_at = backup.deleted_at();
        let origin = backup.origin;
        let origin = origin.as_ref();
        Self {
            backup_arn: arn::of_backup(&backup.realm, &backup.id),
            backup_id: backup.id.to_string(),
            backup_state: backup.state.as_str(),
            cluster_id: backup.cluster.to_string(),
            create_timestamp: backup.created.into(),
            never_expires: backup.never_expires,
            copy_timestamp: origin.map(|origin| origin.copied.into()),
            source_region: origin.map(|origin| origin.region.clone()),
            source_backup: origin.map(|origin| origin.backup.to_string()),
            source_cluster: origin.map(|origin| origin.cluster.to_string()),
            delete_timestamp: deleted_at.map(Timestamp::from),
            tag_list: tag_list(backup.tags),
            hsm_type: backup.hsm_type,
            mode: backup.mode.as_str(),
        }
    }
}

impl From<hsm_sim::backup::Backup> for DestinationBackup {
    fn from(copy: hsm_sim::backup::Backup) -> Self {
        let origin = copy.origin.as_ref();
        Self {
            create_timestamp: copy.created.into(),
            source_region: origin.map(|origin| origin.region.clone()),
            source_backup: origin.map(|origin| origin.backup.to_string()),
            source_cluster: origin.map(|origin| origin.cluster.to_string()),
        }
    }
}

impl BackupRetentionPolicy {
    /// The number of days, if it is one.
    pub(super) fn days(&self) -> Option<u16> {
        self.value.as_ref()?.parse().ok()
    }

    fn of_days(days: u16) -> Self {
        Self { r#type: Some("DAYS".to_owned()), value: Some(days.to_string()) }
    }
}

pub(super) fn tag_list(tags: BTreeMap<String, String>) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag { key: Some(key), value: Some(value) }).collect()
}

/// Tags by key. Keys are unique, and those that begin with `aws:` are the service's own (documented for tags in general).
pub(super) fn tag_map(list: Vec<Object<Tag>>) -> Result<BTreeMap<String, String>, ServiceError> {
    let refuse = |text| Err(ServiceError::client("CloudHsmTagException", text));
    let mut tags = BTreeMap::new();
    for Object(tag) in list {
        let key = tag.key.unwrap_or_default();
        if key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
            return refuse("Tag keys that begin with aws: are reserved.");
        }
        if tags.insert(key, tag.value.unwrap_or_default()).is_some() {
            return refuse("Tag keys must be unique.");
        }
    }
    Ok(tags)
}

/// The model's pattern lets numbers above 255 pass.
pub(super) fn ip_address(text: &str) -> Result<Ipv4Addr, ServiceError> {
    text.parse().map_err(|_| ServiceError::Validation(format!("'{text}' is not an IP address.")))
}
