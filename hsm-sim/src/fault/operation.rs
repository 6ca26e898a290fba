//! Operations that are told to fail, by name.
//!
//! Every operation asks, hot ones too. So what is asked first is kept until the next commit: whether any operation is told to fail,
//! whether calls of KMS are, and whether any node is slow.

use std::sync::atomic::{AtomicU64, Ordering};

use store::Stamp;

use super::{Code, Fault, FaultKind, Turn, use_up};
use crate::audit::Command;
use crate::error::{HsmError, Result};
use crate::performance::Profile;
use crate::row::{self, Rows, Writer};
use crate::world::World;

/// What hot paths must know of the faults; it may name more than is in force, never less.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Watched {
    /// Some operation is told to fail.
    pub operations: bool,
    /// Calls of KMS are told to fail inside.
    pub kms: bool,
    /// Some node is slow, or all are no faster than HSMs, so that calls may wait.
    pub slow: bool,
}

/// What was seen last, and at which stamp, in one word: hot paths of all threads read it, and none of them writes.
#[derive(Debug)]
pub(crate) struct Watch(AtomicU64);

impl Default for Watch {
    fn default() -> Self {
        Self(AtomicU64::new(NEVER))
    }
}

/// Nothing was seen yet. No commit has such a number.
const NEVER: u64 = u64::MAX;

impl Watched {
    const fn with(self, stamp: Stamp) -> u64 {
        stamp.number() << 3 | (self.kms as u64) << 2 | (self.operations as u64) << 1 | self.slow as u64
    }

    const fn of(word: u64) -> (Stamp, Self) {
        let watched = Self { kms: word & 4 != 0, operations: word & 2 != 0, slow: word & 1 != 0 };
        (Stamp::of_number(word >> 3), watched)
    }
}

impl World {
    /// What hot paths must know of the faults.
    ///
    /// # Errors
    /// The store fails.
    #[inline]
    pub fn watched(&self) -> Result<Watched> {
        self.watched_before().map_or_else(|| self.watch_anew(), Ok)
    }

    /// The same, if it was asked for since the last commit.
    #[inline]
    pub(crate) fn watched_before(&self) -> Option<Watched> {
        let (stamp, watched) = Watched::of(self.watch().0.load(Ordering::Relaxed));
        self.store().is_current(stamp).then_some(watched)
    }

    #[cold]
    fn watch_anew(&self) -> Result<Watched> {
        let (stamp, watched) = self.read(|rows| {
            let mut watched = Watched { slow: Profile::load(rows)? != Profile::Unlimited, ..Watched::default() };
            for (_, fault) in row::list::<Fault>(rows, b"")? {
                watched.operations |= matches!(fault.kind, FaultKind::OperationFailing { .. });
                watched.kms |= matches!(fault.kind, FaultKind::KmsInternalError);
                watched.slow |= matches!(fault.kind, FaultKind::Slow { .. });
            }
            Ok::<_, crate::Error>((rows.stamp(), watched))
        })?;
        self.watch().0.store(watched.with(stamp), Ordering::Relaxed);
        Ok(watched)
    }

    /// How the operation of this name is told to fail now; counts the call.
    ///
    /// # Errors
    /// The store fails.
    pub fn told_to_fail(&self, operation: &str) -> Result<Option<Code>> {
        if !self.watched()?.operations {
            return Ok(None);
        }
        // Past the fault model: a failing store is another fault.
        self.store().write(|tx| told_to_fail(tx, self, operation))
    }
}

/// How a command of an HSM is told to fail now, if it is; counts it.
pub(crate) fn command_fails(tx: &mut Writer<'_>, world: &World, command: Command) -> Result<Option<HsmError>> {
    let code = told_to_fail(tx, world, command.name())?;
    // Numbers are checked where faults are set; a library's caller may set others.
    Ok(code.map(|code| code.number().and_then(HsmError::of_code).unwrap_or(HsmError::Busy)))
}

/// The same as a code, within a transaction.
fn told_to_fail(tx: &mut Writer<'_>, world: &World, operation: &str) -> Result<Option<Code>> {
    let now = world.now(tx)?;
    for (key, mut fault) in row::list::<Fault>(tx, b"")? {
        let live = fault.is_live(now);
        let FaultKind::OperationFailing { operation: name, code, call } = &mut fault.kind else { continue };
        if !live || name.as_str() != operation {
            continue;
        }
        if call.0 > 1 {
            *call = Turn(call.0 - 1);
            row::save(tx, &key, &fault)?;
            continue;
        }
        let code = code.clone();
        use_up(tx, &key, fault)?;
        return Ok(Some(code));
    }
    Ok(None)
}
