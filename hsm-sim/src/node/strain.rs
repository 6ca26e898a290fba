//! What keeps a node from answering at once: it is slow on purpose, or as fast as an HSM and no faster.

use std::thread;
use std::time::Duration;

use crate::error::Result;
use crate::fault::{ClientClass, Delay};
use crate::id::{ClusterId, NodeId};
use crate::node::reach::Reach;
use crate::performance::{Pace, Work};
use crate::world::World;

/// Takes the time that a command takes which is sent to some nodes, one after the other, as far as they answer. Never called in a
/// transaction.
///
/// # Errors
/// The cluster does not exist, or the store fails.
pub(crate) fn bear_each(
    world: &World,
    cluster: &ClusterId,
    class: ClientClass,
    is_asked: impl Fn(&NodeId) -> bool,
) -> Result<()> {
    if !world.watched()?.slow {
        return Ok(());
    }
    let strains = world.read(|rows| {
        let reach = Reach::load(world, rows, cluster, class)?;
        let asked = reach.present().filter(|node| is_asked(&node.id) && reach.answers(node).is_ok());
        Ok::<_, crate::Error>(asked.filter_map(|node| reach.strain(node)).collect::<Vec<_>>())
    })?;
    for strain in &strains {
        strain.bear(world, Work::Command)?;
    }
    Ok(())
}

/// The strain that a node is under; a node under none has no such value, so that it costs nothing.
#[derive(Debug, Clone)]
pub(crate) struct Strain {
    delay: Option<Delay>,
    pace: Option<Pace>,
}

impl Strain {
    /// None where there is neither.
    pub(crate) fn of(delay: Option<Delay>, pace: Option<Pace>) -> Option<Self> {
        (delay.is_some() || pace.is_some()).then_some(Self { delay, pace })
    }

    /// Takes the time that the node takes for one request. Never called in a transaction.
    ///
    /// # Errors
    /// [`crate::HsmError::Busy`], or the directory cannot be written.
    pub(crate) fn bear(&self, world: &World, work: Work) -> Result<()> {
        let paced = self.pace.as_ref().map_or(Ok(Duration::ZERO), |pace| pace.take(world.wall(), work))?;
        let delayed = self.delay.as_ref().map_or(Duration::ZERO, |delay| delay.draw(world.entropy()));
        thread::sleep(paced + delayed);
        Ok(())
    }
}
