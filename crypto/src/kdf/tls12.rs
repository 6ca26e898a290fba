//! The pseudo-random function of TLS 1.2 (RFC 5246 §5) and the keys made with it (PKCS#11 `CKM_TLS12_MASTER_KEY_DERIVE`,
//! `CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE`, `CKM_TLS12_KEY_AND_MAC_DERIVE`, `CKM_TLS12_KDF`, `CKM_TLS12_MAC`).

use aws_lc_rs::tls_prf::{self, P_SHA256, P_SHA384, P_SHA512};

use super::check_length;
use crate::{Error, Result, SecretBytes, hash::Hash};

/// Length of a master secret in bytes.
pub const MASTER_SECRET: usize = 48;

/// `length` bytes of `PRF(secret, label, seed)`.
///
/// # Errors
/// [`Error::HashUnsupported`] for a digest other than SHA-256, SHA-384 and SHA-512, the ones of TLS 1.2, [`Error::KeySize`] for more than
/// [`super::MAX_OUTPUT`].
pub fn prf(hash: Hash, secret: &[u8], label: &[u8], seed: &[u8], length: usize) -> Result<SecretBytes> {
    check_length(length)?;
    tls_prf::Secret::new(algorithm(hash)?, secret)
        .and_then(|secret| secret.derive(label, seed, length))
        .map(|out| SecretBytes::from(out.as_ref()))
        .map_err(|_| Error::Primitive { operation: "derive a TLS secret" })
}

/// Whether TLS 1.2 has a PRF with this digest.
///
/// # Errors
/// [`Error::HashUnsupported`].
pub fn check_hash(hash: Hash) -> Result<()> {
    algorithm(hash).map(drop)
}

fn algorithm(hash: Hash) -> Result<&'static tls_prf::Algorithm> {
    match hash {
        Hash::Sha256 => Ok(&P_SHA256),
        Hash::Sha384 => Ok(&P_SHA384),
        Hash::Sha512 => Ok(&P_SHA512),
        hash => Err(Error::HashUnsupported { hash }),
    }
}

/// The master secret of a handshake (RFC 5246 §8.1).
///
/// # Errors
/// As [`prf`].
pub fn master_secret(hash: Hash, premaster: &[u8], client_random: &[u8], server_random: &[u8]) -> Result<SecretBytes> {
    prf(hash, premaster, b"master secret", &[client_random, server_random].concat(), MASTER_SECRET)
}

/// The master secret that is bound to the whole handshake (RFC 7627 §4).
///
/// # Errors
/// As [`prf`].
pub fn extended_master_secret(hash: Hash, premaster: &[u8], session_hash: &[u8]) -> Result<SecretBytes> {
    prf(hash, premaster, b"extended master secret", session_hash, MASTER_SECRET)
}

/// `length` bytes of keys and IVs for both directions (RFC 5246 §6.3).
///
/// # Errors
/// As [`prf`].
pub fn key_block(
    hash: Hash,
    master: &[u8],
    server_random: &[u8],
    client_random: &[u8],
    length: usize,
) -> Result<SecretBytes> {
    prf(hash, master, b"key expansion", &[server_random, client_random].concat(), length)
}
