//! Settings that change how the world behaves: one row, written by `up` or `hsm-sim settings`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use store::Table;

use crate::error::Result;
use crate::row::{self, Record, Rows, Writer};

/// How the world behaves. `Default` is what `up` uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// How long ConnectCustomKeyStore and DisconnectCustomKeyStore take, on the simulated clock.
    pub connect_delay: Duration,
    /// Refuse identifiers that the service's published patterns forbid, although the documentation's examples use them.
    pub strict_patterns: bool,
    /// A CONNECTED key store may be renamed, as newer documentation says (the seeds forbid it).
    pub newest_behaviour: bool,
    /// How late new keys, aliases and store edits show; zero is strong consistency.
    pub consistency_delay: Duration,
    /// Apply the documented quotas.
    pub quotas: bool,
    /// How often the material audit of a connected key store runs (seed 004: "eventually").
    pub material_audit_period: Duration,
    /// Wrong passwords that lock an account (documented: five).
    pub lock_threshold: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_delay: Duration::from_millis(200),
            strict_patterns: false,
            newest_behaviour: false,
            consistency_delay: Duration::ZERO,
            quotas: false,
            material_audit_period: Duration::from_secs(300),
            lock_threshold: 5,
        }
    }
}

impl Record for Settings {
    const TABLE: Table = row::SETTINGS;
}

const KEY: &[u8] = b"settings";

impl Settings {
    /// Material audits do not follow each other faster.
    pub const SHORTEST_AUDIT_PERIOD: Duration = Duration::from_secs(1);

    /// The settings in force.
    ///
    /// # Errors
    /// The store fails.
    pub fn load(rows: &impl Rows) -> Result<Self> {
        Ok(row::load(rows, KEY)?.unwrap_or_default())
    }

    /// Puts these settings in force.
    ///
    /// # Errors
    /// The store fails.
    pub fn save(&self, tx: &mut Writer<'_>) -> Result<()> {
        row::save(tx, KEY, self)
    }
}
