//! Timed work: durable rows in due order, each done exactly once whichever processes run.
//!
//! The effect of a job and the removal of its row share one transaction ([`take`]), so a job that two processes start, or one
//! that a crash interrupts, has its effect once.

mod run;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use store::Table;

use crate::clock::SimTime;
use crate::error::Result;
use crate::row::{self, Record, Rows, Writer};
use crate::world::World;

/// The owner number of this crate's own jobs.
pub const HSM_SIM: u8 = 0;

/// The owner number of the key management service's jobs.
pub const KMS: u8 = 1;

/// A piece of timed work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// When it is due.
    pub due: SimTime,
    /// Whose it is: [`Handler::owner`].
    pub owner: u8,
    /// What it is, in the owner's encoding.
    pub payload: Vec<u8>,
}

impl Record for Job {
    const TABLE: Table = row::JOB;
}

/// A job's row key: due time, number of the scheduling transaction, count within it; so keys order as jobs run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobKey([u8; 18]);

impl JobKey {
    fn new(due: SimTime, number: u64, nth: u16) -> Self {
        let mut key = [0; 18];
        // The flipped sign bit orders times before 1970 first.
        key[..8].copy_from_slice(&(due.millis().cast_unsigned() ^ (1 << 63)).to_be_bytes());
        key[8..16].copy_from_slice(&number.to_be_bytes());
        key[16..].copy_from_slice(&nth.to_be_bytes());
        Self(key)
    }

    /// The row key.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// When the job is due.
    pub fn due(&self) -> SimTime {
        let mut due = [0; 8];
        due.copy_from_slice(&self.0[..8]);
        SimTime::from_millis((u64::from_be_bytes(due) ^ (1 << 63)).cast_signed())
    }
}

/// Does the jobs of one owner.
pub trait Handler {
    /// The owner number.
    fn owner(&self) -> u8;

    /// Does one job that was due at `at`. It takes the job ([`take`]) in the transaction of its effect; one that it leaves
    /// is removed. `horizon` is the time up to which this run of jobs goes: work that repeats can skip ahead to it.
    ///
    /// # Errors
    /// The job stays and runs again later.
    fn run(&self, world: &World, key: &JobKey, payload: &[u8], at: SimTime, horizon: SimTime) -> Result<()>;
}

/// Puts a job into the queue.
///
/// # Errors
/// The store fails.
pub fn schedule(tx: &mut Writer<'_>, due: SimTime, owner: u8, payload: Vec<u8>) -> Result<JobKey> {
    let number = tx.seq().get();
    let mut nth = 0;
    while tx.get(row::JOB, JobKey::new(due, number, nth).as_bytes())?.is_some() {
        nth += 1;
    }
    let key = JobKey::new(due, number, nth);
    row::save(tx, key.as_bytes(), &Job { due, owner, payload })?;
    Ok(key)
}

/// Removes a job; says whether it was still there.
///
/// # Errors
/// The store fails.
pub fn cancel(tx: &mut Writer<'_>, key: &JobKey) -> Result<bool> {
    row::remove::<Job>(tx, key.as_bytes())
}

/// Takes a job in the transaction of its effect: true if it was still there. On false somebody else did it, and the caller
/// must not.
///
/// # Errors
/// The store fails.
pub fn take(tx: &mut Writer<'_>, key: &JobKey) -> Result<bool> {
    cancel(tx, key)
}

/// When the next job is due.
///
/// # Errors
/// The store fails.
pub fn next_due(rows: &impl Rows) -> Result<Option<SimTime>> {
    let first = rows.scan(row::JOB, b"", None)?.next().transpose()?;
    first.map(|(key, bytes)| row::decode::<Job>(row::JOB, &key, bytes)).transpose().map(|job| job.map(|job| job.due))
}
