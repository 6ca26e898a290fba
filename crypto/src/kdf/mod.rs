//! Keys from keys, from shared secrets and from passwords.
//!
//! The functions take and give bytes; which key may be derived from which is the caller's matter. A length that a function cannot make is
//! [`crate::Error::KeySize`].

pub mod tls12;

mod encrypt_data;
mod hkdf;
mod one_step;
mod pbkdf2;
mod simple;
mod sp800_108;

pub use self::{
    encrypt_data::encrypt_data,
    hkdf::{hkdf, hkdf_expand, hkdf_extract},
    one_step::{OneStep, one_step},
    pbkdf2::pbkdf2,
    simple::{concatenate, extract_bits, hash_key, xor},
    sp800_108::{Field, IntegerFormat, LengthMethod, Mode, sp800_108},
};

use crate::{Error, Result};

/// The longest output in bytes, all keys of a call together: far more than any key needs, and little enough that no request can exhaust memory
/// (inferred).
pub const MAX_OUTPUT: usize = 64 * 1024;

/// A key of `bytes` bytes cannot be made.
fn too_long(bytes: usize) -> Error {
    Error::KeySize { bits: bytes.saturating_mul(8) }
}

fn check_length(bytes: usize) -> Result<()> {
    if bytes > MAX_OUTPUT { Err(too_long(bytes)) } else { Ok(()) }
}
