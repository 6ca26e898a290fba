//! X25519 key agreement (RFC 7748, PKCS#11 v3.1 §6.3.18 with a Montgomery key).

use std::fmt;

use aws_lc_rs::agreement::{self, UnparsedPublicKey, X25519};
use der::asn1::ObjectIdentifier;

use super::{
    curve::{Params, unwrap_bytes},
    encoding::{self, Envelope},
};
use crate::{Entropy, Error, Result, SecretBytes};

const ALGORITHM: ObjectIdentifier = Params::Curve25519.oid();
const REJECTED: Error = Error::KeyMaterial { problem: "an X25519 key has 32 bytes" };

/// An X25519 private key with its public key.
pub struct PrivateKey {
    bytes: SecretBytes,
    public: [u8; 32],
    key: agreement::PrivateKey,
}

impl PrivateKey {
    /// Makes a key.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn generate(entropy: &Entropy) -> Result<Self> {
        let mut bytes = SecretBytes::new(vec![0; 32]);
        entropy.fill(bytes.expose_mut());
        Self::new(bytes.expose())
    }

    /// A key from its 32 bytes.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`] for another length.
    pub fn new(bytes: &[u8]) -> Result<Self> {
        let key = agreement::PrivateKey::from_private_key(&X25519, bytes).map_err(|_| REJECTED)?;
        let public = key.compute_public_key().map_err(|_| REJECTED)?;
        let public = public.as_ref().try_into().map_err(|_| REJECTED)?;
        Ok(Self { bytes: SecretBytes::from(bytes), public, key })
    }

    /// Reads an unencrypted PKCS#8 document (RFC 8410).
    ///
    /// # Errors
    /// [`Error::KeyMaterial`].
    pub fn from_pkcs8(document: &[u8]) -> Result<Self> {
        let key = Envelope::private(document)?.expect(ALGORITHM)?;
        Self::new(encoding::octets(key).ok_or(REJECTED)?)
    }

    /// The unencrypted PKCS#8 document.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn to_pkcs8(&self) -> Result<SecretBytes> {
        let key = SecretBytes::new(encoding::octet_string(self.bytes.expose())?);
        encoding::private(ALGORITHM, None, key.expose())
    }

    /// The 32 bytes.
    #[must_use]
    pub fn bytes(&self) -> &SecretBytes {
        &self.bytes
    }

    /// The 32 bytes of the public key.
    #[must_use]
    pub fn public_bytes(&self) -> &[u8; 32] {
        &self.public
    }

    /// The shared secret with another party's 32 bytes, bare or in an OCTET STRING or BIT STRING.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another length, and for a point of low order, which would share zeros.
    pub fn agree(&self, peer: &[u8]) -> Result<SecretBytes> {
        let rejected = Error::Parameter { parameter: "public key of the other party" };
        let Some(peer) = unwrap_bytes::<32>(peer) else { return Err(rejected) };
        agreement::agree(&self.key, UnparsedPublicKey::new(&X25519, peer), rejected, |secret| {
            Ok(SecretBytes::from(secret))
        })
    }
}

/// The `SubjectPublicKeyInfo` of a public key.
///
/// # Errors
/// [`Error::Primitive`] when memory is exhausted.
pub fn to_spki(public: &[u8; 32]) -> Result<Vec<u8>> {
    encoding::public(ALGORITHM, None, public)
}

/// The 32 bytes of the public key in a `SubjectPublicKeyInfo`.
///
/// # Errors
/// [`Error::KeyMaterial`].
pub fn from_spki(document: &[u8]) -> Result<[u8; 32]> {
    Envelope::public(document)?.expect(ALGORITHM)?.try_into().map_err(|_| REJECTED)
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("x25519::PrivateKey(<redacted>)")
    }
}
