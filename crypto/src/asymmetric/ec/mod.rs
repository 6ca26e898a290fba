//! Keys on Weierstrass curves: ECDSA over digests of any length, and static ECDH (PKCS#11 v3.1 §6.3, FIPS 186-5 §6, SP 800-56A).
//!
//! P-256, P-384 and P-521 are AWS-LC's; secp256k1 is RustCrypto's because it signs seven times faster, P-224 because no other safe interface has it.
//! AWS-LC signs digests of its own hashes only, so a digest is brought to the length of the curve first, which is what ECDSA does with it anyway.

mod encoding;
mod engine;
mod signature;

use std::fmt;

pub use self::signature::{signature_from_der, signature_to_der};

use self::engine::{PrivateEngine, PublicEngine};
use super::curve::Curve;
use crate::{Entropy, Error, Result, SecretBytes};

/// An elliptic-curve private key with its public point.
pub struct PrivateKey {
    curve: Curve,
    scalar: SecretBytes,
    point: Vec<u8>,
    engine: PrivateEngine,
}

/// An elliptic-curve public key.
pub struct PublicKey {
    curve: Curve,
    point: Vec<u8>,
    engine: PublicEngine,
}

impl PrivateKey {
    /// Makes a key.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn generate(curve: Curve, entropy: &Entropy) -> Result<Self> {
        let mut last = Error::Primitive { operation: "make an elliptic-curve key" };
        // The worst curve, P-256 and its 2^-32, misses almost never; a source that misses 64 times is broken.
        for _ in 0..64 {
            let mut scalar = SecretBytes::new(vec![0; curve.scalar_len()]);
            entropy.fill(scalar.expose_mut());
            if curve == Curve::P521 {
                // 521 bits are 66 bytes less 7 bits.
                scalar.expose_mut()[0] &= 1;
            }
            match Self::new(curve, scalar.expose()) {
                Ok(key) => return Ok(key),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// A key from its number, big-endian; leading zeros may be missing or too many.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`] unless the number is at least 1 and below the order of the curve.
    pub fn new(curve: Curve, number: &[u8]) -> Result<Self> {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let number = &number[zeros..];
        let missing = curve.scalar_len().checked_sub(number.len()).filter(|_| !number.is_empty());
        let missing =
            missing.ok_or(Error::KeyMaterial { problem: "the number is not between 0 and the order of the curve" })?;
        let mut scalar = SecretBytes::new(vec![0; curve.scalar_len()]);
        scalar.expose_mut()[missing..].copy_from_slice(number);
        let (engine, point) = PrivateEngine::new(curve, scalar.expose())?;
        Ok(Self { curve, scalar, point, engine })
    }

    /// The curve.
    #[must_use]
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// The number, big-endian, with the length of the curve's order.
    #[must_use]
    pub fn number(&self) -> &SecretBytes {
        &self.scalar
    }

    /// The public point, uncompressed (X9.62).
    #[must_use]
    pub fn point(&self) -> &[u8] {
        &self.point
    }

    /// The public key.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn public_key(&self) -> Result<PublicKey> {
        PublicKey::new(self.curve, &self.point)
    }

    /// The ECDSA signature r | s of a digest. Its leftmost bits count, as many as the order of the curve has.
    ///
    /// # Errors
    /// [`Error::DataLength`] for an empty digest.
    pub fn sign(&self, digest: &[u8]) -> Result<Vec<u8>> {
        if digest.is_empty() {
            return Err(Error::DataLength { bytes: 0 });
        }
        self.engine.sign(self.scalar.expose(), digest)
    }

    /// The ECDH shared secret with another party: the x coordinate, with the length of the curve's field.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless the point is one of this curve, compressed or not, and not the one at infinity.
    pub fn agree(&self, peer: &[u8]) -> Result<SecretBytes> {
        self.engine.agree(peer).ok_or(Error::Parameter { parameter: "public key of the other party" })
    }
}

impl PublicKey {
    /// A key from its point, compressed or not (X9.62), without any wrapping (see [`Curve::unwrap_point`]).
    ///
    /// # Errors
    /// [`Error::KeyMaterial`] unless it is a point of the curve, other than the one at infinity.
    pub fn new(curve: Curve, point: &[u8]) -> Result<Self> {
        let lengths = [1 + curve.scalar_len(), 1 + 2 * curve.scalar_len()];
        // The hybrid encoding and the point at infinity start otherwise.
        let known = matches!(point.first(), Some(2..=4)) && lengths.contains(&point.len());
        let rejected = Error::KeyMaterial { problem: "it is not a point of the curve" };
        let made = if known { PublicEngine::new(curve, point) } else { None };
        let (engine, point) = made.ok_or(rejected)?;
        Ok(Self { curve, point, engine })
    }

    /// The curve.
    #[must_use]
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// The point, uncompressed (X9.62).
    #[must_use]
    pub fn point(&self) -> &[u8] {
        &self.point
    }

    /// Checks an ECDSA signature of a digest: r | s, both of the same length, at most that of the curve's order (PKCS#11 v3.1 §6.3.1).
    ///
    /// # Errors
    /// [`Error::SignatureLength`], also for a shorter one that is wrong; [`Error::SignatureInvalid`]; [`Error::DataLength`] for an empty
    /// digest.
    pub fn verify(&self, digest: &[u8], signature: &[u8]) -> Result<()> {
        if digest.is_empty() {
            return Err(Error::DataLength { bytes: 0 });
        }
        let full = self.curve.scalar_len();
        let half = signature.len() / 2;
        if !signature.len().is_multiple_of(2) || half == 0 || half > full {
            return Err(Error::SignatureLength { bytes: signature.len() });
        }
        let mut padded = [0; 2 * 66];
        padded[full - half..full].copy_from_slice(&signature[..half]);
        padded[2 * full - half..2 * full].copy_from_slice(&signature[half..]);
        let valid = self.engine.verify(&self.point, digest, &padded[..2 * full]);
        match valid {
            true => Ok(()),
            false if half < full => Err(Error::SignatureLength { bytes: signature.len() }),
            false => Err(Error::SignatureInvalid),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ec::PrivateKey(<{:?}>)", self.curve)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ec::PublicKey({:?})", self.curve)
    }
}
