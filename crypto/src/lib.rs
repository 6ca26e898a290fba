//! The one crate that names primitive crates: ciphers, digests, signatures, password hashing, certificates and random bytes.
//!
//! Everything else in the workspace speaks to cryptography through the types here, so that the choice of an implementation is one line in one file.
//! Two rules hold throughout: every random byte comes from an [`Entropy`] that the caller passes in, and every secret has a type that is wiped on
//! drop, is compared in constant time and never shows in `Debug`.
#![deny(unsafe_code, unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

pub mod asymmetric;
pub mod hash;
pub mod kdf;
pub mod keyfile;
pub mod symmetric;
pub mod x509;

mod aead;
mod digest;
mod error;
mod key_pair;
mod password;
mod random;
mod raw;
mod secret;

pub use aead::AesGcm;
pub use digest::{HmacKey, Sha256, aes_kcv, hmac_sha256, sha1, sha256, sigv4_key};
pub use error::Error;
pub use key_pair::RsaKeyPair;
pub use password::Verifier;
pub use random::Entropy;
pub use secret::{Password, SecretBytes};

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
