//! CloudHSM, API `cloudhsmv2`: one operation, one file, named after it.

#![allow(missing_docs, reason = "members bear the names under which the service's API reference documents them")]

pub mod copy_backup_to_region;
pub mod create_cluster;
pub mod create_hsm;
pub mod delete_backup;
pub mod delete_cluster;
pub mod delete_hsm;
pub mod delete_resource_policy;
pub mod describe_backups;
pub mod describe_clusters;
pub mod get_resource_policy;
pub mod initialize_cluster;
pub mod list_tags;
pub mod modify_backup_attributes;
pub mod modify_cluster;
pub mod put_resource_policy;
pub mod restore_backup;
pub mod shapes;
pub mod tag_resource;
pub mod untag_resource;

mod arn;
mod audit;
mod objects;
mod policy;

pub use self::objects::{Backup, BackupRetentionPolicy, Certificates, Cluster, DestinationBackup, Hsm, Tag};
use crate::protocol::Row;

/// All operations of the service's model.
pub const ROWS: &[Row] = &[
    Row::changing::<copy_backup_to_region::Request>(),
    Row::changing::<create_cluster::Request>(),
    Row::changing::<create_hsm::Request>(),
    Row::changing::<delete_backup::Request>(),
    Row::changing::<delete_cluster::Request>(),
    Row::changing::<delete_hsm::Request>(),
    Row::changing::<delete_resource_policy::Request>(),
    Row::reading::<describe_backups::Request>(),
    Row::reading::<describe_clusters::Request>(),
    Row::reading::<get_resource_policy::Request>(),
    Row::changing::<initialize_cluster::Request>(),
    Row::reading::<list_tags::Request>(),
    Row::changing::<modify_backup_attributes::Request>(),
    Row::changing::<modify_cluster::Request>(),
    Row::changing::<put_resource_policy::Request>(),
    Row::changing::<restore_backup::Request>(),
    Row::changing::<tag_resource::Request>(),
    Row::changing::<untag_resource::Request>(),
];
