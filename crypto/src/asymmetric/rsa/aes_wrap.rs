//! Keys of any size under an RSA key: a fresh AES key under OAEP, and the key to transport under that AES key with KWP (PKCS#11 v3.1 §6.1.25,
//! `CKM_RSA_AES_KEY_WRAP`).

use super::{Encryption, Oaep, PrivateKey, PublicKey};
use crate::{
    Entropy, Error, Result, SecretBytes,
    symmetric::{AesKey, KeyWrap},
};

impl PublicKey {
    /// Wraps data of 1 byte or more with a fresh AES key of 128, 192 or 256 bits.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another size of AES key, [`Error::DataLength`] for empty data, [`Error::KeySize`] when the modulus is too small for
    /// the hash and the AES key.
    pub fn wrap_with_aes(&self, aes_bits: usize, oaep: Oaep<'_>, data: &[u8], entropy: &Entropy) -> Result<Vec<u8>> {
        if !matches!(aes_bits, 128 | 192 | 256) {
            return Err(Error::Parameter { parameter: "AES key size" });
        }
        let mut key = SecretBytes::new(vec![0; aes_bits / 8]);
        if self.capacity(Encryption::Oaep(oaep))? < key.len() {
            return Err(Error::KeySize { bits: self.bits() });
        }
        entropy.fill(key.expose_mut());
        let wrapped = AesKey::new(key.expose())?.wrap(KeyWrap::KWP, data)?;
        Ok([self.encrypt(Encryption::Oaep(oaep), key.expose())?, wrapped].concat())
    }
}

impl PrivateKey {
    /// The data that was wrapped.
    ///
    /// # Errors
    /// [`Error::CiphertextLength`] when it is too short to be wrapped data, [`Error::CiphertextInvalid`] when either half does not decrypt.
    pub fn unwrap_with_aes(&self, oaep: Oaep<'_>, wrapped: &[u8]) -> Result<SecretBytes> {
        let length = || Error::CiphertextLength { bytes: wrapped.len() };
        let (key, data) = wrapped.split_at_checked(self.size()).ok_or_else(length)?;
        let key = self.decrypt(Encryption::Oaep(oaep), key)?;
        let key = AesKey::new(key.expose()).map_err(|_| Error::CiphertextInvalid)?;
        key.unwrap(KeyWrap::KWP, data).map_err(|error| match error {
            Error::CiphertextLength { .. } => length(),
            other => other,
        })
    }
}
