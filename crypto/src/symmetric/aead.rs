//! What the ciphers with authentication have in common: parameters, encryption in pieces, and decryption in pieces that gives out nothing before
//! the tag is checked.

use std::fmt;

use super::{
    aes::AesKey,
    ccm::Ccm,
    chacha::{ChaCha, ChaChaKey},
    gcm::Gcm,
    room,
};
use crate::{Error, Result, hash::Output};

/// Parameters of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AeadParameters<'a> {
    /// Nonce or IV, never used twice under one key.
    pub nonce: &'a [u8],
    /// Data that is authenticated but not encrypted.
    pub aad: &'a [u8],
    /// Length of the tag in bytes.
    pub tag_len: usize,
    /// Length of the plaintext where it is announced. CCM in pieces needs it, CCM in one call checks it, the others ignore it.
    pub data_len: Option<usize>,
}

impl AeadParameters<'_> {
    /// Ciphertext and tag.
    pub(super) fn split<'s>(&self, sealed: &'s [u8]) -> Result<(&'s [u8], &'s [u8])> {
        let length = sealed.len().checked_sub(self.tag_len).ok_or(Error::CiphertextLength { bytes: sealed.len() })?;
        Ok(sealed.split_at(length))
    }

    pub(super) fn check_announced(&self, length: usize, error: fn(usize) -> Error) -> Result<()> {
        if self.data_len.is_some_and(|announced| announced != length) { Err(error(length)) } else { Ok(()) }
    }
}

/// A key of a cipher with authentication, and which of them it is for.
#[derive(Debug, Clone)]
pub enum AeadKey {
    /// AES in GCM.
    AesGcm(AesKey),
    /// AES in CCM.
    AesCcm(AesKey),
    /// ChaCha20-Poly1305.
    ChaCha20Poly1305(ChaChaKey),
}

impl AeadKey {
    /// Encrypts: the ciphertext followed by the tag. Answers the length written to `out`, the sum of both.
    ///
    /// # Errors
    /// As [`AesKey::gcm_seal`], [`AesKey::ccm_seal`], [`ChaChaKey::seal`].
    pub fn seal(&self, parameters: &AeadParameters<'_>, plaintext: &[u8], out: &mut [u8]) -> Result<usize> {
        match self {
            Self::AesGcm(key) => key.gcm_seal(parameters, plaintext, out),
            Self::AesCcm(key) => key.ccm_seal(parameters, plaintext, out),
            Self::ChaCha20Poly1305(key) => key.seal(parameters, plaintext, out),
        }
    }

    /// Decrypts a ciphertext that is followed by its tag. Answers the length written to `out`.
    ///
    /// # Errors
    /// As [`AesKey::gcm_open`], [`AesKey::ccm_open`], [`ChaChaKey::open`].
    pub fn open(&self, parameters: &AeadParameters<'_>, sealed: &[u8], out: &mut [u8]) -> Result<usize> {
        match self {
            Self::AesGcm(key) => key.gcm_open(parameters, sealed, out),
            Self::AesCcm(key) => key.ccm_open(parameters, sealed, out),
            Self::ChaCha20Poly1305(key) => key.open(parameters, sealed, out),
        }
    }

    /// Decrypts a ciphertext whose tag comes apart, as messages do (PKCS#11 `C_DecryptMessage`).
    ///
    /// # Errors
    /// As [`AeadKey::open`], and [`Error::Parameter`] when the tag has not the length that the parameters tell.
    pub fn open_detached(
        &self,
        parameters: &AeadParameters<'_>,
        ciphertext: &[u8],
        tag: &[u8],
        out: &mut [u8],
    ) -> Result<usize> {
        if tag.len() != parameters.tag_len {
            return Err(Error::Parameter { parameter: "tag length" });
        }
        match self {
            Self::AesGcm(key) => key.gcm_open_detached(parameters, ciphertext, tag, out),
            Self::AesCcm(key) => key.ccm_open_detached(parameters, ciphertext, tag, out),
            Self::ChaCha20Poly1305(key) => key.open_detached(parameters, ciphertext, tag, out),
        }
    }

    /// Starts the encryption of data that arrives in pieces.
    ///
    /// # Errors
    /// [`Error::Parameter`] as [`AeadKey::seal`], and in CCM for a length that is not announced or longer than the nonce allows.
    pub fn start_sealing(&self, parameters: &AeadParameters<'_>) -> Result<Sealing> {
        Ok(Sealing(match self {
            Self::AesGcm(key) => {
                let mut gcm = Gcm::new(key.clone(), parameters.nonce, parameters.tag_len)?;
                gcm.authenticate(parameters.aad);
                Running::Gcm(gcm)
            }
            Self::AesCcm(key) => {
                let length = parameters.data_len.ok_or(Error::Parameter { parameter: "unknown data length" })?;
                Running::Ccm(Ccm::new(key.clone(), parameters, length).map_err(|error| match error {
                    Error::DataLength { .. } => Error::Parameter { parameter: "data length" },
                    error => error,
                })?)
            }
            Self::ChaCha20Poly1305(key) => Running::ChaCha(Box::new(ChaCha::new(key, parameters)?)),
        }))
    }

    /// Starts the decryption of data that arrives in pieces.
    ///
    /// # Errors
    /// [`Error::Parameter`] as [`AeadKey::start_sealing`]; in CCM the length need not be announced.
    pub fn start_opening(&self, parameters: &AeadParameters<'_>) -> Result<Opening> {
        // The checks are those of the other direction; of CCM's length, nothing is known yet.
        self.start_sealing(&AeadParameters {
            data_len: Some(parameters.data_len.unwrap_or(0)),
            aad: &[],
            ..*parameters
        })?;
        Ok(Opening {
            key: self.clone(),
            nonce: parameters.nonce.to_vec(),
            aad: parameters.aad.to_vec(),
            tag_len: parameters.tag_len,
            data_len: parameters.data_len,
            sealed: Vec::new(),
        })
    }
}

/// A running encryption.
pub struct Sealing(Running);

enum Running {
    Gcm(Gcm),
    Ccm(Ccm),
    ChaCha(Box<ChaCha>),
}

impl Sealing {
    /// Takes `input` and writes as many bytes.
    ///
    /// # Errors
    /// [`Error::OutputTooSmall`], [`Error::DataLength`]; nothing was taken.
    pub fn update(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        let out = room(out, input.len())?;
        out.copy_from_slice(input);
        match &mut self.0 {
            Running::Gcm(gcm) => gcm.encrypt(out)?,
            Running::Ccm(ccm) => ccm.encrypt(out)?,
            Running::ChaCha(chacha) => chacha.encrypt(out)?,
        }
        Ok(input.len())
    }

    /// Length of the tag in bytes.
    #[must_use]
    pub fn tag_len(&self) -> usize {
        match &self.0 {
            Running::Gcm(gcm) => gcm.tag_len(),
            Running::Ccm(ccm) => ccm.tag_len(),
            Running::ChaCha(_) => 16,
        }
    }

    /// The tag.
    ///
    /// # Errors
    /// [`Error::DataLength`] in CCM when less data came than was announced.
    pub fn finish(self) -> Result<Output> {
        let length = self.tag_len();
        let tag = match self.0 {
            Running::Gcm(gcm) => gcm.finish(),
            Running::Ccm(ccm) => ccm.finish()?,
            Running::ChaCha(chacha) => chacha.finish(),
        };
        Ok(Output::new(&tag[..length]))
    }
}

impl fmt::Debug for Sealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealing(..)")
    }
}

/// A running decryption. It keeps the ciphertext until the end.
pub struct Opening {
    key: AeadKey,
    nonce: Vec<u8>,
    aad: Vec<u8>,
    tag_len: usize,
    data_len: Option<usize>,
    sealed: Vec<u8>,
}

impl Opening {
    /// Takes ciphertext.
    pub fn update(&mut self, input: &[u8]) {
        self.sealed.extend_from_slice(input);
    }

    /// The most that [`Opening::finish`] can write.
    #[must_use]
    pub fn finish_len(&self) -> usize {
        self.sealed.len().saturating_sub(self.tag_len)
    }

    /// Writes the plaintext of all that was taken, the end of which is the tag. After [`Error::OutputTooSmall`] the call can be repeated.
    ///
    /// # Errors
    /// As [`AeadKey::open`].
    pub fn finish(&self, out: &mut [u8]) -> Result<usize> {
        self.key.open(&self.parameters(), &self.sealed, out)
    }

    /// Writes the plaintext of all that was taken; the tag comes apart.
    ///
    /// # Errors
    /// As [`AeadKey::open_detached`].
    pub fn finish_detached(&self, tag: &[u8], out: &mut [u8]) -> Result<usize> {
        self.key.open_detached(&self.parameters(), &self.sealed, tag, out)
    }

    fn parameters(&self) -> AeadParameters<'_> {
        AeadParameters { nonce: &self.nonce, aad: &self.aad, tag_len: self.tag_len, data_len: self.data_len }
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opening({:?}, {} bytes)", self.key, self.sealed.len())
    }
}
