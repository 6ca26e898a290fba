//! Password verifiers: argon2id, so that a copied state directory does not give passwords away (documented).
//!
//! The parameters are small (1 MiB, one pass, about 0.3 ms) because a login must not be the slowest thing that a test does; they are stored with
//! the hash, so stronger ones can be chosen later without a migration.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{Entropy, Password, Sha256};

/// What a node keeps of a password: salt, argon2id hash and the parameters of the hash.
#[derive(Clone, Serialize, Deserialize)]
pub struct Verifier {
    salt: [u8; 16],
    hash: [u8; 32],
    memory_kib: u32,
    passes: u32,
}

impl Verifier {
    const MEMORY_KIB: u32 = 1024;
    const PASSES: u32 = 1;
    /// A row with more than this was not written by us; hashing it would cost the reader its memory or its time.
    const MAX_MEMORY_KIB: u32 = 64 * 1024;
    const MAX_PASSES: u32 = 16;

    /// Hashes `password` under a fresh salt.
    #[must_use]
    pub fn new(password: &Password, entropy: &Entropy) -> Self {
        let mut verifier =
            Self { salt: entropy.bytes(), hash: [0; 32], memory_kib: Self::MEMORY_KIB, passes: Self::PASSES };
        // argon2 refuses bad parameters and salts, which are constant here, and passwords of 4 GiB and more, which no edge lets in.
        verifier.hash = *verifier.hash_of(password).expect("constant parameters of argon2id are valid");
        verifier
    }

    /// Whether this is the verifier of `password`; the comparison takes the same time wherever the hashes differ. A verifier whose
    /// stored parameters are out of bounds fits no password.
    #[must_use]
    pub fn verify(&self, password: &Password) -> bool {
        self.hash_of(password).is_some_and(|hash| hash.ct_eq(&self.hash).into())
    }

    /// An identity that reveals nothing: equal for copies of one verifier, different for two verifiers even of the same password.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        let mut digest = Sha256::new();
        digest.update(&self.salt);
        digest.update(&self.hash);
        let mut id = [0; 16];
        id.copy_from_slice(&digest.finish()[..16]);
        id
    }

    fn hash_of(&self, password: &Password) -> Option<Zeroizing<[u8; 32]>> {
        if self.memory_kib > Self::MAX_MEMORY_KIB || self.passes > Self::MAX_PASSES {
            return None;
        }
        let params = Params::new(self.memory_kib, self.passes, 1, Some(self.hash.len())).ok()?;
        let mut hash = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(password.expose().as_bytes(), &self.salt, hash.as_mut_slice())
            .ok()?;
        Some(hash)
    }
}

impl PartialEq for Verifier {
    fn eq(&self, other: &Self) -> bool {
        let same = self.hash.ct_eq(&other.hash) & self.salt.ct_eq(&other.salt);
        bool::from(same) && (self.memory_kib, self.passes) == (other.memory_kib, other.passes)
    }
}

impl Eq for Verifier {}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(<redacted>)")
    }
}
