//! Mechanisms: what a client asks for ([`Mechanism`]) and what a token can do ([`table`]).

mod parameter;
mod table;

pub use crypto::hash::Hash;
pub use parameter::{CounterForm, Gcm, KdfField, MasterSeed, Nonce, Parameter, ParameterForm, Salt};
pub(crate) use table::{Body, Join, Mac, only_digest};
pub use table::{MechanismType, Uses};

use serde::{Deserialize, Serialize};

use crate::cluster::Personality;
use crate::object::KeyType;

/// A mechanism with its parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mechanism {
    /// Which one.
    pub kind: MechanismType,
    /// Its parameter, of the form [`MechanismType::form`].
    pub parameter: Parameter,
}

impl Mechanism {
    /// A mechanism without parameter.
    pub const fn new(kind: MechanismType) -> Self {
        Self { kind, parameter: Parameter::None }
    }

    /// A mechanism with its parameter.
    pub const fn with(kind: MechanismType, parameter: Parameter) -> Self {
        Self { kind, parameter }
    }
}

/// What a token says of a mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MechanismInfo {
    /// The smallest key, in the unit that the standard gives for the mechanism.
    pub min_key_size: u64,
    /// The largest key.
    pub max_key_size: u64,
    /// What it is for.
    pub uses: Uses,
}

impl MechanismType {
    /// Whether tokens of this personality have it.
    pub fn is_offered(self, personality: Personality) -> bool {
        let shelf = self.row().shelf;
        match personality {
            Personality::CloudHsm => matches!(shelf, table::Shelf::Both | table::Shelf::CloudHsm),
            Personality::Generic => matches!(shelf, table::Shelf::Both | table::Shelf::Generic),
        }
    }

    /// What the token says of it.
    pub fn info(self, personality: Personality) -> MechanismInfo {
        let row = self.row();
        let uses = match personality {
            Personality::Generic => row.uses | self.message_uses(),
            // The functions for it are absent (documented).
            Personality::CloudHsm => {
                let less = match self {
                    // Not to wrap with (documented table).
                    Self::RsaX509 | Self::AesCtr => Uses::WRAP | Uses::UNWRAP,
                    _ => Uses::NONE,
                };
                row.uses.without(Uses::SIGN_RECOVER | Uses::VERIFY_RECOVER | less)
            }
        };
        let (min, max) = match (row.body, personality) {
            (Body::GeneratePair(KeyType::Rsa), Personality::CloudHsm) => (2048, 4096),
            (_, Personality::CloudHsm) if row.keys.contains(&KeyType::Rsa) => (1024, row.sizes.1),
            _ => row.sizes,
        };
        MechanismInfo { min_key_size: min, max_key_size: max, uses }
    }

    /// What follows for messages from what it is otherwise for (PKCS#11 v3.0 §5.5.6).
    fn message_uses(self) -> Uses {
        let row = self.row();
        match row.body {
            Body::Gcm | Body::Ccm | Body::ChaChaPoly => {
                Uses::MESSAGE_ENCRYPT | Uses::MESSAGE_DECRYPT | Uses::MULTI_MESSAGE
            }
            // Its IV is that of the operation, and no two messages may have the same.
            Body::Gmac => Uses::NONE,
            body if row.uses.has(Uses::SIGN) => {
                let pieces = if body.signs_pieces() { Uses::MULTI_MESSAGE } else { Uses::NONE };
                Uses::MESSAGE_SIGN | Uses::MESSAGE_VERIFY | pieces
            }
            _ => Uses::NONE,
        }
    }

    /// The digest, for a mechanism that is nothing but one.
    pub fn digest(self) -> Option<Hash> {
        match self.row().body {
            Body::Digest(hash) => Some(hash),
            _ => None,
        }
    }
}
