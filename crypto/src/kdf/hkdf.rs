//! HKDF (RFC 5869; PKCS#11 `CKM_HKDF_DERIVE`), over any digest.

use super::too_long;
use crate::{
    Result, SecretBytes,
    hash::{Hash, Hmac, Output},
};

/// A pseudo-random key, as long as a digest, from keying material. An empty `salt` counts as zeros.
#[must_use]
pub fn hkdf_extract(hash: Hash, salt: &[u8], keying_material: &[u8]) -> SecretBytes {
    SecretBytes::from(&*Hmac::new(hash, salt).sign(keying_material))
}

/// A key of `length` bytes from a pseudo-random key.
///
/// # Errors
/// [`crate::Error::KeySize`] for more than 255 digests.
pub fn hkdf_expand(hash: Hash, pseudo_random_key: &[u8], info: &[u8], length: usize) -> Result<SecretBytes> {
    if length > 255 * hash.output_len() {
        return Err(too_long(length));
    }
    let key = Hmac::new(hash, pseudo_random_key);
    let mut out = SecretBytes::new(vec![0; length]);
    let mut previous: Option<Output> = None;
    for (counter, chunk) in (1..=255_u8).zip(out.expose_mut().chunks_mut(hash.output_len())) {
        let mut context = key.start();
        if let Some(previous) = &previous {
            context.update(previous);
        }
        context.update(info);
        context.update(&[counter]);
        let block = context.finish();
        chunk.copy_from_slice(&block[..chunk.len()]);
        previous = Some(block);
    }
    Ok(out)
}

/// Extraction, then expansion.
///
/// # Errors
/// As [`hkdf_expand`].
pub fn hkdf(hash: Hash, salt: &[u8], keying_material: &[u8], info: &[u8], length: usize) -> Result<SecretBytes> {
    hkdf_expand(hash, hkdf_extract(hash, salt, keying_material).expose(), info, length)
}
