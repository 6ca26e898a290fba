//! Digests: one-shot ([`Hash::digest`]), in pieces ([`Hasher`]) and keyed ([`Hmac`]).
//!
//! One-shot digests come from ring, then AWS-LC, then RustCrypto, whoever has the algorithm first; only SHA-1 does not come from ring, which leaves
//! the processor's instructions for it unused and takes four times as long (measured). Running digests are RustCrypto's throughout, as
//! fast as the others on this hardware, because only they can be saved and restored (PKCS#11 `C_GetOperationState`).

mod hmac;
mod running;
mod shake;

use std::{fmt, ops::Deref};

use aws_lc_rs::digest as aws_lc;
use ring::digest as ring;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

pub use self::{
    hmac::{Hmac, HmacContext},
    running::Hasher,
    shake::{Shake, shake},
};

/// A digest algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Hash {
    /// Broken; for what old clients still ask.
    Md5,
    /// Broken for signatures; still a sound HMAC.
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512_224,
    Sha512_256,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
}

impl Hash {
    /// Every algorithm.
    pub const ALL: [Self; 12] = [
        Self::Md5,
        Self::Sha1,
        Self::Sha224,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
        Self::Sha512_224,
        Self::Sha512_256,
        Self::Sha3_224,
        Self::Sha3_256,
        Self::Sha3_384,
        Self::Sha3_512,
    ];

    /// Length of a digest in bytes.
    #[must_use]
    pub const fn output_len(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 | Self::Sha512_224 | Self::Sha3_224 => 28,
            Self::Sha256 | Self::Sha512_256 | Self::Sha3_256 => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 => 64,
        }
    }

    /// Length of the blocks in which data is digested, in bytes; HMAC pads keys to it.
    #[must_use]
    pub const fn block_len(self) -> usize {
        match self {
            Self::Md5 | Self::Sha1 | Self::Sha224 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 | Self::Sha512_224 | Self::Sha512_256 => 128,
            Self::Sha3_224 => 144,
            Self::Sha3_256 => 136,
            Self::Sha3_384 => 104,
            Self::Sha3_512 => 72,
        }
    }

    /// The digest of `data`.
    #[must_use]
    pub fn digest(self, data: &[u8]) -> Output {
        let ring = |algorithm| Output::new(ring::digest(algorithm, data).as_ref());
        let aws_lc = |algorithm| Output::new(aws_lc::digest(algorithm, data).as_ref());
        match self {
            Self::Sha256 => ring(&ring::SHA256),
            Self::Sha384 => ring(&ring::SHA384),
            Self::Sha512 => ring(&ring::SHA512),
            Self::Sha512_256 => ring(&ring::SHA512_256),
            Self::Sha1 => aws_lc(&aws_lc::SHA1_FOR_LEGACY_USE_ONLY),
            Self::Sha224 => aws_lc(&aws_lc::SHA224),
            Self::Sha3_256 => aws_lc(&aws_lc::SHA3_256),
            Self::Sha3_384 => aws_lc(&aws_lc::SHA3_384),
            Self::Sha3_512 => aws_lc(&aws_lc::SHA3_512),
            Self::Md5 | Self::Sha512_224 | Self::Sha3_224 => {
                let mut hasher = Hasher::new(self);
                hasher.update(data);
                hasher.finish()
            }
        }
    }
}

/// A digest or a message authentication code: up to 64 bytes, held inline, wiped on drop, compared in constant time.
#[derive(Clone)]
pub struct Output {
    bytes: [u8; Self::MAX],
    length: usize,
}

impl Output {
    /// The longest.
    pub const MAX: usize = 64;

    /// Copies the output of a primitive, none of which is longer than [`Output::MAX`].
    pub(crate) fn new(output: &[u8]) -> Self {
        let mut bytes = [0; Self::MAX];
        bytes[..output.len()].copy_from_slice(output);
        Self { bytes, length: output.len() }
    }
}

impl Deref for Output {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl AsRef<[u8]> for Output {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl PartialEq for Output {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for Output {}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Output(<{} bytes>)", self.length)
    }
}
