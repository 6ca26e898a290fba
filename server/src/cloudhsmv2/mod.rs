//! CloudHSM, API `cloudhsmv2`: one operation, one file, named after it.

#![allow(missing_docs, reason = "members bear the names under which the service's API reference documents them")]

pub mod create_cluster;
pub mod create_hsm;
pub mod delete_cluster;
pub mod delete_hsm;
pub mod describe_backups;
pub mod describe_clusters;
pub mod initialize_cluster;
pub mod shapes;

mod objects;

pub use self::objects::{Backup, BackupRetentionPolicy, Certificates, Cluster, Hsm, Tag};
use crate::protocol::Row;

/// The operations that are built.
pub const ROWS: &[Row] = &[
    Row::pooled::<create_cluster::Request>(),
    Row::pooled::<create_hsm::Request>(),
    Row::pooled::<delete_cluster::Request>(),
    Row::pooled::<delete_hsm::Request>(),
    Row::inline::<describe_backups::Request>(),
    Row::inline::<describe_clusters::Request>(),
    Row::pooled::<initialize_cluster::Request>(),
];
