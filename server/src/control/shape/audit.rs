//! Audit logs of HSMs.

use hsm_sim::audit::AuditRecord;
use schemars::JsonSchema;
use serde::Serialize;

/// The HSMs that have an audit log, also those that are gone.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Audited {
    pub(crate) hsms: Vec<String>,
}

/// The audit log of an HSM, oldest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AuditLog {
    pub(crate) hsm: String,
    pub(crate) events: Vec<AuditEntry>,
}

/// An event of an audit log; what does not apply is null.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuditEntry {
    /// On the simulated clock.
    time: String,
    /// How often the HSM had been started again.
    reboot_counter: u32,
    /// The number since then.
    sequence: u64,
    /// Such as `CN_LOGIN`.
    opcode: &'static str,
    /// The number of the answer; 0 for success.
    response: u32,
    user: Option<String>,
    /// A key's handle.
    key: Option<u32>,
    /// The event as the service's log stream has it.
    text: String,
}

impl AuditEntry {
    /// As the control API and `hsm-sim audit --json` show it.
    pub fn of(record: &AuditRecord) -> Self {
        Self {
            time: record.at().to_string(),
            reboot_counter: record.reboots(),
            sequence: record.sequence(),
            opcode: record.command().name(),
            response: record.response(),
            user: record.user().map(str::to_owned),
            key: record.key(),
            text: record.to_string(),
        }
    }
}
