//! The changes that last at one moment.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use store::Table;

use crate::backup::BackupState;
use crate::clock::SimTime;
use crate::cluster::ClusterState;
use crate::control;
use crate::error::Result;
use crate::id::{BackupId, ClusterId};
use crate::node::{Node, NodeState};
use crate::row::{self, Record, Rows, Writer};
use crate::transition::{Durations, Transition};

/// What shows instead of the recorded state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Shown {
    /// Of a cluster, with its explanation.
    Cluster(ClusterState, Option<String>),
    /// Of a node.
    Node(NodeState),
    /// Of a backup.
    Backup(BackupState),
}

/// A change that lasts; by the key of what changes: `cluster id`, `cluster id/node id` or `backup id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Passing {
    shows: Shown,
    until: SimTime,
}

impl Record for Passing {
    const TABLE: Table = row::TRANSITION;
}

/// The changes that last at one moment of one view of the state.
#[derive(Debug, Clone, Default)]
pub struct Underway {
    passing: Vec<(Vec<u8>, Shown)>,
}

impl Underway {
    /// The changes that last at `now`. When there are none this allocates nothing.
    ///
    /// # Errors
    /// The store fails.
    pub fn load(rows: &impl Rows, now: SimTime) -> Result<Self> {
        let mut passing = Vec::new();
        for entry in rows.scan(row::TRANSITION, b"", None)? {
            let (key, bytes) = entry?;
            let Passing { shows, until } = row::decode(row::TRANSITION, &key, bytes)?;
            if now < until {
                passing.push((key, shows));
            }
        }
        Ok(Self { passing })
    }

    /// Whether nothing lasts.
    pub(crate) fn is_empty(&self) -> bool {
        self.passing.is_empty()
    }

    /// The state of a cluster and its explanation, if something else than the record shows.
    pub(crate) fn cluster(&self, cluster: &ClusterId) -> Option<(ClusterState, Option<&str>)> {
        match self.shown(cluster.as_str().as_bytes())? {
            Shown::Cluster(state, message) => Some((*state, message.as_deref())),
            Shown::Node(_) | Shown::Backup(_) => None,
        }
    }

    /// The state of a node, if something else than the record shows.
    pub(crate) fn node(&self, node: &Node) -> Option<NodeState> {
        if self.passing.is_empty() {
            return None;
        }
        match self.shown(&Node::key(&node.cluster, &node.id))? {
            Shown::Node(state) => Some(*state),
            Shown::Cluster(..) | Shown::Backup(_) => None,
        }
    }

    /// The state of a backup, if something else than the record shows.
    pub(crate) fn backup(&self, backup: &BackupId) -> Option<BackupState> {
        match self.shown(backup.as_str().as_bytes())? {
            Shown::Backup(state) => Some(*state),
            Shown::Cluster(..) | Shown::Node(_) => None,
        }
    }

    fn shown(&self, key: &[u8]) -> Option<&Shown> {
        self.passing.iter().find(|(known, _)| known == key).map(|(_, shown)| shown)
    }
}

/// Lets a change begin whose outcome is in the record already; says how long it lasts. What still lasted of an earlier change of the
/// same thing is over.
pub(crate) fn begin(
    tx: &mut Writer<'_>,
    transition: Transition,
    key: &[u8],
    shows: Shown,
    now: SimTime,
) -> Result<Duration> {
    let duration = Durations::load(tx)?.of(transition);
    if duration.is_zero() {
        row::remove::<Passing>(tx, key)?;
        return Ok(duration);
    }
    let until = now + duration;
    row::save(tx, key, &Passing { shows, until })?;
    control::schedule_tidying(tx, key, until)?;
    Ok(duration)
}

/// Drops the row of a change that is over. A later change of the same thing stays.
pub(crate) fn drop_past(tx: &mut Writer<'_>, key: &[u8], now: SimTime) -> Result<()> {
    if row::load::<Passing>(tx, key)?.is_some_and(|passing| passing.until <= now) {
        row::remove::<Passing>(tx, key)?;
    }
    Ok(())
}

/// Ends every change of a cluster and its nodes now.
pub(crate) fn finish_cluster(tx: &mut Writer<'_>, cluster: &ClusterId) -> Result<()> {
    row::remove::<Passing>(tx, cluster.as_str().as_bytes())?;
    for (key, _) in row::list::<Passing>(tx, format!("{cluster}/").as_bytes())? {
        row::remove::<Passing>(tx, &key)?;
    }
    Ok(())
}
