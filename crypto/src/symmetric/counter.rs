//! Counter mode with a counter of any width: the low bits of the block count and wrap among themselves, the high ones stay (PKCS#11 `CKM_AES_CTR`).
//!
//! GCM and CCM are counter modes with 32 and 16 to 64 such bits, so they run on the same state.

use std::fmt;

use zeroize::Zeroize;

use super::{aes::AesKey, aes::BLOCK, room};
use crate::{Error, Result};

/// Where a key stream stands; the key is passed to each call.
pub(super) struct Counter {
    next: u128,
    /// The bits that count.
    mask: u128,
    /// Blocks that may still be asked for; one less than their number, as 2^128 does not fit.
    last: Option<u128>,
    /// The key stream of the block before `next`, of which the first `used` bytes are spent.
    stream: [u8; BLOCK],
    used: usize,
}

impl Counter {
    /// Refuses to repeat a counter block.
    pub(super) fn new(block: &[u8; BLOCK], bits: u32) -> Result<Self> {
        if !(1..=128).contains(&bits) {
            return Err(Error::Parameter { parameter: "number of counter bits" });
        }
        let mask = u128::MAX >> (128 - bits);
        Ok(Self { next: u128::from_be_bytes(*block), mask, last: Some(mask), stream: [0; BLOCK], used: BLOCK })
    }

    /// Encrypts or decrypts `data` in place, or does nothing when it is too long.
    pub(super) fn apply(&mut self, key: &AesKey, data: &mut [u8]) -> Result<()> {
        let bytes = data.len();
        let (spent, data) = data.split_at_mut(bytes.min(BLOCK - self.used));
        let blocks = data.len().div_ceil(BLOCK) as u128;
        if blocks > 0 {
            let last = self.last.filter(|last| blocks - 1 <= *last).ok_or(Error::DataLength { bytes })?;
            self.last = last.checked_sub(blocks);
        }
        xor(spent, &self.stream[self.used..]);
        self.used += spent.len();

        let whole = data.len() / BLOCK * BLOCK;
        let (mut whole, rest) = data.split_at_mut(whole);
        while !whole.is_empty() {
            // Up to where the counting bits are all ones, one less than the number of blocks.
            let before_wrap = self.mask - (self.next & self.mask);
            let blocks = usize::try_from(before_wrap).map_or(usize::MAX, |blocks| blocks.saturating_add(1));
            let (now, later) = whole.split_at_mut(whole.len().min(blocks.saturating_mul(BLOCK)));
            key.apply_key_stream(self.next, now)?;
            self.advance((now.len() / BLOCK) as u128);
            whole = later;
        }
        if !rest.is_empty() {
            self.stream = key.encrypt_block(self.next.to_be_bytes());
            self.advance(1);
            xor(rest, &self.stream);
            self.used = rest.len();
        }
        Ok(())
    }

    fn advance(&mut self, blocks: u128) {
        self.next = (self.next & !self.mask) | (self.next.wrapping_add(blocks) & self.mask);
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.stream.zeroize();
    }
}

/// Of the longer one, the first bytes count.
pub(super) fn xor(data: &mut [u8], with: &[u8]) {
    data.iter_mut().zip(with).for_each(|(byte, with)| *byte ^= with);
}

/// Encryption or decryption in counter mode of data that arrives in pieces. There is nothing to finish.
pub struct CounterOperation {
    key: AesKey,
    counter: Counter,
}

impl CounterOperation {
    /// Starts an operation; `bits` of the counter block count.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `bits` is 1 to 128.
    pub fn new(key: AesKey, counter: &[u8; BLOCK], bits: u32) -> Result<Self> {
        Ok(Self { key, counter: Counter::new(counter, bits)? })
    }

    /// Takes `input` and writes as many bytes.
    ///
    /// # Errors
    /// [`Error::DataLength`] when the counter would repeat, [`Error::OutputTooSmall`]; nothing was taken.
    pub fn update(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        let out = room(out, input.len())?;
        out.copy_from_slice(input);
        self.counter.apply(&self.key, out)?;
        Ok(input.len())
    }
}

impl fmt::Debug for CounterOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CounterOperation({:?})", self.key)
    }
}
