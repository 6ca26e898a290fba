//! The AES key: parsed once, good for every mode.
//!
//! Measured: AWS-LC is the faster one in CBC, in counter mode and in GCM, RustCrypto in ECB, and only RustCrypto gives single blocks. So a key
//! expands for RustCrypto at once and for each mode of AWS-LC when that mode is first used.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use aes::{
    Aes128, Aes192, Aes256, Block,
    cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit},
};
use aws_lc_rs::{
    cipher::{
        AES_128, AES_192, AES_256, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey,
    },
    cmac,
    iv::FixedLength,
};
use ghash::GHash;
use zeroize::Zeroizing;

use super::{
    block::{BLOCK_MAX, BlockMode, Blocks, Direction, State},
    counter::Counter,
};
use crate::{AesGcm, Error, Result};

/// Length of a block in bytes.
pub(super) const BLOCK: usize = 16;

/// An AES key of 128, 192 or 256 bits, cheap to clone.
#[derive(Clone)]
pub struct AesKey(Arc<Parsed>);

struct Parsed {
    blocks: Schedule,
    bytes: Zeroizing<Vec<u8>>,
    cbc: OnceLock<Box<(EncryptingKey, DecryptingKey)>>,
    ctr: OnceLock<Box<EncryptingKey>>,
    gcm: OnceLock<Box<AesGcm>>,
    ghash: OnceLock<Box<GHash>>,
    cmac: OnceLock<Box<cmac::Key>>,
}

enum Schedule {
    Aes128(Aes128),
    Aes192(Aes192),
    Aes256(Aes256),
}

impl AesKey {
    /// Parses a key of 16, 24 or 32 bytes.
    ///
    /// # Errors
    /// [`Error::AesKeyLength`] for any other length.
    pub fn new(key: &[u8]) -> Result<Self> {
        let schedule = match key.len() {
            16 => Aes128::new_from_slice(key).map(Schedule::Aes128),
            24 => Aes192::new_from_slice(key).map(Schedule::Aes192),
            _ => Aes256::new_from_slice(key).map(Schedule::Aes256),
        };
        Ok(Self(Arc::new(Parsed {
            blocks: schedule.map_err(|_| Error::AesKeyLength { bytes: key.len() })?,
            bytes: Zeroizing::new(key.to_vec()),
            cbc: OnceLock::new(),
            ctr: OnceLock::new(),
            gcm: OnceLock::new(),
            ghash: OnceLock::new(),
            cmac: OnceLock::new(),
        })))
    }

    /// Whether the other is a clone of this one.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Size of the key in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.0.bytes.len() * 8
    }

    /// The key check value: the first three bytes of the encryption of a block of zeros (PKCS#11 `CKA_CHECK_VALUE`).
    #[must_use]
    pub fn check_value(&self) -> [u8; 3] {
        let [a, b, c, ..] = self.encrypt_block([0; BLOCK]);
        [a, b, c]
    }

    /// Encrypts in ECB or CBC. Answers the length written to `out`, which needs [`BlockMode::encrypted_len`] bytes.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an IV that is not of 16 bytes, [`Error::DataLength`] for data that does not fill its blocks in a mode without
    /// padding, [`Error::OutputTooSmall`].
    pub fn encrypt(&self, mode: BlockMode<'_>, plaintext: &[u8], out: &mut [u8]) -> Result<usize> {
        State::one_shot(&*self.0, mode, Direction::Encrypt, plaintext, out)
    }

    /// Decrypts in ECB or CBC. Answers the length written to `out`; as many bytes as the ciphertext has always suffice.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an IV that is not of 16 bytes, [`Error::CiphertextLength`] for a ciphertext that is not made of blocks,
    /// [`Error::CiphertextInvalid`] for wrong padding, [`Error::OutputTooSmall`].
    pub fn decrypt(&self, mode: BlockMode<'_>, ciphertext: &[u8], out: &mut [u8]) -> Result<usize> {
        State::one_shot(&*self.0, mode, Direction::Decrypt, ciphertext, out)
    }

    /// Encrypts or decrypts, which is the same, in counter mode. `bits` of the counter block count, the rest is the nonce (SP 800-38A §6.5).
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `bits` is 1 to 128, [`Error::DataLength`] when the counter would repeat, [`Error::OutputTooSmall`].
    pub fn ctr(&self, counter: &[u8; BLOCK], bits: u32, input: &[u8], out: &mut [u8]) -> Result<usize> {
        let mut state = Counter::new(counter, bits)?;
        let out = super::room(out, input.len())?;
        out.copy_from_slice(input);
        state.apply(self, out)?;
        Ok(input.len())
    }

    pub(super) fn encrypt_block(&self, block: [u8; BLOCK]) -> [u8; BLOCK] {
        let mut block = Block::from(block);
        self.0.blocks.encrypt(std::slice::from_mut(&mut block));
        block.into()
    }

    pub(super) fn decrypt_block(&self, block: [u8; BLOCK]) -> [u8; BLOCK] {
        let mut block = Block::from(block);
        self.0.blocks.decrypt(std::slice::from_mut(&mut block));
        block.into()
    }

    /// Applies the key stream of the counter blocks from `counter` on; all 128 bits count.
    pub(super) fn apply_key_stream(&self, counter: u128, data: &mut [u8]) -> Result<()> {
        let key = get_or_try_init(&self.0.ctr, || EncryptingKey::ctr(self.0.unbound()?).map_err(expand))?;
        let context = EncryptionContext::Iv128(FixedLength::from(counter.to_be_bytes()));
        key.less_safe_encrypt(data, context).map(drop).map_err(|_| ENCRYPT)
    }

    pub(super) fn gcm(&self) -> Result<&AesGcm> {
        get_or_try_init(&self.0.gcm, || AesGcm::new(&self.0.bytes))
    }

    pub(super) fn ghash(&self) -> GHash {
        let ghash = self.0.ghash.get_or_init(|| Box::new(GHash::new(&self.encrypt_block([0; BLOCK]).into())));
        GHash::clone(ghash)
    }

    pub(super) fn cmac_key(&self) -> Result<&cmac::Key> {
        get_or_try_init(&self.0.cmac, || {
            let algorithm = match self.0.blocks {
                Schedule::Aes128(_) => cmac::AES_128,
                Schedule::Aes192(_) => cmac::AES_192,
                Schedule::Aes256(_) => cmac::AES_256,
            };
            cmac::Key::new(algorithm, &self.0.bytes).map_err(expand)
        })
    }

    pub(super) fn blocks(&self) -> &impl Blocks {
        &*self.0
    }
}

impl fmt::Debug for AesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AesKey(<{} bits>)", self.bits())
    }
}

impl Parsed {
    fn unbound(&self) -> Result<UnboundCipherKey> {
        let algorithm = match self.blocks {
            Schedule::Aes128(_) => &AES_128,
            Schedule::Aes192(_) => &AES_192,
            Schedule::Aes256(_) => &AES_256,
        };
        UnboundCipherKey::new(algorithm, &self.bytes).map_err(expand)
    }
}

impl Blocks for Parsed {
    const BLOCK: usize = BLOCK;

    fn ecb(&self, direction: Direction, data: &mut [u8]) -> Result<()> {
        let (blocks, _) = Block::slice_as_chunks_mut(data);
        match direction {
            Direction::Encrypt => self.blocks.encrypt(blocks),
            Direction::Decrypt => self.blocks.decrypt(blocks),
        }
        Ok(())
    }

    fn cbc(&self, direction: Direction, iv: &mut [u8; BLOCK_MAX], data: &mut [u8]) -> Result<()> {
        let Some(last) = data.last_chunk::<BLOCK>().copied() else { return Ok(()) };
        let (encrypting, decrypting) = get_or_try_init(&self.cbc, || {
            let encrypting = EncryptingKey::cbc(self.unbound()?).map_err(expand)?;
            Ok((encrypting, DecryptingKey::cbc(self.unbound()?).map_err(expand)?))
        })?;
        let first = FixedLength::from(*iv);
        match direction {
            Direction::Encrypt => {
                encrypting.less_safe_encrypt(data, EncryptionContext::Iv128(first)).map_err(|_| ENCRYPT)?;
                iv.copy_from_slice(&data[data.len() - BLOCK..]);
            }
            Direction::Decrypt => {
                decrypting.decrypt(data, DecryptionContext::Iv128(first)).map_err(|_| ENCRYPT)?;
                *iv = last;
            }
        }
        Ok(())
    }
}

impl Schedule {
    fn encrypt(&self, blocks: &mut [Block]) {
        match self {
            Self::Aes128(cipher) => cipher.encrypt_blocks(blocks),
            Self::Aes192(cipher) => cipher.encrypt_blocks(blocks),
            Self::Aes256(cipher) => cipher.encrypt_blocks(blocks),
        }
    }

    fn decrypt(&self, blocks: &mut [Block]) {
        match self {
            Self::Aes128(cipher) => cipher.decrypt_blocks(blocks),
            Self::Aes192(cipher) => cipher.decrypt_blocks(blocks),
            Self::Aes256(cipher) => cipher.decrypt_blocks(blocks),
        }
    }
}

const ENCRYPT: Error = Error::Primitive { operation: "encrypt blocks" };

fn expand(_: aws_lc_rs::error::Unspecified) -> Error {
    Error::Primitive { operation: "parse an AES key" }
}

/// The value of `cell`, made when it is first asked for. Two threads may both make it; one of the equal values stays.
fn get_or_try_init<T>(cell: &OnceLock<Box<T>>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    if let Some(value) = cell.get() {
        return Ok(value);
    }
    let value = Box::new(make()?);
    Ok(cell.get_or_init(|| value))
}
