//! Roles as this tool calls them.

use clap::ValueEnum;
use hsm_sim::user::{LoginType, Role as UserRole};
use serde::{Serialize, Serializer};

/// A role that a command can name (documented).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Role {
    /// A CryptoUser has the ability to manage and use keys
    CryptoUser,
    /// An Admin has the ability to manage user accounts
    Admin,
}

impl Role {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::CryptoUser => "crypto-user",
            Self::Admin => "admin",
        }
    }

    /// The word of the older tool.
    pub(super) const fn login_type(self) -> LoginType {
        match self {
            Self::CryptoUser => LoginType::Cu,
            Self::Admin => LoginType::Co,
        }
    }

    /// What a new user of this role is.
    pub(super) const fn of_new_user(self) -> UserRole {
        match self {
            Self::CryptoUser => UserRole::Cu,
            Self::Admin => UserRole::Co,
        }
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// How listings call a role (documented).
pub(super) const fn shown(role: UserRole) -> &'static str {
    match role {
        UserRole::Preco => "unactivated-admin",
        UserRole::Pco | UserRole::Co => Role::Admin.as_str(),
        UserRole::Cu => Role::CryptoUser.as_str(),
        UserRole::Au => "internal(APPLIANCE_USER)",
    }
}
