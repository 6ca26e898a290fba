//! Key wrapping with AES (SP 800-38F): KW (RFC 3394), KWP (RFC 5649), and KW of data padded as PKCS#7 does.
//!
//! Written here over single blocks: the crate for it accepts lengths that the standard forbids, one of them without any check of integrity, and takes
//! no integrity check value from the caller.

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::aes::AesKey;
use crate::{Error, Result, SecretBytes};

/// Half a block, the unit of wrapping.
const HALF: usize = 8;

/// A way to wrap a key, with the integrity check value that goes in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyWrap {
    /// Data of 16 bytes or more, a multiple of 8 (PKCS#11 `CKM_AES_KEY_WRAP`, CloudHSM's `NO_PAD`).
    Kw {
        /// Integrity check value.
        iv: [u8; HALF],
    },
    /// Data of 1 byte or more (PKCS#11 `CKM_AES_KEY_WRAP_KWP`, CloudHSM's `ZERO_PAD`).
    Kwp {
        /// First half of the integrity check value; the other half is the length.
        iv: [u8; 4],
    },
    /// Data of 8 bytes or more, padded by 1 to 8 bytes that tell their number (PKCS#11 `CKM_AES_KEY_WRAP_PKCS7`, CloudHSM's `PKCS5_PAD`). Less
    /// than 8 bytes would make a single block, which wrapping cannot hold (inferred).
    KwPkcs7 {
        /// Integrity check value.
        iv: [u8; HALF],
    },
}

impl KeyWrap {
    /// KW with the usual value.
    pub const KW: Self = Self::Kw { iv: [0xa6; HALF] };
    /// KWP with the usual value.
    pub const KWP: Self = Self::Kwp { iv: [0xa6, 0x59, 0x59, 0xa6] };
    /// KW with PKCS#7 padding and the usual value.
    pub const KW_PKCS7: Self = Self::KwPkcs7 { iv: [0xa6; HALF] };

    /// Length of what wraps `bytes` of data.
    ///
    /// # Errors
    /// [`Error::DataLength`] when they cannot be wrapped.
    pub fn wrapped_len(&self, bytes: usize) -> Result<usize> {
        let error = Error::DataLength { bytes };
        let padded = match self {
            Self::Kw { .. } if bytes >= 2 * HALF && bytes.is_multiple_of(HALF) => Some(bytes),
            Self::Kwp { .. } if (1..=u32::MAX as usize).contains(&bytes) => bytes.checked_next_multiple_of(HALF),
            Self::KwPkcs7 { .. } if bytes >= HALF => (bytes / HALF + 1).checked_mul(HALF),
            _ => None,
        };
        padded.and_then(|padded| padded.checked_add(HALF)).ok_or(error)
    }
}

impl AesKey {
    /// Wraps `data`.
    ///
    /// # Errors
    /// [`Error::DataLength`] when data of this length cannot be wrapped so.
    pub fn wrap(&self, how: KeyWrap, data: &[u8]) -> Result<Vec<u8>> {
        let mut wrapped = SecretBytes::new(vec![0; how.wrapped_len(data.len())?]);
        let bytes = wrapped.expose_mut();
        bytes[HALF..HALF + data.len()].copy_from_slice(data);
        match how {
            KeyWrap::Kw { iv } => bytes[..HALF].copy_from_slice(&iv),
            KeyWrap::Kwp { iv } => {
                bytes[..4].copy_from_slice(&iv);
                // `wrapped_len` let pass what fits.
                bytes[4..HALF].copy_from_slice(&(data.len() as u32).to_be_bytes());
            }
            KeyWrap::KwPkcs7 { iv } => {
                bytes[..HALF].copy_from_slice(&iv);
                let padding = &mut bytes[HALF + data.len()..];
                // At most 8.
                padding.fill(padding.len() as u8);
            }
        }
        self.wrap_in_place(bytes);
        Ok(bytes.to_vec())
    }

    /// The data that was wrapped.
    ///
    /// # Errors
    /// [`Error::CiphertextLength`] when nothing that is wrapped so has this length, [`Error::CiphertextInvalid`] when the integrity check fails.
    pub fn unwrap(&self, how: KeyWrap, wrapped: &[u8]) -> Result<SecretBytes> {
        let least = if matches!(how, KeyWrap::Kwp { .. }) { 2 * HALF } else { 3 * HALF };
        if wrapped.len() < least || !wrapped.len().is_multiple_of(HALF) {
            return Err(Error::CiphertextLength { bytes: wrapped.len() });
        }
        let mut bytes = Zeroizing::new(wrapped.to_vec());
        self.unwrap_in_place(&mut bytes);
        let (check, data) = bytes.split_at(HALF);
        let (length, valid) = match how {
            KeyWrap::Kw { iv } => (data.len(), check.ct_eq(&iv)),
            KeyWrap::Kwp { iv } => {
                let length = check[4..].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
                let padding = data.len().checked_sub(length).filter(|padding| *padding < HALF);
                let zeros = padding.map_or(Choice::from(0), |padding| data[length..].ct_eq(&[0; HALF][..padding]));
                (length, check[..4].ct_eq(&iv) & zeros)
            }
            KeyWrap::KwPkcs7 { iv } => {
                let padding = usize::from(*data.last().unwrap_or(&0));
                let length = data.len().checked_sub(padding).filter(|_| (1..=HALF).contains(&padding));
                let padded = length.map_or(Choice::from(0), |length| {
                    // At most 8.
                    data[length..].ct_eq(&[padding as u8; HALF][..padding])
                });
                (length.unwrap_or(0), check.ct_eq(&iv) & padded)
            }
        };
        if bool::from(valid) { Ok(SecretBytes::from(&data[..length])) } else { Err(Error::CiphertextInvalid) }
    }

    /// SP 800-38F §6.1, algorithm 1; §6.3 for a single block.
    fn wrap_in_place(&self, bytes: &mut [u8]) {
        if let Ok(block) = <[u8; 2 * HALF]>::try_from(&*bytes) {
            bytes.copy_from_slice(&self.encrypt_block(block));
            return;
        }
        let (first, rest) = bytes.split_at_mut(HALF);
        let mut step = 0_u64;
        for _ in 0..6 {
            for half in rest.chunks_exact_mut(HALF) {
                step += 1;
                let mut block = [0; 2 * HALF];
                block[..HALF].copy_from_slice(first);
                block[HALF..].copy_from_slice(half);
                let block = self.encrypt_block(block);
                first.copy_from_slice(&block[..HALF]);
                xor_step(first, step);
                half.copy_from_slice(&block[HALF..]);
            }
        }
    }

    /// SP 800-38F §6.1, algorithm 2; §6.3 for a single block.
    fn unwrap_in_place(&self, bytes: &mut [u8]) {
        if let Ok(block) = <[u8; 2 * HALF]>::try_from(&*bytes) {
            bytes.copy_from_slice(&self.decrypt_block(block));
            return;
        }
        let (first, rest) = bytes.split_at_mut(HALF);
        let mut step = (rest.len() / HALF) as u64 * 6;
        for _ in 0..6 {
            for half in rest.chunks_exact_mut(HALF).rev() {
                xor_step(first, step);
                let mut block = [0; 2 * HALF];
                block[..HALF].copy_from_slice(first);
                block[HALF..].copy_from_slice(half);
                let block = self.decrypt_block(block);
                first.copy_from_slice(&block[..HALF]);
                half.copy_from_slice(&block[HALF..]);
                step -= 1;
            }
        }
    }
}

fn xor_step(half: &mut [u8], step: u64) {
    super::counter::xor(half, &step.to_be_bytes());
}
