//! `getMValue` and `setMValue`: how many officers must approve.

use crate::admin::{Admin, NodeResult, by};
use crate::audit::Command;
use crate::error::Result;
use crate::quorum::Service;
use crate::user::{NodeUsers, Operation, Role};

impl Admin {
    /// The M value of a service on every addressed server; no login is needed (newer documentation).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails.
    pub fn m_value(&self, service: Service) -> Result<Vec<NodeResult<u8>>> {
        self.ask(|rows, reach| {
            self.on_each(rows, &reach, Operation::ReadQuorum, |_, _, users| Ok(Ok(users.policy.m_value(service))))
        })
    }

    /// Sets the M value of a service on every addressed server. Once a value is more than 1, changing it needs a token of
    /// [`Service::Quorum`] with as many approvals (documented).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result:
    /// [`crate::HsmError::InvalidMValue`], [`crate::HsmError::QuorumRequired`], or the login does not permit it.
    pub fn set_m_value(&mut self, service: Service, m: u8) -> Result<Vec<NodeResult<()>>> {
        self.tell(|tx, reach| {
            let actor = self.actor(tx)?;
            let noted = (Command::SetMValue, by(&actor));
            self.change_each(tx, &reach, Operation::SetQuorum, Some(noted), |tx, node, mut users| {
                let needed = users.policy.needed_to_change(service);
                let permit = match self.permit_with(tx, node, Service::Quorum.into(), needed)? {
                    Ok(permit) => permit,
                    Err(error) => return Ok(Err(error)),
                };
                let approvers = approvers(&users);
                if let Err(error) = users.policy.set_m_value(service, m, approvers) {
                    return Ok(Err(error));
                }
                users.save(tx, &self.cluster, &node.id)?;
                permit.spend(self, tx, node)?;
                Ok(Ok(()))
            })
        })
    }
}

/// How many officers have registered a key.
fn approvers(users: &NodeUsers) -> usize {
    let is_approver = |role: Role| matches!(role, Role::Pco | Role::Co);
    users.users.iter().filter(|user| is_approver(user.role) && user.quorum_key().is_some()).count()
}
