//! How long quorum tokens are valid: commands of the newer tool.

use std::time::Duration;

use crate::admin::{Admin, NodeResult};
use crate::error::{HsmError, Result};
use crate::quorum::Timeouts;
use crate::user::Operation;

impl Admin {
    /// The validities of tokens on every addressed server; no login is needed (documented).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails.
    pub fn token_timeouts(&self) -> Result<Vec<NodeResult<Timeouts>>> {
        self.ask(|rows, reach| {
            self.on_each(rows, &reach, Operation::ReadQuorum, |_, _, users| Ok(Ok(users.policy.timeouts)))
        })
    }

    /// Sets one or both validities of tokens that are made or approved from now on, on every addressed server.
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. A server refuses with [`HsmError::InvalidTimeout`] for zero, or because the
    /// login does not permit it.
    pub fn set_token_timeouts(
        &mut self,
        generated: Option<Duration>,
        approved: Option<Duration>,
    ) -> Result<Vec<NodeResult<()>>> {
        self.tell(|tx, reach| {
            self.change_each(tx, &reach, Operation::SetQuorum, None, |tx, node, mut users| {
                if [generated, approved].contains(&Some(Duration::ZERO)) {
                    return Ok(Err(HsmError::InvalidTimeout));
                }
                let before = users.policy.timeouts;
                users.policy.timeouts = Timeouts {
                    generated: generated.unwrap_or(before.generated),
                    approved: approved.unwrap_or(before.approved),
                };
                users.save(tx, &self.cluster, &node.id)?;
                Ok(Ok(()))
            })
        })
    }
}
