//! AES-GCM inside the HSM, and its random numbers.

use crypto::SecretBytes;

use crate::client::Access;
use crate::error::{HsmError, Result};
use crate::object::{Flags, Handle};

/// The most data that one AES-GCM call carries (documented).
const DATA_LIMIT: usize = 16 * 1024;

/// The most random bytes that one call returns (inferred).
const RANDOM_LIMIT: usize = 16 * 1024;

/// An AES-GCM ciphertext.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gcm {
    /// Made by the HSM.
    pub iv: [u8; 12],
    /// Ciphertext followed by the 16-byte tag.
    pub ciphertext: Vec<u8>,
}

impl Access {
    /// Encrypts with AES-GCM under an IV that the HSM makes.
    ///
    /// # Errors
    /// [`HsmError::InvalidHandle`], [`HsmError::KeyAccessDenied`], [`HsmError::PolicyViolation`] when the key is not for
    /// encryption, [`HsmError::DataTooLong`] above 16 KiB, or no node can be used.
    pub fn encrypt(&self, handle: Handle, aad: &[u8], plaintext: &[u8]) -> Result<Gcm> {
        if plaintext.len() > DATA_LIMIT {
            return Err(HsmError::DataTooLong.into());
        }
        let key = self.aes_key(handle, Flags::ENCRYPT)?;
        let iv = self.world().iv();
        Ok(Gcm { iv, ciphertext: key.seal(&iv, aad, plaintext) })
    }

    /// Decrypts what [`Access::encrypt`] made under the same key and additional data.
    ///
    /// # Errors
    /// [`HsmError::InvalidCiphertext`], and as [`Access::encrypt`].
    pub fn decrypt(&self, handle: Handle, iv: &[u8; 12], aad: &[u8], ciphertext: &[u8]) -> Result<SecretBytes> {
        if ciphertext.len() > DATA_LIMIT + 16 {
            return Err(HsmError::DataTooLong.into());
        }
        let key = self.aes_key(handle, Flags::DECRYPT)?;
        key.open(iv, aad, ciphertext).map_err(|_| HsmError::InvalidCiphertext.into())
    }

    /// Random bytes from an HSM, at most 16 KiB.
    ///
    /// # Errors
    /// [`HsmError::DataTooLong`], or no node can be used.
    pub fn random(&self, count: usize) -> Result<Vec<u8>> {
        if count > RANDOM_LIMIT {
            return Err(HsmError::DataTooLong.into());
        }
        self.require_node()?;
        let mut bytes = vec![0; count];
        self.world().entropy().fill(&mut bytes);
        Ok(bytes)
    }
}
