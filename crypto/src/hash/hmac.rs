//! HMAC (RFC 2104, FIPS 198-1) over every digest.
//!
//! Written over [`Hasher`] because the one crate that takes SHA-3 keeps the padded key in memory that it does not wipe. A parsed key holds the two
//! digest states after the key's block, so a tag costs two copies of a state and no work on the key.

use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

use super::{Hash, Hasher, Output};
use crate::{Error, Result, symmetric::check_tag};

/// A parsed HMAC key, cheap to clone and shared between threads. A key of any length is valid.
#[derive(Clone)]
pub struct Hmac(Arc<HmacContext>);

impl Hmac {
    /// Parses a key.
    #[must_use]
    pub fn new(hash: Hash, key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0; 144]);
        let block = &mut block[..hash.block_len()];
        if key.len() > block.len() {
            let digest = hash.digest(key);
            block[..digest.len()].copy_from_slice(&digest);
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let mut keyed = |pad: u8| {
            block.iter_mut().for_each(|byte| *byte ^= pad);
            let mut state = Hasher::new(hash);
            state.update(block);
            state
        };
        Self(Arc::new(HmacContext { inner: keyed(0x36), outer: keyed(0x36 ^ 0x5c) }))
    }

    /// The digest under the code.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.0.hash()
    }

    /// The whole tag of `data`; a general-length mechanism sends its first bytes.
    #[must_use]
    pub fn sign(&self, data: &[u8]) -> Output {
        let mut context = self.start();
        context.update(data);
        context.finish()
    }

    /// Checks the first `length` bytes of the tag of `data`, in constant time.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a `length` of 0 or beyond the tag, [`Error::SignatureLength`] when `tag` has another length,
    /// [`Error::SignatureInvalid`] when it is wrong.
    pub fn verify(&self, data: &[u8], tag: &[u8], length: usize) -> Result<()> {
        let mut context = self.start();
        context.update(data);
        context.verify(tag, length)
    }

    /// Starts the code of data that arrives in pieces.
    #[must_use]
    pub fn start(&self) -> HmacContext {
        HmacContext::clone(&self.0)
    }
}

impl fmt::Debug for Hmac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hmac({:?}, <redacted>)", self.hash())
    }
}

/// A running HMAC.
#[derive(Clone)]
pub struct HmacContext {
    inner: Hasher,
    outer: Hasher,
}

impl HmacContext {
    /// The digest under the code.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.inner.hash()
    }

    /// Adds `data`.
    pub fn update(&mut self, data: &[u8]) {
        self.inner.update(data);
    }

    /// The whole tag of all that was added.
    #[must_use]
    pub fn finish(mut self) -> Output {
        self.outer.update(&self.inner.finish());
        self.outer.finish()
    }

    /// Checks the first `length` bytes of the tag, in constant time.
    ///
    /// # Errors
    /// As [`Hmac::verify`].
    pub fn verify(self, tag: &[u8], length: usize) -> Result<()> {
        if length == 0 || length > self.hash().output_len() {
            return Err(Error::Parameter { parameter: "MAC length" });
        }
        check_tag(&self.finish()[..length], tag)
    }
}

impl fmt::Debug for HmacContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HmacContext({:?}, <redacted>)", self.inner.hash())
    }
}
