//! RSA encryption: PKCS#1 v1.5, OAEP with any pair of hashes, and the bare operation (PKCS#11 v3.1 §6.1.6, §6.1.8, §6.1.11; RFC 8017 §7).

use super::{PrivateKey, PublicKey, sign::left_pad};
use crate::{
    Error, Result, SecretBytes,
    hash::Hash,
    raw::{Key, Padding, Scheme},
};

/// An encryption scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption<'a> {
    /// PKCS#1 v1.5 of up to the modulus less 11 bytes. Whoever tells a client that the padding was wrong makes an oracle of the key, as real
    /// hardware does that follows the standard.
    Pkcs1,
    /// OAEP of up to the modulus less two hashes less 2 bytes.
    Oaep(Oaep<'a>),
    /// The bare operation on a number of up to the length of the modulus, padded with zeros on its left (`CKM_RSA_X_509`).
    Bare,
}

/// The parameters of OAEP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Oaep<'a> {
    /// The hash of the label.
    pub hash: Hash,
    /// The hash of the mask generation.
    pub mgf: Hash,
    /// The label, `pSourceData` in PKCS#11; mostly empty.
    pub label: &'a [u8],
}

impl PublicKey {
    /// The ciphertext, as long as the modulus.
    ///
    /// # Errors
    /// [`Error::DataLength`] when the plaintext is too long for the modulus, [`Error::DataInvalid`] when it is a number not below it,
    /// [`Error::KeySize`] when the modulus is too small for the hash.
    pub fn encrypt(&self, scheme: Encryption<'_>, plaintext: &[u8]) -> Result<Vec<u8>> {
        let key = &self.0;
        let mut ciphertext = vec![0; key.size()];
        let failed = Error::Primitive { operation: "encrypt with an RSA key" };
        match raw(scheme) {
            Some(raw) => {
                if plaintext.len() > capacity(key, scheme)? {
                    return Err(Error::DataLength { bytes: plaintext.len() });
                }
                key.encrypt(raw, plaintext, &mut ciphertext).ok_or(failed)?;
            }
            None => {
                let padded = SecretBytes::new(left_pad(key, plaintext)?);
                key.verify_raw(Padding::None, padded.expose(), &mut ciphertext).ok_or(Error::DataInvalid)?;
            }
        }
        Ok(ciphertext)
    }

    /// The longest plaintext that the scheme takes with this key, in bytes.
    ///
    /// # Errors
    /// [`Error::KeySize`] when the modulus is too small for the hash.
    pub fn capacity(&self, scheme: Encryption<'_>) -> Result<usize> {
        capacity(&self.0, scheme)
    }
}

impl PrivateKey {
    /// The plaintext; a bare one is as long as the modulus.
    ///
    /// # Errors
    /// [`Error::CiphertextLength`] unless the ciphertext is as long as the modulus, [`Error::CiphertextInvalid`] when it does not decrypt to a
    /// well-padded plaintext, [`Error::KeySize`] when the modulus is too small for the hash.
    pub fn decrypt(&self, scheme: Encryption<'_>, ciphertext: &[u8]) -> Result<SecretBytes> {
        let key = &self.0;
        if ciphertext.len() != key.size() {
            return Err(Error::CiphertextLength { bytes: ciphertext.len() });
        }
        capacity(key, scheme)?;
        let mut plaintext = SecretBytes::new(vec![0; key.size()]);
        let out = plaintext.expose_mut();
        let length = match raw(scheme) {
            Some(raw) => key.decrypt(raw, ciphertext, out),
            None => key.sign_raw(Padding::None, ciphertext, out).map(|()| key.size()),
        };
        let length = length.ok_or(Error::CiphertextInvalid)?;
        plaintext.truncate(length);
        Ok(plaintext)
    }
}

/// The scheme in the library's words; the bare operation is none of its schemes.
fn raw(scheme: Encryption<'_>) -> Option<Scheme<'_>> {
    match scheme {
        Encryption::Pkcs1 => Some(Scheme::Pkcs1),
        Encryption::Oaep(Oaep { hash, mgf, label }) => Some(Scheme::Oaep { hash, mgf, label }),
        Encryption::Bare => None,
    }
}

fn capacity(key: &Key, scheme: Encryption<'_>) -> Result<usize> {
    let overhead = match scheme {
        Encryption::Pkcs1 => 11,
        Encryption::Oaep(Oaep { hash, .. }) => 2 * hash.output_len() + 2,
        Encryption::Bare => 0,
    };
    key.size().checked_sub(overhead).ok_or(Error::KeySize { bits: key.bits() })
}
