//! A digest over a counter, a shared secret and what both sides know of each other, as often as needed: the key derivation after a key agreement
//! (PKCS#11 `CKD_SHA256_KDF`, `CKD_SHA256_KDF_SP800` and their kin).

use super::check_length;
use crate::{
    Result, SecretBytes,
    hash::{Hash, Hasher},
};

/// Which of the two orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OneStep {
    /// ANSI X9.63 and SEC 1: secret, counter, information.
    X963,
    /// SP 800-56A with a digest: counter, secret, information.
    Sp800_56a,
}

/// A key of `length` bytes from a shared secret.
///
/// # Errors
/// [`crate::Error::KeySize`] for more than [`super::MAX_OUTPUT`].
pub fn one_step(order: OneStep, hash: Hash, secret: &[u8], info: &[u8], length: usize) -> Result<SecretBytes> {
    check_length(length)?;
    let mut out = SecretBytes::new(vec![0; length]);
    for (counter, chunk) in (1_u32..).zip(out.expose_mut().chunks_mut(hash.output_len())) {
        let counter = counter.to_be_bytes();
        let [first, second] = match order {
            OneStep::X963 => [secret, &counter],
            OneStep::Sp800_56a => [&counter, secret],
        };
        let mut hasher = Hasher::new(hash);
        hasher.update(first);
        hasher.update(second);
        hasher.update(info);
        chunk.copy_from_slice(&hasher.finish()[..chunk.len()]);
    }
    Ok(out)
}
