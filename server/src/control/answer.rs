//! What the control API does. Every change is one transaction of the world, seen by all processes of its directory.

use hsm_sim::fault::Fault;
use hsm_sim::{ControlError, Realm};
use kms_store::Cause;
use serde_json::{Value, json};

use super::{ClockChange, Reply, Route};
use crate::Backend;

/// The snapshot that a reset goes back to, when there is one of this name.
pub const INITIAL_SNAPSHOT: &str = "initial";

impl Route {
    /// Does what the route asks for.
    pub fn serve(self, backend: &Backend) -> Reply {
        self.act(backend).map_or_else(|reply| reply, |value| Reply::ok(&value))
    }

    fn act(self, backend: &Backend) -> Result<Value, Reply> {
        let world = backend.world();
        let (faults, snapshots) = (world.faults(), world.snapshots());
        Ok(match self {
            Self::Health => {
                world.settings()?;
                json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") })
            }
            Self::ListFaults => json!({ "faults": faults.list()?.iter().map(fault_json).collect::<Vec<_>>() }),
            Self::SetFault(spec) => fault_json(&faults.set(&spec)?),
            Self::ClearFault(id) => match faults.clear(&id)? {
                true => json!({ "cleared": 1 }),
                false => return Err(Reply::no_fault(id.as_str())),
            },
            Self::ClearFaults => json!({ "cleared": faults.clear_all()? }),
            Self::ShowClock => clock(backend)?,
            Self::MoveClock(change) => {
                match change {
                    ClockChange::Advance(duration) => backend.kms().advance(duration)?,
                    ClockChange::Set(time) => backend.kms().set_time(time)?,
                };
                clock(backend)?
            }
            Self::HardwareRoots => {
                // They belong to the directory, whatever the account and Region.
                let roots = world.control(Realm::default()).hardware_roots()?;
                json!({ "aws": roots.aws, "manufacturer": roots.manufacturer })
            }
            Self::Reset => {
                let restored = snapshots.restore(INITIAL_SNAPSHOT)?;
                if !restored {
                    snapshots.reset()?;
                }
                json!({ "restored": restored.then_some(INITIAL_SNAPSHOT) })
            }
            Self::ListSnapshots => {
                json!({ "snapshots": snapshots.list()?.into_iter().map(|snapshot| snapshot.name).collect::<Vec<_>>() })
            }
            Self::SaveSnapshot(name) => json!({ "saved": snapshots.save(&name)?.name }),
            Self::RestoreSnapshot(name) => match snapshots.restore(&name)? {
                true => json!({ "restored": name }),
                false => return Err(no_snapshot(&name)),
            },
            Self::DeleteSnapshot(name) => match snapshots.delete(&name)? {
                true => json!({ "deleted": name }),
                false => return Err(no_snapshot(&name)),
            },
        })
    }
}

/// A fault as the control API and `hsm-sim fault list --json` show it; what does not apply is null.
pub fn fault_json(fault: &Fault) -> Value {
    let parts = fault.kind.parts();
    let part = |name: &str| parts.iter().find(|(known, _)| *known == name).map(|(_, word)| word.as_str());
    json!({
        "id": fault.id.as_str(),
        "kind": fault.kind.name(),
        "cluster": part("cluster"),
        "node": part("node"),
        "subnet": part("subnet"),
        "from": part("from"),
        "delay": part("delay"),
        "operation": part("operation"),
        "code": part("code"),
        "call": part("call").and_then(|call| call.parse::<u32>().ok()),
        "since": fault.since.to_string(),
        "until": fault.until.map(|until| until.to_string()),
        "remaining": fault.remaining,
    })
}

fn clock(backend: &Backend) -> Result<Value, Reply> {
    let world = backend.world();
    let now = world.read(|rows| world.now(rows))?;
    Ok(json!({ "now": now.to_string(), "now_millis": now.millis() }))
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
