//! CloudTrail: the audit trail's one operation.

#![allow(missing_docs, reason = "members bear the names under which the service's API reference documents them")]

pub mod lookup_events;

use crate::protocol::Row;

/// The operations that are built. Looking up reads segment files, so it runs on the pool.
pub const ROWS: &[Row] = &[Row::reading::<lookup_events::Request>().pooled()];
