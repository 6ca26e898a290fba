//! GCM and GMAC with IVs of any length and tags of 4 to 16 bytes (SP 800-38D). A 12-byte IV, which is nearly every one, takes AWS-LC's way in one
//! call; the rest and whatever comes in pieces is put together here from AES, the counter mode and GHASH.

use ghash::GHash;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    aead::AeadParameters,
    aes::{AesKey, BLOCK},
    counter::{Counter, xor},
    hashing::Sections,
    room,
};
use crate::{Error, Result};

/// SP 800-38D §5.2.1.1: 2^39 - 256 bits.
const MAX_DATA: u64 = (1 << 36) - 32;

/// SP 800-38D names 4, 8 and 12 to 16 bytes; PKCS#11 leaves the length free, and tags below 4 bytes protect nothing.
fn check(iv: &[u8], tag_len: usize) -> Result<()> {
    if iv.is_empty() {
        return Err(Error::Parameter { parameter: "IV length" });
    }
    if !(4..=BLOCK).contains(&tag_len) {
        return Err(Error::Parameter { parameter: "tag length" });
    }
    Ok(())
}

impl AesKey {
    /// Encrypts in GCM: the ciphertext followed by the tag. Answers the length written to `out`, the sum of both.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an empty IV or a tag length outside 4 to 16 bytes, [`Error::DataLength`] for 64 GiB or more,
    /// [`Error::OutputTooSmall`].
    pub fn gcm_seal(&self, parameters: &AeadParameters<'_>, plaintext: &[u8], out: &mut [u8]) -> Result<usize> {
        let AeadParameters { nonce, aad, tag_len, .. } = *parameters;
        check(nonce, tag_len)?;
        let length = plaintext.len().saturating_add(tag_len);
        let out = room(out, length)?;
        if let (Ok(iv), BLOCK) = (nonce.try_into(), tag_len) {
            self.gcm()?.seal_slice(iv, aad, plaintext, out)?;
            return Ok(length);
        }
        let (ciphertext, tag) = out.split_at_mut(plaintext.len());
        let mut gcm = Gcm::new(self.clone(), nonce, tag_len)?;
        gcm.authenticate(aad);
        ciphertext.copy_from_slice(plaintext);
        gcm.encrypt(ciphertext)?;
        tag.copy_from_slice(&gcm.finish()[..tag_len]);
        Ok(length)
    }

    /// Decrypts a ciphertext that is followed by its tag. Answers the length written to `out`; nothing is written unless the tag fits.
    ///
    /// # Errors
    /// [`Error::Parameter`] as [`AesKey::gcm_seal`], [`Error::CiphertextLength`] when there is no room for a tag, [`Error::NotAuthentic`],
    /// [`Error::OutputTooSmall`].
    pub fn gcm_open(&self, parameters: &AeadParameters<'_>, sealed: &[u8], out: &mut [u8]) -> Result<usize> {
        check(parameters.nonce, parameters.tag_len)?;
        let (ciphertext, tag) = parameters.split(sealed)?;
        self.gcm_open_detached(parameters, ciphertext, tag, out)
    }

    /// As [`AesKey::gcm_open`], with the tag apart; `tag` has the length that the parameters tell.
    pub(super) fn gcm_open_detached(
        &self,
        parameters: &AeadParameters<'_>,
        ciphertext: &[u8],
        tag: &[u8],
        out: &mut [u8],
    ) -> Result<usize> {
        let AeadParameters { nonce, aad, tag_len, .. } = *parameters;
        check(nonce, tag_len)?;
        let out = room(out, ciphertext.len())?;
        if let (Ok(iv), BLOCK) = (nonce.try_into(), tag_len) {
            self.gcm()?.open_slice(iv, aad, ciphertext, tag, out)?;
            return Ok(ciphertext.len());
        }
        let mut gcm = Gcm::new(self.clone(), nonce, tag_len)?;
        gcm.authenticate(aad);
        gcm.decrypt_authentic(ciphertext, tag, out)?;
        Ok(ciphertext.len())
    }
}

/// A running GCM encryption, or a running GMAC when nothing is encrypted.
pub(super) struct Gcm {
    key: AesKey,
    ghash: Sections<GHash>,
    counter: Counter,
    /// What the hash is masked with to make the tag.
    tag_mask: Zeroizing<[u8; BLOCK]>,
    tag_len: usize,
    authenticated: u64,
    encrypted: u64,
}

impl Gcm {
    pub(super) fn new(key: AesKey, iv: &[u8], tag_len: usize) -> Result<Self> {
        check(iv, tag_len)?;
        let ghash = Sections::new(key.ghash());
        let first = if iv.len() == 12 {
            let mut block = [0; BLOCK];
            block[..12].copy_from_slice(iv);
            block[BLOCK - 1] = 1;
            block
        } else {
            let mut ghash = ghash.clone();
            ghash.update(iv);
            ghash.finish(lengths(0, iv.len() as u64))
        };
        let mut counter = Counter::new(&first, 32)?;
        let mut tag_mask = Zeroizing::new([0; BLOCK]);
        counter.apply(&key, &mut *tag_mask)?;
        Ok(Self { key, ghash, counter, tag_mask, tag_len, authenticated: 0, encrypted: 0 })
    }

    pub(super) fn tag_len(&self) -> usize {
        self.tag_len
    }

    /// Adds data that is authenticated but not encrypted, all of it before the first that is encrypted.
    pub(super) fn authenticate(&mut self, data: &[u8]) {
        self.authenticated += data.len() as u64;
        self.ghash.update(data);
    }

    pub(super) fn encrypt(&mut self, data: &mut [u8]) -> Result<()> {
        self.count(data.len())?;
        self.counter.apply(&self.key, data)?;
        self.ghash.update(data);
        Ok(())
    }

    fn decrypt_authentic(mut self, ciphertext: &[u8], tag: &[u8], out: &mut [u8]) -> Result<()> {
        self.count(ciphertext.len())?;
        self.ghash.update(ciphertext);
        let Self { key, mut counter, ghash, tag_mask, tag_len, authenticated, encrypted } = self;
        let expected = masked(ghash, &tag_mask, authenticated, encrypted);
        if !bool::from(expected[..tag_len].ct_eq(tag)) {
            return Err(Error::NotAuthentic);
        }
        out.copy_from_slice(ciphertext);
        counter.apply(&key, out)
    }

    /// The whole tag, of which the first `tag_len` bytes are sent.
    pub(super) fn finish(self) -> [u8; BLOCK] {
        masked(self.ghash, &self.tag_mask, self.authenticated, self.encrypted)
    }

    /// Counts data and, before its first, closes the section that is authenticated only.
    fn count(&mut self, bytes: usize) -> Result<()> {
        let total = self.encrypted.saturating_add(bytes as u64);
        if total > MAX_DATA {
            return Err(Error::DataLength { bytes });
        }
        if self.encrypted == 0 {
            self.ghash.end_section();
        }
        self.encrypted = total;
        Ok(())
    }
}

fn masked(ghash: Sections<GHash>, mask: &[u8; BLOCK], authenticated: u64, encrypted: u64) -> [u8; BLOCK] {
    let mut tag = ghash.finish(lengths(authenticated, encrypted));
    xor(&mut tag, mask);
    tag
}

/// Two lengths in bytes, as the bit lengths of the hash's last block.
fn lengths(first: u64, second: u64) -> [u8; BLOCK] {
    ((u128::from(first) << 67) | (u128::from(second) << 3)).to_be_bytes()
}
