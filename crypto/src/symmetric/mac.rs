//! Message authentication codes: CMAC (SP 800-38B) and GMAC over AES, and one type for any running code.

use std::fmt;

use aws_lc_rs::cmac;

use super::{aes::AesKey, check_tag, gcm::Gcm};
use crate::{
    Error, Result,
    hash::{Hmac, HmacContext, Output},
};

impl AesKey {
    /// The CMAC of `data`, 16 bytes; a general-length mechanism sends its first bytes.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn cmac(&self, data: &[u8]) -> Result<Output> {
        cmac::sign(self.cmac_key()?, data).map(|tag| Output::new(tag.as_ref())).map_err(authenticate)
    }

    /// Starts the CMAC of data that arrives in pieces.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn start_cmac(&self) -> Result<MacContext> {
        Ok(MacContext(Running::Cmac(cmac::Context::with_key(self.cmac_key()?))))
    }

    /// The GMAC of `data`: GCM that encrypts nothing.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an empty IV or a tag length outside 4 to 16 bytes.
    pub fn gmac(&self, iv: &[u8], tag_len: usize, data: &[u8]) -> Result<Output> {
        let mut gcm = Gcm::new(self.clone(), iv, tag_len)?;
        gcm.authenticate(data);
        Ok(Output::new(&gcm.finish()[..tag_len]))
    }

    /// Starts the GMAC of data that arrives in pieces.
    ///
    /// # Errors
    /// As [`AesKey::gmac`].
    pub fn start_gmac(&self, iv: &[u8], tag_len: usize) -> Result<MacContext> {
        Ok(MacContext(Running::Gmac(Box::new(Gcm::new(self.clone(), iv, tag_len)?))))
    }
}

/// A key of a code that needs no IV; a pseudo-random function for the derivation of keys.
#[derive(Debug)]
pub enum MacKey {
    /// HMAC.
    Hmac(Hmac),
    /// AES-CMAC.
    Cmac(AesKey),
}

impl MacKey {
    /// Length of the whole tag in bytes.
    #[must_use]
    pub fn tag_len(&self) -> usize {
        match self {
            Self::Hmac(key) => key.hash().output_len(),
            Self::Cmac(_) => super::aes::BLOCK,
        }
    }

    /// Starts the code of data that arrives in pieces.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn start(&self) -> Result<MacContext> {
        match self {
            Self::Hmac(key) => Ok(key.start().into()),
            Self::Cmac(key) => key.start_cmac(),
        }
    }
}

/// A running code.
pub struct MacContext(Running);

enum Running {
    Hmac(Box<HmacContext>),
    Cmac(cmac::Context),
    Gmac(Box<Gcm>),
}

impl From<HmacContext> for MacContext {
    fn from(context: HmacContext) -> Self {
        Self(Running::Hmac(Box::new(context)))
    }
}

impl MacContext {
    /// Length of the whole tag in bytes.
    #[must_use]
    pub fn tag_len(&self) -> usize {
        match &self.0 {
            Running::Hmac(context) => context.hash().output_len(),
            Running::Cmac(_) => super::aes::BLOCK,
            Running::Gmac(gcm) => gcm.tag_len(),
        }
    }

    /// Adds `data`.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn update(&mut self, data: &[u8]) -> Result<()> {
        match &mut self.0 {
            Running::Hmac(context) => context.update(data),
            Running::Cmac(context) => context.update(data).map_err(authenticate)?,
            Running::Gmac(gcm) => gcm.authenticate(data),
        }
        Ok(())
    }

    /// The whole tag of all that was added.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn finish(self) -> Result<Output> {
        let length = self.tag_len();
        match self.0 {
            Running::Hmac(context) => Ok(context.finish()),
            Running::Cmac(context) => context.sign().map(|tag| Output::new(tag.as_ref())).map_err(authenticate),
            Running::Gmac(gcm) => Ok(Output::new(&gcm.finish()[..length])),
        }
    }

    /// Checks the first `length` bytes of the tag, in constant time.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a `length` of 0 or beyond the tag, [`Error::SignatureLength`] when `tag` has another length,
    /// [`Error::SignatureInvalid`] when it is wrong.
    pub fn verify(self, tag: &[u8], length: usize) -> Result<()> {
        if length == 0 || length > self.tag_len() {
            return Err(Error::Parameter { parameter: "MAC length" });
        }
        check_tag(&self.finish()?[..length], tag)
    }
}

impl fmt::Debug for MacContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacContext(..)")
    }
}

fn authenticate(_: aws_lc_rs::error::Unspecified) -> Error {
    Error::Primitive { operation: "authenticate" }
}
