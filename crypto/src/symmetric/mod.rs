//! Ciphers, message authentication codes and key wrapping under secret keys.
//!
//! A key is parsed once into [`AesKey`], [`DesKey`] or [`ChaChaKey`], all cheap to clone and shared between threads. One-shot calls borrow the key;
//! an operation in pieces holds a clone. Whatever makes bytes writes them into the caller's slice and answers how many; `*_len` functions tell the
//! size beforehand, and [`crate::Error::OutputTooSmall`] leaves an operation as it was.

mod aead;
mod aes;
mod block;
mod ccm;
mod chacha;
mod counter;
mod des;
mod gcm;
mod hashing;
mod mac;
mod wrap;

pub use self::{
    aead::{AeadKey, AeadParameters, Opening, Sealing},
    aes::AesKey,
    block::{BlockKey, BlockMode, BlockOperation, Direction},
    chacha::ChaChaKey,
    counter::CounterOperation,
    des::{DesKey, set_odd_parity},
    mac::{MacContext, MacKey},
    wrap::KeyWrap,
};

use subtle::ConstantTimeEq;

use crate::{Error, Result};

/// Compares a tag of known length with what a caller presents, in constant time.
pub(crate) fn check_tag(expected: &[u8], presented: &[u8]) -> Result<()> {
    if presented.len() != expected.len() {
        return Err(Error::SignatureLength { bytes: presented.len() });
    }
    if bool::from(expected.ct_eq(presented)) { Ok(()) } else { Err(Error::SignatureInvalid) }
}

/// The first `needed` bytes of the caller's buffer. Not by `ok_or`: every call passes here, and dropping an error that was not needed is a call.
fn room(out: &mut [u8], needed: usize) -> Result<&mut [u8]> {
    match out.get_mut(..needed) {
        Some(out) => Ok(out),
        None => Err(Error::OutputTooSmall { needed }),
    }
}
