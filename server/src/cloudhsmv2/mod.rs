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

mod audit;
mod objects;

pub use self::objects::{Backup, BackupRetentionPolicy, Certificates, Cluster, Hsm, Tag};
use crate::protocol::Row;

/// The operations that are built.
pub const ROWS: &[Row] = &[
    Row::changing::<create_cluster::Request>(),
    Row::changing::<create_hsm::Request>(),
    Row::changing::<delete_cluster::Request>(),
    Row::changing::<delete_hsm::Request>(),
    Row::reading::<describe_backups::Request>(),
    Row::reading::<describe_clusters::Request>(),
    Row::changing::<initialize_cluster::Request>(),
];
