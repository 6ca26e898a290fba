//! RSA key pairs for certificates: those of customers' CAs, of clusters and of simulated hardware.

use std::fmt;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{KeyPair as RsaPrivate, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};

use crate::{Error, Result, SecretBytes};

/// An RSA private key and its public key.
pub struct RsaKeyPair {
    private: RsaPrivate,
    /// SubjectPublicKeyInfo, DER.
    public: Vec<u8>,
}

impl RsaKeyPair {
    /// Makes a key of 2048, 3072 or 4096 bits with the public exponent 65537. 2048 bits take about 60 ms, 4096 most of a second.
    /// The key is not repeatable, also in the deterministic mode: the library takes its own random bytes.
    ///
    /// # Errors
    /// [`Error::RsaKeySize`] for another size.
    pub fn generate(bits: u32) -> Result<Self> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            bits => return Err(Error::RsaKeySize { bits }),
        };
        let private = RsaPrivate::generate(size).map_err(|_| Error::Primitive { operation: "make an RSA key" })?;
        Self::with_public_key(private)
    }

    /// Reads an unencrypted PKCS#8 document.
    ///
    /// # Errors
    /// [`Error::RsaKeyRejected`] when it is none, holds another kind of key or an inconsistent one, or has fewer than 2048 bits.
    pub fn from_pkcs8(document: &[u8]) -> Result<Self> {
        let private = RsaPrivate::from_pkcs8(document).map_err(|_| Error::RsaKeyRejected)?;
        Self::with_public_key(private)
    }

    /// The unencrypted PKCS#8 document of the private key.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn to_pkcs8(&self) -> Result<SecretBytes> {
        let document: Pkcs8V1Der<'_> =
            self.private.as_der().map_err(|_| Error::Primitive { operation: "write an RSA key" })?;
        Ok(SecretBytes::from(document.as_ref()))
    }

    /// The public key as SubjectPublicKeyInfo, DER (RFC 5280 §4.1).
    #[must_use]
    pub fn public_key_der(&self) -> &[u8] {
        &self.public
    }

    /// Size of the modulus in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.private.public_modulus_len() * 8
    }

    /// The RSASSA-PKCS1-v1_5 signature of the SHA-256 digest of `message`.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn sign_sha256(&self, message: &[u8]) -> Result<Vec<u8>> {
        let mut signature = vec![0; self.private.public_modulus_len()];
        self.private
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Error::Primitive { operation: "sign" })?;
        Ok(signature)
    }

    fn with_public_key(private: RsaPrivate) -> Result<Self> {
        let public: PublicKeyX509Der<'_> =
            private.public_key().as_der().map_err(|_| Error::Primitive { operation: "write a public key" })?;
        let public = public.as_ref().to_vec();
        Ok(Self { private, public })
    }
}

impl fmt::Debug for RsaKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaKeyPair(<{} bits>)", self.bits())
    }
}
