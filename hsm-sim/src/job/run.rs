//! Running what is due, and moving the clock.

use std::collections::HashSet;
use std::time::Duration;

use crate::clock::{Rate, SimTime};
use crate::control::OwnJobs;
use crate::error::{Error, Result};
use crate::job::{self, Handler, Job, JobKey};
use crate::lease::Lease;
use crate::row::{self, Rows};
use crate::world::World;

const LEASE: &str = "jobs";
/// How long to wait for another process's run; then this one runs beside it, which is safe but not in order.
const PATIENCE: Duration = Duration::from_secs(10);

impl World {
    /// Runs every job that is due, in due order: this crate's own and those of `handlers`. Jobs of other owners wait for a
    /// process that knows them. A handler must not call this itself.
    ///
    /// # Errors
    /// The first failure, after everything else was tried; failed jobs stay.
    pub fn run_due(&self, handlers: &[&dyn Handler]) -> Result<usize> {
        let horizon = self.read(|rows| self.now(rows))?;
        if !self.anything_due(horizon)? {
            return Ok(0);
        }
        let _one_at_a_time = self.running_jobs().lock();
        let _lease = Lease::wait_for(self, LEASE, PATIENCE)?;
        self.run_until(horizon, handlers)
    }

    /// Moves the simulated clock forward and runs what becomes due.
    ///
    /// # Errors
    /// [`Error::ClockTooFar`], or as [`World::run_due`].
    pub fn advance(&self, duration: Duration, handlers: &[&dyn Handler]) -> Result<usize> {
        self.move_clock(|now| now + duration, handlers)
    }

    /// Sets the simulated clock and runs what becomes due.
    ///
    /// # Errors
    /// [`Error::ClockBackwards`], [`Error::ClockTooFar`], or as [`World::run_due`].
    pub fn set_time(&self, wanted: SimTime, handlers: &[&dyn Handler]) -> Result<usize> {
        self.move_clock(|_| wanted, handlers)
    }

    /// Lets the simulated clock run faster or slower from now on, or stand still; it goes on from what it shows.
    ///
    /// # Errors
    /// The store fails.
    pub fn set_rate(&self, rate: Rate) -> Result<()> {
        self.write(|tx| {
            let clock = Self::clock(tx)?;
            self.set_clock(tx, clock.at_rate(rate, self.wall().now_millis()))
        })
    }

    fn move_clock(&self, to: impl FnOnce(SimTime) -> SimTime + Send, handlers: &[&dyn Handler]) -> Result<usize> {
        self.write(|tx| {
            let clock = Self::clock(tx)?;
            let wall = self.wall().now_millis();
            let now = clock.now(wall);
            let wanted = to(now);
            if wanted < now {
                return Err(Error::ClockBackwards { now, wanted });
            }
            if wanted > SimTime::LAST {
                return Err(Error::ClockTooFar { wanted });
            }
            self.set_clock(tx, clock.moved_to(wanted, wall))
        })?;
        self.run_due(handlers)
    }

    fn anything_due(&self, horizon: SimTime) -> Result<bool> {
        Ok(self.read(|rows| job::next_due(rows))?.is_some_and(|due| due <= horizon))
    }

    fn run_until(&self, horizon: SimTime, handlers: &[&dyn Handler]) -> Result<usize> {
        let own = OwnJobs;
        let mut left = HashSet::new();
        let mut failure = None;
        let mut done = 0;
        while let Some((key, job)) = self.read(|rows| first_due(rows, horizon, &left))? {
            let handler = std::iter::once(&own as &dyn Handler).chain(handlers.iter().copied());
            let Some(handler) = handler.into_iter().find(|handler| handler.owner() == job.owner) else {
                left.insert(key);
                continue;
            };
            match handler.run(self, &key, &job.payload, job.due, horizon) {
                Ok(()) => {
                    done += 1;
                    if self.read(|rows| Ok::<_, Error>(rows.get(row::JOB, key.as_bytes())?.is_some()))? {
                        self.write(|tx| job::cancel(tx, &key))?;
                    }
                }
                Err(error) => {
                    left.insert(key);
                    failure.get_or_insert(error);
                }
            }
        }
        failure.map_or(Ok(done), Err)
    }
}

fn first_due(rows: &impl Rows, horizon: SimTime, left: &HashSet<JobKey>) -> Result<Option<(JobKey, Job)>> {
    for entry in rows.scan(row::JOB, b"", None)? {
        let (key, bytes) = entry?;
        let key = JobKey(key.as_slice().try_into().map_err(|_| row::corrupt(row::JOB, &key))?);
        if key.due() > horizon {
            return Ok(None);
        }
        if !left.contains(&key) {
            return Ok(Some((key, row::decode(row::JOB, key.as_bytes(), bytes)?)));
        }
    }
    Ok(None)
}
