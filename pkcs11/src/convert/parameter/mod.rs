//! The parameters of mechanisms, one file per family.

pub(super) mod aead;
pub(super) mod derive;
pub(super) mod rsa;
pub(super) mod tls;

use hsm_sim::token::{Hash, MechanismType};

use crate::ck::Ulong;
use crate::convert::mechanism::INVALID;
use crate::error::Result;

/// The digest that a parameter names by its mechanism.
fn hash(number: Ulong) -> Result<Hash> {
    MechanismType::from_number(number).and_then(MechanismType::digest).ok_or(INVALID)
}
