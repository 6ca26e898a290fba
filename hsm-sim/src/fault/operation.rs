//! Operations that are told to fail, by name.
//!
//! Every operation asks, hot ones too. So what is asked first is kept until the next commit: whether any operation is told to fail,
//! and whether any node is slow.

use store::Stamp;

use super::{Code, Fault, FaultKind, Turn, use_up};
use crate::audit::Command;
use crate::error::{HsmError, Result};
use crate::lock::RwLock;
use crate::performance::Profile;
use crate::row::{self, Rows, Writer};
use crate::world::World;

/// What hot paths must know of the faults; it may name more than is in force, never less.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Watched {
    /// Some operation is told to fail.
    pub operations: bool,
    /// Some node is slow, or all are no faster than HSMs, so that calls may wait.
    pub slow: bool,
}

/// What was seen last.
#[derive(Debug, Default)]
pub(crate) struct Watch(RwLock<Option<(Stamp, Watched)>>);

impl World {
    /// What hot paths must know of the faults.
    ///
    /// # Errors
    /// The store fails.
    pub fn watched(&self) -> Result<Watched> {
        let seen = *self.watch().0.read();
        if let Some((stamp, watched)) = seen
            && self.store().is_current(stamp)
        {
            return Ok(watched);
        }
        let seen = self.read(|rows| {
            let mut watched = Watched { slow: Profile::load(rows)? != Profile::Unlimited, ..Watched::default() };
            for (_, fault) in row::list::<Fault>(rows, b"")? {
                watched.operations |= matches!(fault.kind, FaultKind::OperationFailing { .. });
                watched.slow |= matches!(fault.kind, FaultKind::Slow { .. });
            }
            Ok::<_, crate::Error>((rows.stamp(), watched))
        })?;
        *self.watch().0.write() = Some(seen);
        Ok(seen.1)
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
