//! The key with which a user signs outside the HSM: answers to the second factor's challenges and approvals of a quorum. It is
//! one key for both (documented).

use crypto::asymmetric::rsa::{PublicKey, Scheme};
use crypto::hash::Hash;
use crypto::keyfile::{self, Content};
use serde::{Deserialize, Serialize};

use crate::error::HsmError;

/// The only size (documented).
const BITS: usize = 2048;

/// A user's public key and what it is registered for: at least one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningKey {
    /// `SubjectPublicKeyInfo`.
    spki: Vec<u8>,
    /// It signs the second factor of logins.
    pub two_factor: bool,
    /// It signs approvals.
    pub quorum: bool,
}

impl SigningKey {
    /// The key of a file, PEM or DER, registered for approvals.
    ///
    /// # Errors
    /// [`HsmError::InvalidPublicKey`].
    pub fn for_quorum(file: &[u8]) -> Result<Self, HsmError> {
        Ok(Self { spki: rsa_2048(file)?, two_factor: false, quorum: true })
    }

    /// The key of a file, PEM or DER, registered for the second factor, and for approvals too if asked.
    ///
    /// # Errors
    /// [`HsmError::InvalidPublicKey`].
    pub fn for_two_factor(file: &[u8], quorum: bool) -> Result<Self, HsmError> {
        Ok(Self { spki: rsa_2048(file)?, two_factor: true, quorum })
    }

    /// Whether both are the same key, whatever they are registered for.
    pub fn is_same_key(&self, other: &Self) -> bool {
        self.spki == other.spki
    }

    /// Whether this is the key's signature of data whose SHA-256 digest is given (RSASSA-PKCS1-v1_5, documented).
    pub fn verifies(&self, digest: &[u8; 32], signature: &[u8]) -> bool {
        let key = PublicKey::from_spki(&self.spki);
        key.is_ok_and(|key| key.verify(Scheme::Pkcs1(Hash::Sha256), digest, signature).is_ok())
    }
}

fn rsa_2048(file: &[u8]) -> Result<Vec<u8>, HsmError> {
    let entries = keyfile::read(file, None).map_err(|_| HsmError::InvalidPublicKey)?;
    let [entry] = &entries[..] else { return Err(HsmError::InvalidPublicKey) };
    match &entry.content {
        Content::PublicKey(keyfile::PublicKey::Rsa(key)) if key.bits() == BITS => {
            key.to_spki().map_err(|_| HsmError::InvalidPublicKey)
        }
        Content::PublicKey(_) | Content::PrivateKey(_) | Content::Certificate(_) => Err(HsmError::InvalidPublicKey),
    }
}

#[cfg(test)]
mod tests {
    use crypto::asymmetric::{ec, rsa};
    use crypto::sha256;

    use super::*;

    fn pem(key: &keyfile::PublicKey) -> String {
        key.to_pem().unwrap()
    }

    #[test]
    fn only_rsa_with_2048_bits() {
        let small = rsa::PrivateKey::generate(1024, &rsa::F4).unwrap();
        let curve = crypto::asymmetric::curve::Curve::P256;
        let ec = ec::PrivateKey::generate(curve, &crypto::Entropy::seeded(1)).unwrap();
        for file in [
            pem(&keyfile::PublicKey::Rsa(small.public_key().unwrap())),
            pem(&keyfile::PublicKey::Ec(ec.public_key().unwrap())),
            "no key".to_owned(),
            String::new(),
        ] {
            assert_eq!(SigningKey::for_quorum(file.as_bytes()), Err(HsmError::InvalidPublicKey), "{file}");
        }
    }

    #[test]
    fn signatures() {
        let private = rsa::PrivateKey::generate(2048, &rsa::F4).unwrap();
        let file = pem(&keyfile::PublicKey::Rsa(private.public_key().unwrap()));
        let key = SigningKey::for_quorum(file.as_bytes()).unwrap();
        let digest = sha256(b"a token");
        let signature = private.sign(Scheme::Pkcs1(Hash::Sha256), &digest).unwrap();
        assert!(key.verifies(&digest, &signature));
        assert!(!key.verifies(&sha256(b"another"), &signature));
        assert!(!key.verifies(&digest, &signature[1..]));
        assert!(key.is_same_key(&SigningKey::for_two_factor(file.as_bytes(), false).unwrap()));
    }
}
