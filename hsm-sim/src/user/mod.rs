//! Users of a node: their types, names, passwords and failed logins.
//!
//! A node's users are one row beside its record ([`NodeUsers`]). Nothing keeps two nodes' users equal: a command that
//! reaches some nodes only makes them differ, and stays so until a command repairs it (seed 004, documented).

mod name;
mod node_users;
mod permission;
mod role;
mod signing_key;

use crypto::{Password, Verifier};
use serde::{Deserialize, Serialize};

pub use name::UserName;
pub use node_users::{ADMIN_ID, APPLIANCE_USER_ID, NodeUsers};
pub use permission::{Operation, permits};
pub use role::{LoginType, Role};
pub use signing_key::SigningKey;

use crate::error::HsmError;

/// The shortest and the longest password (documented; newer texts say 8 to 32).
pub const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 7..=32;

/// A user of one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The number by which keys name their owner; given per node, so it may differ between nodes.
    pub id: u32,
    /// Unique on the node, whatever the case.
    pub name: UserName,
    /// What the user may do.
    pub role: Role,
    /// What the node keeps of the password; the appliance user has none that anybody knows.
    pub verifier: Option<Verifier>,
    /// Wrong passwords since the last right one or the last password change (`LoginFailureCnt`).
    pub failures: u32,
    /// The key for the second factor and for quorum approvals.
    pub signing_key: Option<SigningKey>,
}

impl User {
    /// A user without failures or a key.
    pub fn new(id: u32, name: UserName, role: Role, verifier: Verifier) -> Self {
        Self { id, name, role, verifier: Some(verifier), failures: 0, signing_key: None }
    }

    /// Whether wrong passwords have locked the account (seed 004: five).
    pub fn is_locked(&self, threshold: u32) -> bool {
        self.failures >= threshold
    }

    /// The identity of the password that is in force, equal on all nodes that one command reached.
    pub fn verifier_id(&self) -> Option<[u8; 16]> {
        self.verifier.as_ref().map(Verifier::id)
    }

    /// The key for quorum approvals, if one is registered (`MofnPubKey`).
    pub fn quorum_key(&self) -> Option<&SigningKey> {
        self.signing_key.as_ref().filter(|key| key.quorum)
    }

    /// The key of the second factor, if the user has one (`2FA`).
    pub fn two_factor_key(&self) -> Option<&SigningKey> {
        self.signing_key.as_ref().filter(|key| key.two_factor)
    }

    /// Counts a wrong password, up to the threshold (inferred: a locked account counts no further).
    pub fn strike(&mut self, threshold: u32) {
        self.failures = self.failures.saturating_add(1).min(threshold);
    }

    /// Sets a password: it unlocks the account on this node (seed 004).
    pub fn set_password(&mut self, verifier: Verifier) {
        self.verifier = Some(verifier);
        self.failures = 0;
    }
}

/// Checks a new password against the rules of the HSM: 7 to 32 printable characters (documented; the set is inferred).
///
/// # Errors
/// [`HsmError::InvalidPassword`].
pub fn check_password(password: &Password) -> Result<(), HsmError> {
    let text = password.expose();
    if PASSWORD_LENGTH.contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(HsmError::InvalidPassword)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords() {
        for (text, valid) in [
            ("", false),
            ("sixsix", false),
            ("sevenup", true),
            ("kmsPswd1", true),
            ("12345678901234567890123456789012", true),
            ("123456789012345678901234567890123", false),
            ("with space", true),
            ("with\nbreak", false),
        ] {
            assert_eq!(check_password(&Password::from(text)).is_ok(), valid, "{text:?}");
        }
    }

    #[test]
    fn five_strikes_lock_and_a_new_password_unlocks() {
        let verifier = Verifier::new(&Password::from("password1"), &crypto::Entropy::seeded(1));
        let mut user = User::new(3, "alice".parse().unwrap(), Role::Cu, verifier.clone());
        for failures in 0..5 {
            assert_eq!((user.failures, user.is_locked(5)), (failures, false));
            user.strike(5);
        }
        assert!(user.is_locked(5));
        user.strike(5);
        assert_eq!(user.failures, 5);
        user.set_password(verifier);
        assert_eq!((user.failures, user.is_locked(5)), (0, false));
    }
}
