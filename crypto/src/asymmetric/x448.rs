//! X448 key agreement (RFC 7748, PKCS#11 v3.1 §6.3.18 with a Montgomery key).

use std::fmt;

use der::asn1::ObjectIdentifier;
use subtle::ConstantTimeEq;

use super::{
    curve::{Params, unwrap_bytes},
    encoding::{self, Envelope},
};
use crate::{Entropy, Error, Result, SecretBytes};

const ALGORITHM: ObjectIdentifier = Params::Curve448.oid();
const REJECTED: Error = Error::KeyMaterial { problem: "an X448 key has 56 bytes" };

/// Length of a private key, of a public key and of a shared secret in bytes.
const KEY_LEN: usize = 56;

/// An X448 private key with its public key.
pub struct PrivateKey {
    bytes: SecretBytes,
    public: [u8; KEY_LEN],
}

impl PrivateKey {
    /// Makes a key.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn generate(entropy: &Entropy) -> Result<Self> {
        let mut bytes = SecretBytes::new(vec![0; KEY_LEN]);
        entropy.fill(bytes.expose_mut());
        Self::new(bytes.expose())
    }

    /// A key from its 56 bytes.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`] for another length.
    pub fn new(bytes: &[u8]) -> Result<Self> {
        let scalar = bytes.try_into().map_err(|_| REJECTED)?;
        let public = x448::x448_unchecked(scalar, x448::X448_BASEPOINT_BYTES);
        Ok(Self { bytes: SecretBytes::from(bytes), public })
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

    /// The 56 bytes.
    #[must_use]
    pub fn bytes(&self) -> &SecretBytes {
        &self.bytes
    }

    /// The 56 bytes of the public key.
    #[must_use]
    pub fn public_bytes(&self) -> &[u8; KEY_LEN] {
        &self.public
    }

    /// The shared secret with another party's 56 bytes, bare or in an OCTET STRING or BIT STRING.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another length, and for a point of low order, which would share zeros.
    pub fn agree(&self, peer: &[u8]) -> Result<SecretBytes> {
        let rejected = Error::Parameter { parameter: "public key of the other party" };
        let Some(peer) = unwrap_bytes::<KEY_LEN>(peer) else { return Err(rejected) };
        // `new` lets no other length in.
        let scalar = self.bytes.expose().try_into().map_err(|_| REJECTED)?;
        let secret = SecretBytes::from(x448::x448_unchecked(scalar, peer).as_slice());
        // The crate's own check knows some points of low order and not all; what they share tells them all (RFC 7748 §6.2).
        let shares_nothing: bool = secret.expose().ct_eq(&[0; KEY_LEN]).into();
        if shares_nothing { Err(rejected) } else { Ok(secret) }
    }
}

/// The `SubjectPublicKeyInfo` of a public key.
///
/// # Errors
/// [`Error::Primitive`] when memory is exhausted.
pub fn to_spki(public: &[u8; KEY_LEN]) -> Result<Vec<u8>> {
    encoding::public(ALGORITHM, None, public)
}

/// The 56 bytes of the public key in a `SubjectPublicKeyInfo`.
///
/// # Errors
/// [`Error::KeyMaterial`].
pub fn from_spki(document: &[u8]) -> Result<[u8; KEY_LEN]> {
    Envelope::public(document)?.expect(ALGORITHM)?.try_into().map_err(|_| REJECTED)
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("x448::PrivateKey(<redacted>)")
    }
}
