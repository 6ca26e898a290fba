//! PBKDF2 (RFC 8018; PKCS#11 `CKM_PKCS5_PBKD2`), over HMAC with any digest. AWS-LC is the faster one for the digests that it has.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA384, PBKDF2_HMAC_SHA512};

use super::check_length;
use crate::{
    Result, SecretBytes,
    hash::{Hash, Hmac},
};

/// A key of `length` bytes from a password.
///
/// # Errors
/// [`crate::Error::KeySize`] for more than [`super::MAX_OUTPUT`].
pub fn pbkdf2(hash: Hash, password: &[u8], salt: &[u8], iterations: NonZeroU32, length: usize) -> Result<SecretBytes> {
    check_length(length)?;
    let mut out = SecretBytes::new(vec![0; length]);
    let algorithm = match hash {
        Hash::Sha1 => Some(PBKDF2_HMAC_SHA1),
        Hash::Sha256 => Some(PBKDF2_HMAC_SHA256),
        Hash::Sha384 => Some(PBKDF2_HMAC_SHA384),
        Hash::Sha512 => Some(PBKDF2_HMAC_SHA512),
        _ => None,
    };
    match algorithm {
        // An empty output is refused there.
        Some(algorithm) if length > 0 => pbkdf2::derive(algorithm, iterations, salt, password, out.expose_mut()),
        _ => over_hmac(&Hmac::new(hash, password), salt, iterations, out.expose_mut()),
    }
    Ok(out)
}

fn over_hmac(password: &Hmac, salt: &[u8], iterations: NonZeroU32, out: &mut [u8]) {
    for (counter, chunk) in (1_u32..).zip(out.chunks_mut(password.hash().output_len())) {
        let mut context = password.start();
        context.update(salt);
        context.update(&counter.to_be_bytes());
        let mut block = context.finish();
        chunk.copy_from_slice(&block[..chunk.len()]);
        for _ in 1..iterations.get() {
            block = password.sign(&block);
            chunk.iter_mut().zip(&*block).for_each(|(byte, with)| *byte ^= with);
        }
    }
}
