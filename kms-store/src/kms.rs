//! The service itself: what all operations share.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use hsm_sim::fault::{FaultView, take_kms_internal_error};
use hsm_sim::job::Handler;
use hsm_sim::{Entropy, SimTime, World};
use parking_lot::Mutex;
use store::Ticket;

use crate::arn::KeyId;
use crate::audit::Trail;
use crate::error::{Cause, Error, Result};
use crate::hsm::Sessions;

/// The key management service of a world, for all its accounts and Regions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Kms(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    world: World,
    trail: Trail,
    sessions: Sessions,
    /// Tells this opening from others; a presence row says that it lives.
    instance: [u8; 16],
    ticket: Ticket,
    /// The HSM keys that threads of this opening are making.
    making: Mutex<HashSet<KeyId>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // A row that cannot be removed now ends with the process.
        let _ = self.world.presence().update(|tx| tx.leave(&self.ticket));
    }
}

const INSTANCES: &[u8] = b"kms/";

fn instance_key(instance: &[u8; 16]) -> Vec<u8> {
    [INSTANCES, instance].concat()
}

/// A thread is making an HSM key; dropping it says that it is done, well or not.
#[derive(Debug)]
pub(crate) struct AtWork<'a> {
    kms: &'a Kms,
    id: KeyId,
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.kms.0.making.lock().remove(&self.id);
    }
}

impl Kms {
    /// Opens the service and finishes or removes what a crash left half-done.
    ///
    /// # Errors
    /// The store fails.
    pub fn open(world: World) -> Result<Self> {
        let trail = Trail::new(world.directory());
        // Two openings of one deterministic world must differ too.
        let instance = Entropy::system().bytes();
        let ticket = world.presence().update(|tx| tx.enter(&instance_key(&instance), b""))?;
        let kms = Self(Arc::new(Inner {
            world,
            trail,
            sessions: Sessions::default(),
            instance,
            ticket,
            making: Mutex::default(),
        }));
        kms.settle_intents()?;
        Ok(kms)
    }

    /// The world that it serves.
    pub fn world(&self) -> &World {
        &self.0.world
    }

    pub(crate) fn trail(&self) -> &Trail {
        &self.0.trail
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    pub(crate) fn instance(&self) -> [u8; 16] {
        self.0.instance
    }

    /// Says that this thread is making an HSM key.
    pub(crate) fn at_work_on(&self, id: KeyId) -> AtWork<'_> {
        self.0.making.lock().insert(id);
        AtWork { kms: self, id }
    }

    /// Whether somebody alive is making this HSM key.
    pub(crate) fn is_at_work(&self, instance: &[u8; 16], id: KeyId) -> Result<bool> {
        if *instance == self.0.instance {
            return Ok(self.0.making.lock().contains(&id));
        }
        Ok(!self.world().presence().view(&instance_key(instance))?.is_empty())
    }

    /// Runs every job that is due, the HSM world's and this service's, in due order; says how many.
    ///
    /// # Errors
    /// The first failure; failed jobs stay.
    pub fn run_due(&self) -> Result<usize> {
        Ok(self.world().run_due(&[self as &dyn Handler])?)
    }

    /// Moves the simulated clock forward and runs what becomes due.
    ///
    /// # Errors
    /// As [`Kms::run_due`].
    pub fn advance(&self, duration: Duration) -> Result<usize> {
        Ok(self.world().advance(duration, &[self as &dyn Handler])?)
    }

    /// Sets the simulated clock, forward only, and runs what becomes due.
    ///
    /// # Errors
    /// The clock would go back, or as [`Kms::run_due`].
    pub fn set_time(&self, time: SimTime) -> Result<usize> {
        Ok(self.world().set_time(time, &[self as &dyn Handler])?)
    }

    /// Whether the fault model says that this call fails; uses one count of a counted fault up.
    pub(crate) fn is_told_to_fail(&self) -> Result<bool> {
        if !self.world().watched()?.kms {
            return Ok(false);
        }
        let told = self.world().read(|rows| {
            let now = self.world().now(rows)?;
            Ok::<_, Error>(FaultView::load(rows, now)?.kms_internal_error())
        })?;
        if !told {
            return Ok(false);
        }
        // Another call may use the last count up meanwhile.
        Ok(self.world().write(|tx| {
            let now = self.world().now(tx)?;
            take_kms_internal_error(tx, now)
        })?)
    }

    /// Fails when the fault model says so.
    pub(crate) fn fail_if_told(&self) -> Result<()> {
        if self.is_told_to_fail()? { Err(Error::KmsInternal(Cause::Injected)) } else { Ok(()) }
    }
}
