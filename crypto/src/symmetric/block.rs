//! ECB and CBC, with and without PKCS#7 padding, over AES and DES, in one piece or in pieces (PKCS#11 `CKM_AES_ECB`, `CKM_AES_CBC`,
//! `CKM_AES_CBC_PAD` and their DES counterparts).

use std::fmt;

use subtle::{ConstantTimeEq, ConstantTimeLess};
use zeroize::Zeroize;

use super::{aes::AesKey, des::DesKey, room};
use crate::{Error, Result};

/// The longest block, that of AES.
pub(super) const BLOCK_MAX: usize = 16;

/// Which way an operation goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Plaintext to ciphertext.
    Encrypt,
    /// Ciphertext to plaintext.
    Decrypt,
}

/// A mode of a block cipher. The IV is as long as a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockMode<'a> {
    /// Every block by itself.
    Ecb,
    /// Chained from this IV; data fills its blocks.
    Cbc(&'a [u8]),
    /// Chained from this IV; data is padded as PKCS#7 does.
    CbcPad(&'a [u8]),
}

impl BlockMode<'_> {
    /// Length of the ciphertext of `plaintext` bytes under a cipher with blocks of `block` bytes.
    #[must_use]
    pub fn encrypted_len(&self, block: usize, plaintext: usize) -> usize {
        match self {
            Self::Ecb | Self::Cbc(_) => plaintext,
            Self::CbcPad(_) => (plaintext / block + 1) * block,
        }
    }
}

/// What the modes ask of a cipher. `data` consists of whole blocks; a CBC call leaves in `iv` what the next call starts from.
pub(super) trait Blocks {
    const BLOCK: usize;

    fn ecb(&self, direction: Direction, data: &mut [u8]) -> Result<()>;

    /// Of `iv`, the first [`Blocks::BLOCK`] bytes count.
    fn cbc(&self, direction: Direction, iv: &mut [u8; BLOCK_MAX], data: &mut [u8]) -> Result<()>;
}

/// Where a running operation stands; the key is passed to each call.
pub(super) struct State {
    direction: Direction,
    /// `None` in ECB.
    iv: Option<[u8; BLOCK_MAX]>,
    padded: bool,
    /// Input that waits for the rest of its block or, when padding is to be taken off, for the end.
    held: [u8; BLOCK_MAX],
    held_len: usize,
}

impl State {
    pub(super) fn new(block: usize, mode: BlockMode<'_>, direction: Direction) -> Result<Self> {
        let (iv, padded) = match mode {
            BlockMode::Ecb => (None, false),
            BlockMode::Cbc(iv) => (Some(iv), false),
            BlockMode::CbcPad(iv) => (Some(iv), true),
        };
        let iv = match iv {
            Some(iv) if iv.len() == block => {
                let mut first = [0; BLOCK_MAX];
                first[..block].copy_from_slice(iv);
                Some(first)
            }
            Some(_) => return Err(Error::Parameter { parameter: "IV length" }),
            None => None,
        };
        Ok(Self { direction, iv, padded, held: [0; BLOCK_MAX], held_len: 0 })
    }

    pub(super) fn one_shot<B: Blocks>(
        key: &B,
        mode: BlockMode<'_>,
        direction: Direction,
        input: &[u8],
        out: &mut [u8],
    ) -> Result<usize> {
        let mut state = Self::new(B::BLOCK, mode, direction)?;
        // Known beforehand, so that nothing is computed in vain.
        if (!state.padded || direction == Direction::Decrypt) && !input.len().is_multiple_of(B::BLOCK) {
            return Err(state.length_error(input.len()));
        }
        if direction == Direction::Encrypt {
            room(out, mode.encrypted_len(B::BLOCK, input.len()))?;
        }
        let written = state.update(key, input, out)?;
        state.finish(key, &mut out[written..]).map(|last| written + last).map_err(|error| match error {
            Error::OutputTooSmall { needed } => Error::OutputTooSmall { needed: written + needed },
            error => error,
        })
    }

    /// How many of `available` bytes, held ones included, can be processed now.
    fn ready(&self, block: usize, available: usize) -> usize {
        let keep = usize::from(self.padded && self.direction == Direction::Decrypt);
        available.saturating_sub(keep) / block * block
    }

    fn update<B: Blocks>(&mut self, key: &B, input: &[u8], out: &mut [u8]) -> Result<usize> {
        let ready = self.ready(B::BLOCK, self.held_len + input.len());
        let out = room(out, ready)?;
        if ready == 0 {
            self.held[self.held_len..self.held_len + input.len()].copy_from_slice(input);
            self.held_len += input.len();
            return Ok(0);
        }
        // What is ready is at least a block, and less than a block or exactly one was held.
        let (now, later) = input.split_at(ready - self.held_len);
        out[..self.held_len].copy_from_slice(&self.held[..self.held_len]);
        out[self.held_len..].copy_from_slice(now);
        self.held[..later.len()].copy_from_slice(later);
        self.held_len = later.len();
        self.process(key, out)?;
        Ok(ready)
    }

    fn process<B: Blocks>(&mut self, key: &B, data: &mut [u8]) -> Result<()> {
        match &mut self.iv {
            None => key.ecb(self.direction, data),
            Some(iv) => key.cbc(self.direction, iv, data),
        }
    }

    /// An error leaves `held` as it was, so that the call can be repeated with a larger buffer.
    fn finish<B: Blocks>(&mut self, key: &B, out: &mut [u8]) -> Result<usize> {
        match (self.padded, self.direction) {
            (false, _) if self.held_len == 0 => Ok(0),
            (true, Direction::Encrypt) => {
                let out = room(out, B::BLOCK)?;
                let padding = B::BLOCK - self.held_len;
                out[..self.held_len].copy_from_slice(&self.held[..self.held_len]);
                // A padding is as long as a block at most, 16 bytes.
                out[self.held_len..].fill(padding as u8);
                self.process(key, out)?;
                self.held_len = 0;
                Ok(B::BLOCK)
            }
            (true, Direction::Decrypt) if self.held_len == B::BLOCK => {
                let (mut last, iv) = (self.held, self.iv);
                self.process(key, &mut last[..B::BLOCK])?;
                let result = unpad(&last[..B::BLOCK]).and_then(|plaintext| {
                    room(out, plaintext.len())?.copy_from_slice(plaintext);
                    Ok(plaintext.len())
                });
                last.zeroize();
                match result {
                    Err(Error::OutputTooSmall { .. }) => self.iv = iv,
                    _ => self.held_len = 0,
                }
                result
            }
            _ => Err(self.length_error(self.held_len)),
        }
    }

    fn length_error(&self, bytes: usize) -> Error {
        match self.direction {
            Direction::Encrypt => Error::DataLength { bytes },
            Direction::Decrypt => Error::CiphertextLength { bytes },
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.held.zeroize();
    }
}

/// A block without its PKCS#7 padding. Takes the same time for every wrong padding.
fn unpad(block: &[u8]) -> Result<&[u8]> {
    let length = block.last().copied().unwrap_or(0);
    // A block has 16 bytes at most.
    let size = block.len() as u8;
    let mut valid = !length.ct_eq(&0) & !size.ct_lt(&length);
    for (at, byte) in (0..size).zip(block.iter().rev()) {
        valid &= byte.ct_eq(&length) | !at.ct_lt(&length);
    }
    if bool::from(valid) { Ok(&block[..block.len() - usize::from(length)]) } else { Err(Error::CiphertextInvalid) }
}

/// A key of a block cipher.
#[derive(Debug, Clone)]
pub enum BlockKey {
    /// AES.
    Aes(AesKey),
    /// DES or triple DES.
    Des(DesKey),
}

impl From<AesKey> for BlockKey {
    fn from(key: AesKey) -> Self {
        Self::Aes(key)
    }
}

impl From<DesKey> for BlockKey {
    fn from(key: DesKey) -> Self {
        Self::Des(key)
    }
}

impl BlockKey {
    /// Length of a block in bytes.
    #[must_use]
    pub fn block_len(&self) -> usize {
        match self {
            Self::Aes(_) => super::aes::BLOCK,
            Self::Des(_) => super::des::BLOCK,
        }
    }

    /// As [`AesKey::encrypt`].
    ///
    /// # Errors
    /// As [`AesKey::encrypt`].
    pub fn encrypt(&self, mode: BlockMode<'_>, plaintext: &[u8], out: &mut [u8]) -> Result<usize> {
        match self {
            Self::Aes(key) => key.encrypt(mode, plaintext, out),
            Self::Des(key) => key.encrypt(mode, plaintext, out),
        }
    }

    /// As [`AesKey::decrypt`].
    ///
    /// # Errors
    /// As [`AesKey::decrypt`].
    pub fn decrypt(&self, mode: BlockMode<'_>, ciphertext: &[u8], out: &mut [u8]) -> Result<usize> {
        match self {
            Self::Aes(key) => key.decrypt(mode, ciphertext, out),
            Self::Des(key) => key.decrypt(mode, ciphertext, out),
        }
    }
}

/// Encryption or decryption of data that arrives in pieces.
pub struct BlockOperation {
    key: BlockKey,
    state: State,
}

impl BlockOperation {
    /// Starts an operation.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the IV is not as long as a block.
    pub fn new(key: impl Into<BlockKey>, mode: BlockMode<'_>, direction: Direction) -> Result<Self> {
        let key = key.into();
        let state = State::new(key.block_len(), mode, direction)?;
        Ok(Self { key, state })
    }

    /// What [`BlockOperation::update`] with `input` bytes will write.
    #[must_use]
    pub fn update_len(&self, input: usize) -> usize {
        self.state.ready(self.key.block_len(), self.state.held_len + input)
    }

    /// Takes `input` and writes the blocks that are complete.
    ///
    /// # Errors
    /// [`Error::OutputTooSmall`]; nothing was taken.
    pub fn update(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        match &self.key {
            BlockKey::Aes(key) => self.state.update(key.blocks(), input, out),
            BlockKey::Des(key) => self.state.update(key.blocks(), input, out),
        }
    }

    /// The most that [`BlockOperation::finish`] can write; exact but for a padding that is taken off.
    #[must_use]
    pub fn finish_len(&self) -> usize {
        if self.state.padded { self.key.block_len() } else { 0 }
    }

    /// Writes the rest. After any answer but [`Error::OutputTooSmall`] the operation is over.
    ///
    /// # Errors
    /// [`Error::DataLength`], [`Error::CiphertextLength`], [`Error::CiphertextInvalid`] as [`AesKey::encrypt`] and [`AesKey::decrypt`],
    /// [`Error::OutputTooSmall`].
    pub fn finish(&mut self, out: &mut [u8]) -> Result<usize> {
        match &self.key {
            BlockKey::Aes(key) => self.state.finish(key.blocks(), out),
            BlockKey::Des(key) => self.state.finish(key.blocks(), out),
        }
    }
}

impl fmt::Debug for BlockOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlockOperation({:?}, {:?})", self.key, self.state.direction)
    }
}
