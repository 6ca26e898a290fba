//! Setting, clearing and listing faults.

use crate::audit;
use crate::clock::SimTime;
use crate::cluster::Cluster;
use crate::error::{ControlError, Error, Result};
use crate::fault::{Fault, FaultKind, FaultSpec};
use crate::id::{ClusterId, FaultId, NodeId, SubnetId};
use crate::network::Subnet;
use crate::node::Node;
use crate::row::{self, Rows, Writer};
use crate::world::World;

/// The faults of a world.
#[derive(Debug, Clone)]
pub struct Faults {
    world: World,
}

impl World {
    /// Breaks things on purpose, and heals them.
    pub fn faults(&self) -> Faults {
        Faults { world: self.clone() }
    }
}

impl Faults {
    /// Sets a fault.
    ///
    /// # Errors
    /// What it names does not exist, or the store fails.
    pub fn set(&self, spec: &FaultSpec) -> Result<Fault> {
        // Past the fault model, or a failing store could not be told to heal.
        self.world.store().write(|tx| {
            check_target(tx, &spec.kind)?;
            let now = self.world.now(tx)?;
            forget_expired(tx, &self.world, now)?;
            let fault = Fault {
                id: FaultId::generate(self.world.entropy()),
                kind: spec.kind.clone(),
                since: now,
                until: spec.lasts.map(|duration| now + duration),
                remaining: spec.remaining,
            };
            row::save(tx, fault.id.as_str().as_bytes(), &fault)?;
            Ok(fault)
        })
    }

    /// Clears one fault; says whether it was set.
    ///
    /// # Errors
    /// The store fails.
    pub fn clear(&self, id: &FaultId) -> Result<bool> {
        self.world.store().write(|tx| {
            let now = self.world.now(tx)?;
            forget_expired(tx, &self.world, now)?;
            match row::load::<Fault>(tx, id.as_str().as_bytes())? {
                Some(fault) => forget(tx, &self.world, id.as_str().as_bytes(), &fault).map(|()| true),
                None => Ok(false),
            }
        })
    }

    /// Clears all faults; says how many were in force.
    ///
    /// # Errors
    /// The store fails.
    pub fn clear_all(&self) -> Result<usize> {
        self.world.store().write(|tx| {
            let now = self.world.now(tx)?;
            forget_expired(tx, &self.world, now)?;
            let faults = row::list::<Fault>(tx, b"")?;
            for (key, fault) in &faults {
                forget(tx, &self.world, key, fault)?;
            }
            Ok(faults.len())
        })
    }

    /// The faults in force, oldest first.
    ///
    /// # Errors
    /// The store fails.
    pub fn list(&self) -> Result<Vec<Fault>> {
        self.world.read(|rows| {
            let now = self.world.now(rows)?;
            let mut faults: Vec<Fault> = row::list::<Fault>(rows, b"")?.into_iter().map(|(_, fault)| fault).collect();
            faults.retain(|fault| fault.is_live(now));
            faults.sort_by(|a, b| (a.since, &a.id).cmp(&(b.since, &b.id)));
            Ok(faults)
        })
    }
}

fn forget_expired(tx: &mut Writer<'_>, world: &World, now: SimTime) -> Result<()> {
    for (key, fault) in row::list::<Fault>(tx, b"")? {
        if !fault.is_live(now) {
            forget(tx, world, &key, &fault)?;
        }
    }
    Ok(())
}

/// The fault is over. A node that was down was started again.
fn forget(tx: &mut Writer<'_>, world: &World, key: &[u8], fault: &Fault) -> Result<()> {
    if let FaultKind::NodeDown { node, .. } = &fault.kind {
        audit::rebooted(tx, world, node)?;
    }
    row::remove::<Fault>(tx, key).map(drop)
}

/// A fault of something unknown would silently do nothing.
fn check_target(rows: &impl Rows, kind: &FaultKind) -> Result<()> {
    if let Some(cluster) = kind.cluster() {
        known_cluster(rows, cluster)?;
        if let Some(node) = kind.node() {
            known_node(rows, cluster, node)?;
        }
    }
    kind.subnet().map_or(Ok(()), |subnet| known_subnet(rows, subnet))
}

fn known_cluster(rows: &impl Rows, id: &ClusterId) -> Result<()> {
    match Cluster::load(rows, id)? {
        Some(_) => Ok(()),
        None => Err(ControlError::ClusterNotFound(id.clone()).into()),
    }
}

fn known_node(rows: &impl Rows, cluster: &ClusterId, id: &NodeId) -> Result<()> {
    match Node::load(rows, cluster, id)? {
        Some(_) => Ok(()),
        None => Err(ControlError::HsmNotFound { cluster: cluster.clone(), selector: id.to_string() }.into()),
    }
}

fn known_subnet(rows: &impl Rows, id: &SubnetId) -> Result<()> {
    let known = row::list::<Subnet>(rows, b"")?.iter().any(|(_, subnet)| subnet.id == *id);
    if known { Ok(()) } else { Err(Error::from(ControlError::SubnetNotFound(id.clone()))) }
}
