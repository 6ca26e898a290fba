//! The standard encodings of RSA keys: PKCS#1 (RFC 8017 appendix A.1), PKCS#8 and `SubjectPublicKeyInfo`.

use der::{
    Decode, Encode,
    asn1::{AnyRef, ObjectIdentifier, UintRef},
};
use pkcs1::{RsaPrivateKeyRef, RsaPublicKeyRef};

use super::{super::encoding, Components, Import, PrivateKey, PublicKey};
use crate::{Error, Result, SecretBytes};

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const WRITE: Error = Error::Primitive { operation: "write an RSA key" };

impl PrivateKey {
    /// Reads a DER `RSAPrivateKey` of two primes.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`], [`Error::KeySize`].
    pub fn from_pkcs1(document: &[u8]) -> Result<Self> {
        let key = RsaPrivateKeyRef::from_der(document)
            .map_err(|_| Error::KeyMaterial { problem: "it is not an RSAPrivateKey" })?;
        if key.other_prime_infos.is_some() {
            return Err(Error::KeyMaterial { problem: "it has more than two primes" });
        }
        Self::import(&Import {
            modulus: key.modulus.as_bytes(),
            public_exponent: key.public_exponent.as_bytes(),
            private_exponent: key.private_exponent.as_bytes(),
            primes: Some((key.prime1.as_bytes(), key.prime2.as_bytes())),
            crt: Some((key.exponent1.as_bytes(), key.exponent2.as_bytes(), key.coefficient.as_bytes())),
        })
    }

    /// Reads an unencrypted PKCS#8 document.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`], [`Error::KeySize`].
    pub fn from_pkcs8(document: &[u8]) -> Result<Self> {
        Self::from_pkcs1(encoding::Envelope::private(document)?.expect(RSA_ENCRYPTION)?)
    }

    /// The DER `RSAPrivateKey`.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn to_pkcs1(&self) -> Result<SecretBytes> {
        let parts: Components = self.components();
        let key = RsaPrivateKeyRef {
            modulus: uint(&parts.modulus)?,
            public_exponent: uint(&parts.public_exponent)?,
            private_exponent: uint(parts.private_exponent.expose())?,
            prime1: uint(parts.prime_1.expose())?,
            prime2: uint(parts.prime_2.expose())?,
            exponent1: uint(parts.exponent_1.expose())?,
            exponent2: uint(parts.exponent_2.expose())?,
            coefficient: uint(parts.coefficient.expose())?,
            other_prime_infos: None,
        };
        key.to_der().map(SecretBytes::new).map_err(|_| WRITE)
    }

    /// The unencrypted PKCS#8 document.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn to_pkcs8(&self) -> Result<SecretBytes> {
        encoding::private(RSA_ENCRYPTION, Some(AnyRef::NULL), self.to_pkcs1()?.expose())
    }
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`], [`Error::KeySize`].
    pub fn from_spki(document: &[u8]) -> Result<Self> {
        let key = RsaPublicKeyRef::from_der(encoding::Envelope::public(document)?.expect(RSA_ENCRYPTION)?)
            .map_err(|_| Error::KeyMaterial { problem: "it is not an RSAPublicKey" })?;
        Self::new(key.modulus.as_bytes(), key.public_exponent.as_bytes())
    }

    /// The `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn to_spki(&self) -> Result<Vec<u8>> {
        let (modulus, exponent) = (self.modulus(), self.exponent());
        let key = RsaPublicKeyRef { modulus: uint(&modulus)?, public_exponent: uint(&exponent)? };
        encoding::public(RSA_ENCRYPTION, Some(AnyRef::NULL), &key.to_der().map_err(|_| WRITE)?)
    }
}

fn uint(bytes: &[u8]) -> Result<UintRef<'_>> {
    UintRef::new(bytes).map_err(|_| WRITE)
}
