//! What the control API takes and answers, as types: the JSON, its description and the code come from the same place.

mod audit;
mod fault;
mod state;

use hsm_sim::clock::ClockSetting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::audit::AuditEntry;
pub(super) use self::audit::{AuditLog, Audited};
pub use self::fault::FaultEntry;
pub(super) use self::fault::{FaultBody, FaultList};
pub(super) use self::state::State;

/// The endpoint answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Health {
    /// `ok`.
    pub(super) status: &'static str,
    /// The program's version.
    pub(super) version: &'static str,
}

/// How many faults were cleared.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Cleared {
    pub(super) cleared: usize,
}

/// What the simulated clock shows.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Clock {
    /// ISO 8601 in UTC.
    pub(super) now: String,
    /// Milliseconds since 1970.
    pub(super) now_millis: i64,
    /// How fast it runs: 1 beside the machine's clock, 0 when it stands still.
    pub(super) rate: f64,
}

impl Clock {
    pub(super) fn of(clock: ClockSetting, now: hsm_sim::SimTime) -> Self {
        Self { now: now.to_string(), now_millis: now.millis(), rate: clock.rate().as_f64() }
    }
}

/// How to change the simulated clock: exactly one of the members.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ClockBody {
    /// Forward by a duration such as `36h`.
    pub(super) advance: Option<String>,
    /// Forward to a moment (RFC 3339).
    pub(super) set: Option<String>,
    /// How fast it runs from now on, from 0 to 1000 times the machine's clock.
    pub(super) rate: Option<f64>,
}

/// The roots above the hardware certificates, PEM.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Roots {
    pub(super) aws: String,
    pub(super) manufacturer: String,
}

/// The snapshot that the world went back to; null for the empty world.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Restored {
    pub(super) restored: Option<String>,
}

/// The snapshots' names, oldest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Snapshots {
    pub(super) snapshots: Vec<String>,
}

/// The snapshot that was saved.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Saved {
    pub(super) saved: String,
}

/// The snapshot that was forgotten.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Deleted {
    pub(super) deleted: String,
}

/// Why a request was refused.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Refusal {
    /// What kind of refusal it is.
    pub(super) error: String,
    /// In words.
    pub(super) message: String,
}
