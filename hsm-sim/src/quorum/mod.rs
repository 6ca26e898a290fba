//! Quorum authentication (M of N): what several users must approve, how many of them, and the tokens that they sign.
//!
//! Keys can ask for approvals too: those with an M value of their own, which their users approve ([`Subject`]).
//!
//! M values and timeouts are a node's policy and lie beside its users ([`crate::user::NodeUsers`]); tokens are a row of their own
//! that no backup holds, because a token belongs to a login. Nothing keeps nodes equal (documented).

mod subject;
mod token;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use subject::Subject;
pub use token::{Approval, ListedToken, QuorumToken};
pub(crate) use token::{NodeTokens, Request, Token};

use crate::error::HsmError;

/// The largest M value (newer documentation; older texts say twenty).
pub const LARGEST_M: u8 = 8;

/// The most tokens that a node stores (documented).
pub const TOKENS_PER_NODE: usize = 1024;

/// How long a token is valid unless another timeout is set (documented: ten minutes).
const TIMEOUT: Duration = Duration::from_secs(600);

/// What officers' approvals are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Service {
    /// Creating and deleting users, changing others' passwords: 3, `USER_MGMT`.
    UserManagement,
    /// Setting M values: 4, `MISC_CO`.
    Quorum,
}

impl Service {
    /// Every service.
    pub const ALL: [Self; 2] = [Self::UserManagement, Self::Quorum];

    /// The number that commands use (documented).
    pub const fn number(self) -> u16 {
        match self {
            Self::UserManagement => 3,
            Self::Quorum => 4,
        }
    }

    /// The name that the management utility shows (documented).
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserManagement => "USER_MGMT",
            Self::Quorum => "MISC_CO",
        }
    }

    /// The service of this number.
    pub fn of_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.number() == number)
    }
}

/// How long tokens of a node are valid, on the simulated clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeouts {
    /// From its creation until it has enough approvals.
    pub generated: Duration,
    /// From then until it is used.
    pub approved: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { generated: TIMEOUT, approved: TIMEOUT }
    }
}

/// What a node asks approvals for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuorumPolicy {
    user_management: u8,
    quorum: u8,
    /// How long its tokens are valid.
    pub timeouts: Timeouts,
}

impl Default for QuorumPolicy {
    fn default() -> Self {
        Self { user_management: 1, quorum: 1, timeouts: Timeouts::default() }
    }
}

impl QuorumPolicy {
    /// The M value of a service: how many must approve, 1 when nobody must (documented).
    pub const fn m_value(&self, service: Service) -> u8 {
        match service {
            Service::UserManagement => self.user_management,
            Service::Quorum => self.quorum,
        }
    }

    /// Sets an M value: 1 to 8, and not more than `approvers` have registered keys (documented).
    ///
    /// # Errors
    /// [`HsmError::InvalidMValue`].
    pub(crate) fn set_m_value(&mut self, service: Service, m: u8, approvers: usize) -> Result<(), HsmError> {
        if !(1..=LARGEST_M).contains(&m) || (m > 1 && usize::from(m) > approvers) {
            return Err(HsmError::InvalidMValue);
        }
        match service {
            Service::UserManagement => self.user_management = m,
            Service::Quorum => self.quorum = m,
        }
        Ok(())
    }

    /// How many must approve that the M value of a service changes: at least as many as approve M values, and no fewer than the
    /// value that is changed (documented).
    pub(crate) fn needed_to_change(&self, service: Service) -> u8 {
        self.quorum.max(self.m_value(service))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m_values() {
        for (m, approvers, expected) in [
            (0, 8, Err(HsmError::InvalidMValue)),
            (1, 0, Ok(())),
            (2, 1, Err(HsmError::InvalidMValue)),
            (2, 2, Ok(())),
            (8, 8, Ok(())),
            (9, 9, Err(HsmError::InvalidMValue)),
        ] {
            for service in Service::ALL {
                assert_eq!(QuorumPolicy::default().set_m_value(service, m, approvers), expected, "{m} of {approvers}");
            }
        }
        assert_eq!([3, 4, 5].map(Service::of_number), [Some(Service::UserManagement), Some(Service::Quorum), None]);
    }

    /// The documented example: the first value is free, then the value for M values may be set, and then both need approval.
    #[test]
    fn changing_a_value() {
        let mut policy = QuorumPolicy::default();
        let needed = |policy: &QuorumPolicy| Service::ALL.map(|service| policy.needed_to_change(service));
        assert_eq!(needed(&policy), [1, 1]);
        policy.set_m_value(Service::UserManagement, 3, 5).unwrap();
        assert_eq!(needed(&policy), [3, 1]);
        policy.set_m_value(Service::Quorum, 2, 5).unwrap();
        assert_eq!(needed(&policy), [3, 2]);
    }
}
