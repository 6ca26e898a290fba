//! ChaCha20-Poly1305 (RFC 8439; PKCS#11 `CKM_CHACHA20_POLY1305`). AWS-LC computes it in one call; data in pieces is put together here from the
//! stream cipher and the authenticator.

use std::{fmt, sync::Arc};

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use chacha20::{
    ChaCha20,
    cipher::{KeyIvInit, StreamCipher, StreamCipherSeek},
};
use poly1305::{Poly1305, universal_hash::KeyInit};
use zeroize::{Zeroize, Zeroizing};

use super::{aead::AeadParameters, hashing::Sections, room};
use crate::{Error, Result};

const TAG: usize = 16;

/// A key of ChaCha20-Poly1305, 256 bits, cheap to clone.
#[derive(Clone)]
pub struct ChaChaKey(Arc<Parsed>);

struct Parsed {
    whole: LessSafeKey,
    bytes: Zeroizing<[u8; 32]>,
}

impl ChaChaKey {
    /// Parses a key of 32 bytes.
    ///
    /// # Errors
    /// [`Error::KeySize`] for any other length.
    pub fn new(key: &[u8]) -> Result<Self> {
        let bytes = key.try_into().map_err(|_| Error::KeySize { bits: key.len() * 8 })?;
        let whole = UnboundKey::new(&CHACHA20_POLY1305, key)
            .map_err(|_| Error::Primitive { operation: "parse a ChaCha20-Poly1305 key" })?;
        Ok(Self(Arc::new(Parsed { whole: LessSafeKey::new(whole), bytes: Zeroizing::new(bytes) })))
    }

    /// Encrypts: the ciphertext followed by the tag. Answers the length written to `out`, the sum of both.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless the nonce has 12 bytes and the tag 16, [`Error::DataLength`] for 256 GiB or more, [`Error::OutputTooSmall`].
    pub fn seal(&self, parameters: &AeadParameters<'_>, plaintext: &[u8], out: &mut [u8]) -> Result<usize> {
        let nonce = nonce(parameters)?;
        let length = plaintext.len().saturating_add(TAG);
        let (ciphertext, tag_out) = room(out, length)?.split_at_mut(plaintext.len());
        ciphertext.copy_from_slice(plaintext);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self
            .0
            .whole
            .seal_in_place_separate_tag(nonce, Aad::from(parameters.aad), ciphertext)
            .map_err(|_| Error::DataLength { bytes: plaintext.len() })?;
        tag_out.copy_from_slice(tag.as_ref());
        Ok(length)
    }

    /// Decrypts a ciphertext that is followed by its tag. Answers the length written to `out`; nothing is left there unless the tag fits.
    ///
    /// # Errors
    /// [`Error::Parameter`] as [`ChaChaKey::seal`], [`Error::CiphertextLength`] when there is no room for a tag, [`Error::NotAuthentic`],
    /// [`Error::OutputTooSmall`].
    pub fn open(&self, parameters: &AeadParameters<'_>, sealed: &[u8], out: &mut [u8]) -> Result<usize> {
        nonce(parameters)?;
        let (ciphertext, tag) = parameters.split(sealed)?;
        self.open_detached(parameters, ciphertext, tag, out)
    }

    /// As [`ChaChaKey::open`], with the tag apart.
    pub(super) fn open_detached(
        &self,
        parameters: &AeadParameters<'_>,
        ciphertext: &[u8],
        tag: &[u8],
        out: &mut [u8],
    ) -> Result<usize> {
        let nonce = Nonce::assume_unique_for_key(nonce(parameters)?);
        let out = room(out, ciphertext.len())?;
        self.0
            .whole
            .open_separate_gather(nonce, Aad::from(parameters.aad), ciphertext, tag, out)
            .map_err(|_| Error::NotAuthentic)?;
        Ok(out.len())
    }
}

impl fmt::Debug for ChaChaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChaChaKey(<redacted>)")
    }
}

fn nonce(parameters: &AeadParameters<'_>) -> Result<[u8; 12]> {
    if parameters.tag_len != TAG {
        return Err(Error::Parameter { parameter: "tag length" });
    }
    parameters.nonce.try_into().map_err(|_| Error::Parameter { parameter: "nonce length" })
}

/// A running encryption.
pub(super) struct ChaCha {
    cipher: ChaCha20,
    poly: Sections<Poly1305>,
    authenticated: u64,
    encrypted: u64,
}

impl ChaCha {
    pub(super) fn new(key: &ChaChaKey, parameters: &AeadParameters<'_>) -> Result<Self> {
        let mut cipher = ChaCha20::new(&(*key.0.bytes).into(), &nonce(parameters)?.into());
        let mut poly_key = [0; 32];
        cipher.apply_keystream(&mut poly_key);
        let mut poly = Sections::new(Poly1305::new(&poly_key.into()));
        poly_key.zeroize();
        // The data starts with the second block of the key stream.
        cipher.seek(64_u32);
        poly.update(parameters.aad);
        poly.end_section();
        Ok(Self { cipher, poly, authenticated: parameters.aad.len() as u64, encrypted: 0 })
    }

    pub(super) fn encrypt(&mut self, data: &mut [u8]) -> Result<()> {
        self.cipher.try_apply_keystream(data).map_err(|_| Error::DataLength { bytes: data.len() })?;
        self.poly.update(data);
        self.encrypted += data.len() as u64;
        Ok(())
    }

    pub(super) fn finish(self) -> [u8; TAG] {
        let lengths = u128::from(self.authenticated) | (u128::from(self.encrypted) << 64);
        self.poly.finish(lengths.to_le_bytes())
    }
}
