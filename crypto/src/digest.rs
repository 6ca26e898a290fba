//! Digests, HMAC and the key check value.
//!
//! Digests of public data come from ring; whatever holds a key comes from AWS-LC, which wipes its contexts.

use std::fmt;

use aws_lc_rs::{
    cipher::{AES_128, AES_192, AES_256, EncryptingKey, UnboundCipherKey},
    hmac,
};
use ring::digest;

use crate::{Error, Result, SecretBytes};

/// SHA-256 of `data`.
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; 32] {
    array(digest::digest(&digest::SHA256, data).as_ref())
}

/// SHA-1 of `data`, for key identifiers and other names; it protects nothing.
#[must_use]
pub fn sha1(data: &[u8]) -> [u8; 20] {
    array(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, data).as_ref())
}

/// SHA-256 of data that arrives in pieces.
#[derive(Clone)]
pub struct Sha256(digest::Context);

impl Sha256 {
    /// Starts a digest.
    #[must_use]
    pub fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    /// Adds `data`.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The digest of all that was added.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        array(self.0.finish().as_ref())
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sha256(..)")
    }
}

/// HMAC-SHA-256 of `data` (RFC 2104).
#[must_use]
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    HmacKey::new(key).sign(data)
}

/// The key that signs requests of one day, Region and service under AWS Signature Version 4 (documented): a chain of HMACs that begins
/// with the access key's secret. `date` is `YYYYMMDD`.
#[must_use]
pub fn sigv4_key(secret: &str, date: &str, region: &str, service: &str) -> SecretBytes {
    let secret = SecretBytes::new(format!("AWS4{secret}").into_bytes());
    [date, region, service, "aws4_request"]
        .iter()
        .fold(secret, |key, part| SecretBytes::new(hmac_sha256(key.expose(), part.as_bytes()).to_vec()))
}

/// A parsed HMAC-SHA-256 key, for many tags under one key. A key of any length is valid.
#[derive(Clone)]
pub struct HmacKey(hmac::Key);

impl HmacKey {
    /// Parses a key.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The tag of `data`.
    #[must_use]
    pub fn sign(&self, data: &[u8]) -> [u8; 32] {
        array(hmac::sign(&self.0, data).as_ref())
    }

    /// Whether `tag` is the whole tag of `data`, compared in constant time.
    #[must_use]
    pub fn verify(&self, data: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.0, data, tag).is_ok()
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey(<redacted>)")
    }
}

/// The key check value of an AES key: the first three bytes of the encryption of a block of zeros (PKCS#11 `CKA_CHECK_VALUE`).
///
/// # Errors
/// [`Error::AesKeyLength`] unless the key has 16, 24 or 32 bytes.
pub fn aes_kcv(key: &[u8]) -> Result<[u8; 3]> {
    let algorithm = match key.len() {
        16 => &AES_128,
        24 => &AES_192,
        32 => &AES_256,
        bytes => return Err(Error::AesKeyLength { bytes }),
    };
    let mut block = [0; 16];
    UnboundCipherKey::new(algorithm, key)
        .and_then(EncryptingKey::ecb)
        .and_then(|key| key.encrypt(&mut block).map(drop))
        .map_err(|_| Error::Primitive { operation: "encrypt a block" })?;
    Ok([block[0], block[1], block[2]])
}

/// The output of an algorithm whose length is `N`.
fn array<const N: usize>(output: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(output);
    array
}
