//! The types of users and the words by which the management utility names them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::HsmError;

/// What a user is (documented).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// The first officer before activation: may only change its own password, which activates the cluster.
    Preco,
    /// The first officer after activation; the same rights as a crypto officer.
    Pco,
    /// Crypto officer: manages users.
    Co,
    /// Crypto user: owns and uses keys.
    Cu,
    /// Appliance user: the service's own, for cloning; nobody knows its password.
    Au,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Preco, Self::Pco, Self::Co, Self::Cu, Self::Au];

    /// As listings show it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Preco => "PRECO",
            Self::Pco => "PCO",
            Self::Co => "CO",
            Self::Cu => "CU",
            Self::Au => "AU",
        }
    }

    /// The word that commands use for it: the primary officer is addressed as `CO` (documented).
    pub const fn login_type(self) -> LoginType {
        match self {
            Self::Preco => LoginType::Preco,
            Self::Pco | Self::Co => LoginType::Co,
            Self::Cu => LoginType::Cu,
            Self::Au => LoginType::Au,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The type word of a command; case-sensitive (documented).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LoginType {
    /// `PRECO`.
    Preco,
    /// `CO`, which also addresses the primary officer.
    Co,
    /// `CU`.
    Cu,
    /// `AU`.
    Au,
}

impl LoginType {
    /// The type that the word says; an officer may also be the primary one.
    pub const fn role(self) -> Role {
        match self {
            Self::Preco => Role::Preco,
            Self::Co => Role::Co,
            Self::Cu => Role::Cu,
            Self::Au => Role::Au,
        }
    }

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Preco => "PRECO",
            Self::Co => "CO",
            Self::Cu => "CU",
            Self::Au => "AU",
        }
    }
}

impl fmt::Display for LoginType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Also reads `PCO`, the word of listings.
impl FromStr for LoginType {
    type Err = HsmError;

    fn from_str(text: &str) -> Result<Self, HsmError> {
        match text {
            "PRECO" => Ok(Self::Preco),
            "CO" | "PCO" => Ok(Self::Co),
            "CU" => Ok(Self::Cu),
            "AU" => Ok(Self::Au),
            _ => Err(HsmError::InvalidUserType),
        }
    }
}
