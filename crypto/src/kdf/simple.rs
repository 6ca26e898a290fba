//! The simple derivations of PKCS#11: `CKM_CONCATENATE_*`, `CKM_XOR_BASE_AND_DATA`, `CKM_EXTRACT_KEY_FROM_KEY`, `CKM_SHA256_KEY_DERIVATION` and its kin.

use super::too_long;
use crate::{Error, Result, SecretBytes, hash::Hash};

/// One after the other.
#[must_use]
pub fn concatenate(first: &[u8], second: &[u8]) -> SecretBytes {
    SecretBytes::new([first, second].concat())
}

/// The exclusive or, as long as the shorter of the two.
#[must_use]
pub fn xor(base: &[u8], data: &[u8]) -> SecretBytes {
    SecretBytes::new(base.iter().zip(data).map(|(base, data)| base ^ data).collect())
}

/// `length` bytes from bit `first` on, bit 0 being the highest of the first byte; after the last bit comes the first.
///
/// # Errors
/// [`Error::Parameter`] when the base has no such bit, [`Error::KeySize`] when it is shorter than the key.
pub fn extract_bits(base: &[u8], first: usize, length: usize) -> Result<SecretBytes> {
    if first / 8 >= base.len() {
        return Err(Error::Parameter { parameter: "bit position" });
    }
    if length > base.len() {
        return Err(too_long(length));
    }
    let (byte, bit) = (first / 8, first % 8);
    let pairs = base.iter().cycle().zip(base.iter().cycle().skip(1)).skip(byte).take(length);
    // The upper byte of a shifted pair.
    let bytes = pairs.map(|(high, low)| (u16::from_be_bytes([*high, *low]) << bit).to_be_bytes()[0]);
    Ok(SecretBytes::new(bytes.collect()))
}

/// The first `length` bytes of the digest of a key.
///
/// # Errors
/// [`Error::KeySize`] when the digest is shorter.
pub fn hash_key(hash: Hash, key: &[u8], length: usize) -> Result<SecretBytes> {
    hash.digest(key).get(..length).map(SecretBytes::from).ok_or_else(|| too_long(length))
}
