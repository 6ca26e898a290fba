//! What the control API does. Every change is one transaction of the world, seen by all processes of its directory.

use hsm_sim::{ControlError, Realm, World};
use kms_store::Cause;

use super::shape::{
    AuditEntry, AuditLog, Audited, Cleared, Clock, Deleted, FaultEntry, FaultList, Health, Restored, Roots, Saved,
    Snapshots, State,
};
use super::{ClockChange, Reply, Route, description};
use crate::Backend;

/// The snapshot that a reset goes back to, when there is one of this name.
pub const INITIAL_SNAPSHOT: &str = "initial";

impl Route {
    /// Does what the route asks for.
    pub fn serve(self, backend: &Backend) -> Reply {
        self.act(backend).unwrap_or_else(|reply| reply)
    }

    fn act(self, backend: &Backend) -> Result<Reply, Reply> {
        let world = backend.world();
        let (faults, snapshots) = (world.faults(), world.snapshots());
        Ok(match self {
            Self::Health => {
                world.settings()?;
                Reply::ok(&Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
            }
            Self::Description => Reply::ok(&description::openapi()),
            Self::State => Reply::ok(&State::of(&world.inspect()?, backend.kms().inspect()?)),
            Self::ListAudited => {
                Reply::ok(&Audited { hsms: world.audited()?.iter().map(ToString::to_string).collect() })
            }
            Self::ShowAudit(hsm) => {
                if !world.audited()?.contains(&hsm) {
                    return Err(Reply::no_audit(hsm.as_str()));
                }
                let events = world.audit_log(&hsm, 0)?.iter().map(|(_, record)| AuditEntry::of(record)).collect();
                Reply::ok(&AuditLog { hsm: hsm.to_string(), events })
            }
            Self::ListFaults => Reply::ok(&FaultList { faults: faults.list()?.iter().map(FaultEntry::of).collect() }),
            Self::SetFault(spec) => Reply::ok(&FaultEntry::of(&faults.set(&spec)?)),
            Self::ClearFault(id) => match faults.clear(&id)? {
                true => Reply::ok(&Cleared { cleared: 1 }),
                false => return Err(Reply::no_fault(id.as_str())),
            },
            Self::ClearFaults => Reply::ok(&Cleared { cleared: faults.clear_all()? }),
            Self::ShowClock => clock(backend)?,
            Self::MoveClock(change) => {
                match change {
                    ClockChange::Advance(duration) => drop(backend.kms().advance(duration)?),
                    ClockChange::Set(time) => drop(backend.kms().set_time(time)?),
                    ClockChange::Rate(rate) => world.set_rate(rate)?,
                }
                clock(backend)?
            }
            Self::HardwareRoots => {
                // They belong to the directory, whatever the account and Region.
                let roots = world.control(Realm::default()).hardware_roots()?;
                Reply::ok(&Roots { aws: roots.aws, manufacturer: roots.manufacturer })
            }
            Self::Reset => {
                let restored = snapshots.restore(INITIAL_SNAPSHOT)?;
                if !restored {
                    snapshots.reset()?;
                }
                Reply::ok(&Restored { restored: restored.then(|| INITIAL_SNAPSHOT.to_owned()) })
            }
            Self::ListSnapshots => {
                let names = snapshots.list()?.into_iter().map(|snapshot| snapshot.name).collect();
                Reply::ok(&Snapshots { snapshots: names })
            }
            Self::SaveSnapshot(name) => Reply::ok(&Saved { saved: snapshots.save(&name)?.name }),
            Self::RestoreSnapshot(name) => match snapshots.restore(&name)? {
                true => Reply::ok(&Restored { restored: Some(name) }),
                false => return Err(no_snapshot(&name)),
            },
            Self::DeleteSnapshot(name) => match snapshots.delete(&name)? {
                true => Reply::ok(&Deleted { deleted: name }),
                false => return Err(no_snapshot(&name)),
            },
        })
    }
}

fn clock(backend: &Backend) -> Result<Reply, Reply> {
    let world = backend.world();
    let (setting, now) = world.read(|rows| Ok::<_, hsm_sim::Error>((World::clock(rows)?, world.now(rows)?)))?;
    Ok(Reply::ok(&Clock::of(setting, now)))
}

fn no_snapshot(name: &str) -> Reply {
    Reply::error(404, "snapshot", &format!("there is no snapshot '{name}'"))
}

impl From<kms_store::Error> for Reply {
    fn from(error: kms_store::Error) -> Self {
        match error {
            kms_store::Error::KmsInternal(Cause::World(error)) => (*error).into(),
            other => Self::error(500, "internal", &other.to_string()),
        }
    }
}

impl From<hsm_sim::Error> for Reply {
    fn from(error: hsm_sim::Error) -> Self {
        let text = error.to_string();
        match error {
            hsm_sim::Error::Control(
                ControlError::ClusterNotFound(_)
                | ControlError::BackupNotFound(_)
                | ControlError::HsmNotFound { .. }
                | ControlError::SubnetNotFound(_),
            ) => Self::error(404, "not-found", &text),
            hsm_sim::Error::Control(_) => Self::error(400, "refused", &text),
            hsm_sim::Error::ClockBackwards { .. } | hsm_sim::Error::ClockTooFar { .. } => {
                Self::error(400, "clock", &text)
            }
            hsm_sim::Error::Hsm(_)
            | hsm_sim::Error::Store(_)
            | hsm_sim::Error::Crypto(_)
            | hsm_sim::Error::Vault(_)
            | hsm_sim::Error::Token(_)
            | hsm_sim::Error::Corrupt { .. } => Self::error(500, "internal", &text),
        }
    }
}
