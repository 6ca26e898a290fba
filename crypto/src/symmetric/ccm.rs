//! CCM with every nonce, tag and message length of SP 800-38C, which no crate offers at run time (PKCS#11 `CKM_AES_CCM`).

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    aead::AeadParameters,
    aes::{AesKey, BLOCK},
    block::{Blocks, Direction},
    counter::{Counter, xor},
    room,
};
use crate::{Error, Result};

impl AesKey {
    /// Encrypts in CCM: the ciphertext followed by the tag. Answers the length written to `out`, the sum of both.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a nonce outside 7 to 13 bytes or a tag length other than 4, 6, 8, 10, 12, 14 and 16, [`Error::DataLength`] for
    /// data that is longer than the nonce allows or than announced, [`Error::OutputTooSmall`].
    pub fn ccm_seal(&self, parameters: &AeadParameters<'_>, plaintext: &[u8], out: &mut [u8]) -> Result<usize> {
        parameters.check_announced(plaintext.len(), |bytes| Error::DataLength { bytes })?;
        let mut ccm = Ccm::new(self.clone(), parameters, plaintext.len())?;
        let length = plaintext.len().saturating_add(parameters.tag_len);
        let (ciphertext, tag) = room(out, length)?.split_at_mut(plaintext.len());
        ciphertext.copy_from_slice(plaintext);
        ccm.encrypt(ciphertext)?;
        tag.copy_from_slice(&ccm.finish()?[..parameters.tag_len]);
        Ok(length)
    }

    /// Decrypts a ciphertext that is followed by its tag. Answers the length written to `out`; nothing is left there unless the tag fits.
    ///
    /// # Errors
    /// [`Error::Parameter`] as [`AesKey::ccm_seal`], [`Error::CiphertextLength`] when there is no room for a tag or the length is not the
    /// announced one, [`Error::NotAuthentic`], [`Error::OutputTooSmall`].
    pub fn ccm_open(&self, parameters: &AeadParameters<'_>, sealed: &[u8], out: &mut [u8]) -> Result<usize> {
        let (ciphertext, tag) = parameters.split(sealed)?;
        self.ccm_open_detached(parameters, ciphertext, tag, out)
    }

    /// As [`AesKey::ccm_open`], with the tag apart; `tag` has the length that the parameters tell.
    pub(super) fn ccm_open_detached(
        &self,
        parameters: &AeadParameters<'_>,
        ciphertext: &[u8],
        tag: &[u8],
        out: &mut [u8],
    ) -> Result<usize> {
        parameters.check_announced(ciphertext.len(), |bytes| Error::CiphertextLength { bytes })?;
        let mut ccm = Ccm::new(self.clone(), parameters, ciphertext.len())?;
        let out = room(out, ciphertext.len())?;
        out.copy_from_slice(ciphertext);
        ccm.decrypt(out)?;
        if !bool::from(ccm.finish()?[..parameters.tag_len].ct_eq(tag)) {
            out.fill(0);
            return Err(Error::NotAuthentic);
        }
        Ok(out.len())
    }
}

/// A running CCM. The length of the data is fixed at its start, as it goes into the first block.
pub(super) struct Ccm {
    key: AesKey,
    counter: Counter,
    /// The chained blocks so far; the next bytes are added from `at` on.
    mac: Zeroizing<[u8; BLOCK]>,
    at: usize,
    tag_mask: Zeroizing<[u8; BLOCK]>,
    tag_len: usize,
    left: usize,
}

impl Ccm {
    pub(super) fn new(key: AesKey, parameters: &AeadParameters<'_>, data_len: usize) -> Result<Self> {
        let AeadParameters { nonce, aad, tag_len, .. } = *parameters;
        if !(7..=13).contains(&nonce.len()) {
            return Err(Error::Parameter { parameter: "nonce length" });
        }
        if !(4..=BLOCK).contains(&tag_len) || tag_len % 2 != 0 {
            return Err(Error::Parameter { parameter: "tag length" });
        }
        // Bytes of the field that counts the data, 2 to 8.
        let field = BLOCK - 1 - nonce.len();
        let length = data_len as u64;
        if field < 8 && length >> (8 * field) != 0 {
            return Err(Error::DataLength { bytes: data_len });
        }

        let mut first = [0; BLOCK];
        first[1..=nonce.len()].copy_from_slice(nonce);
        // The number of bytes is at most 8, so it fits.
        first[0] = (field - 1) as u8;
        let mut counter = Counter::new(&first, 8 * field as u32)?;
        let mut tag_mask = Zeroizing::new([0; BLOCK]);
        counter.apply(&key, &mut *tag_mask)?;

        // Tag lengths are 4 to 16.
        first[0] |= ((tag_len - 2) / 2 * 8) as u8 | if aad.is_empty() { 0 } else { 0x40 };
        first[BLOCK - field..].copy_from_slice(&length.to_be_bytes()[8 - field..]);
        let mac = Zeroizing::new(key.encrypt_block(first));
        let mut ccm = Self { key, counter, mac, at: 0, tag_mask, tag_len, left: data_len };
        if !aad.is_empty() {
            let length = aad.len() as u64;
            match length {
                ..0xff00 => ccm.add(&length.to_be_bytes()[6..])?,
                0xff00..=0xffff_ffff => {
                    ccm.add(&[0xff, 0xfe])?;
                    ccm.add(&length.to_be_bytes()[4..])?;
                }
                _ => {
                    ccm.add(&[0xff, 0xff])?;
                    ccm.add(&length.to_be_bytes())?;
                }
            }
            ccm.add(aad)?;
            ccm.end_section();
        }
        Ok(ccm)
    }

    pub(super) fn tag_len(&self) -> usize {
        self.tag_len
    }

    pub(super) fn encrypt(&mut self, data: &mut [u8]) -> Result<()> {
        self.left = self.left.checked_sub(data.len()).ok_or(Error::DataLength { bytes: data.len() })?;
        self.add(data)?;
        self.counter.apply(&self.key, data)
    }

    fn decrypt(&mut self, data: &mut [u8]) -> Result<()> {
        self.left = self.left.checked_sub(data.len()).ok_or(Error::DataLength { bytes: data.len() })?;
        self.counter.apply(&self.key, data)?;
        self.add(data)?;
        Ok(())
    }

    /// The whole tag, of which the first `tag_len` bytes are sent; [`Error::DataLength`] when less data came than was announced.
    pub(super) fn finish(mut self) -> Result<[u8; BLOCK]> {
        if self.left > 0 {
            return Err(Error::DataLength { bytes: self.left });
        }
        self.end_section();
        xor(&mut *self.mac, &*self.tag_mask);
        Ok(*self.mac)
    }

    fn add(&mut self, data: &[u8]) -> Result<()> {
        let (first, data) = data.split_at(if self.at == 0 { 0 } else { data.len().min(BLOCK - self.at) });
        self.add_part(first);
        let (whole, last) = data.split_at(data.len() / BLOCK * BLOCK);
        // Many blocks at a time are CBC, of which the last block is kept; what stays behind on the stack are the chained blocks before it.
        let mut chained = [0; 32 * BLOCK];
        for blocks in whole.chunks(chained.len()) {
            let chained = &mut chained[..blocks.len()];
            chained.copy_from_slice(blocks);
            self.key.blocks().cbc(Direction::Encrypt, &mut self.mac, chained)?;
        }
        self.add_part(last);
        Ok(())
    }

    /// Adds bytes to the present block.
    fn add_part(&mut self, part: &[u8]) {
        xor(&mut self.mac[self.at..], part);
        self.at += part.len();
        if self.at == BLOCK {
            self.end_section();
        }
    }

    /// Fills a section up with zeros.
    fn end_section(&mut self) {
        if self.at > 0 {
            *self.mac = self.key.encrypt_block(*self.mac);
            self.at = 0;
        }
    }
}
