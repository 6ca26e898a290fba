//! DES and triple DES, for clients that still ask for them. The implementation is not constant in time.

use std::{fmt, slice, sync::Arc};

use cbc::{Decryptor, Encryptor};
use des::{
    Des, TdesEde2, TdesEde3,
    cipher::{
        BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, IvState, KeyInit,
        array::Array, consts::U8,
    },
};

use super::block::{BLOCK_MAX, BlockMode, Blocks, Direction, State};
use crate::{Error, Result};

/// Length of a block in bytes.
pub(super) const BLOCK: usize = 8;

type Block = Array<u8, U8>;

/// A key of DES (8 bytes), two-key triple DES (16) or triple DES (24), cheap to clone. Parity bits are not looked at.
#[derive(Clone)]
pub struct DesKey(Arc<Cipher>);

enum Cipher {
    Single(Des),
    Double(TdesEde2),
    Triple(TdesEde3),
}

impl DesKey {
    /// Parses a key. Any bytes are a key, weak ones included.
    ///
    /// # Errors
    /// [`Error::KeySize`] unless there are 8, 16 or 24 bytes.
    pub fn new(key: &[u8]) -> Result<Self> {
        let cipher = match key.len() {
            8 => Des::new_from_slice(key).map(Cipher::Single),
            16 => TdesEde2::new_from_slice(key).map(Cipher::Double),
            _ => TdesEde3::new_from_slice(key).map(Cipher::Triple),
        };
        cipher.map(|cipher| Self(Arc::new(cipher))).map_err(|_| Error::KeySize { bits: key.len() * 8 })
    }

    /// Size of the key in bits, parity bits included.
    #[must_use]
    pub fn bits(&self) -> usize {
        match *self.0 {
            Cipher::Single(_) => 64,
            Cipher::Double(_) => 128,
            Cipher::Triple(_) => 192,
        }
    }

    /// The key check value: the first three bytes of the encryption of a block of zeros (PKCS#11 `CKA_CHECK_VALUE`).
    #[must_use]
    pub fn check_value(&self) -> [u8; 3] {
        let mut block = Block::default();
        self.0.encrypt(slice::from_mut(&mut block));
        [block[0], block[1], block[2]]
    }

    /// Encrypts in ECB or CBC. Answers the length written to `out`, which needs [`BlockMode::encrypted_len`] bytes.
    ///
    /// # Errors
    /// As [`super::AesKey::encrypt`], with IVs and blocks of 8 bytes.
    pub fn encrypt(&self, mode: BlockMode<'_>, plaintext: &[u8], out: &mut [u8]) -> Result<usize> {
        State::one_shot(&*self.0, mode, Direction::Encrypt, plaintext, out)
    }

    /// Decrypts in ECB or CBC. Answers the length written to `out`; as many bytes as the ciphertext has always suffice.
    ///
    /// # Errors
    /// As [`super::AesKey::decrypt`], with IVs and blocks of 8 bytes.
    pub fn decrypt(&self, mode: BlockMode<'_>, ciphertext: &[u8], out: &mut [u8]) -> Result<usize> {
        State::one_shot(&*self.0, mode, Direction::Decrypt, ciphertext, out)
    }

    pub(super) fn blocks(&self) -> &impl Blocks {
        &*self.0
    }
}

impl fmt::Debug for DesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DesKey(<{} bits>)", self.bits())
    }
}

/// Gives each byte of a new DES key an odd number of one bits (FIPS 46-3).
pub fn set_odd_parity(key: &mut [u8]) {
    for byte in key {
        *byte = (*byte & !1) | u8::from((*byte >> 1).count_ones().is_multiple_of(2));
    }
}

impl Cipher {
    fn encrypt(&self, blocks: &mut [Block]) {
        match self {
            Self::Single(cipher) => cipher.encrypt_blocks(blocks),
            Self::Double(cipher) => cipher.encrypt_blocks(blocks),
            Self::Triple(cipher) => cipher.encrypt_blocks(blocks),
        }
    }

    fn decrypt(&self, blocks: &mut [Block]) {
        match self {
            Self::Single(cipher) => cipher.decrypt_blocks(blocks),
            Self::Double(cipher) => cipher.decrypt_blocks(blocks),
            Self::Triple(cipher) => cipher.decrypt_blocks(blocks),
        }
    }
}

impl Blocks for Cipher {
    const BLOCK: usize = BLOCK;

    fn ecb(&self, direction: Direction, data: &mut [u8]) -> Result<()> {
        let (blocks, _) = Block::slice_as_chunks_mut(data);
        match direction {
            Direction::Encrypt => self.encrypt(blocks),
            Direction::Decrypt => self.decrypt(blocks),
        }
        Ok(())
    }

    fn cbc(&self, direction: Direction, iv: &mut [u8; BLOCK_MAX], data: &mut [u8]) -> Result<()> {
        let (blocks, _) = Block::slice_as_chunks_mut(data);
        let [first, ..] = iv.as_chunks_mut::<BLOCK>().0 else { return Ok(()) };
        *first = match self {
            Self::Single(cipher) => chain(cipher, direction, *first, blocks),
            Self::Double(cipher) => chain(cipher, direction, *first, blocks),
            Self::Triple(cipher) => chain(cipher, direction, *first, blocks),
        };
        Ok(())
    }
}

fn chain<C>(cipher: &C, direction: Direction, iv: [u8; BLOCK], blocks: &mut [Block]) -> [u8; BLOCK]
where
    C: BlockCipherEncrypt<BlockSize = U8> + BlockCipherDecrypt<BlockSize = U8>,
{
    match direction {
        Direction::Encrypt => {
            let mut mode = Encryptor::inner_iv_init(cipher, &iv.into());
            mode.encrypt_blocks(blocks);
            mode.iv_state().into()
        }
        Direction::Decrypt => {
            let mut mode = Decryptor::inner_iv_init(cipher, &iv.into());
            mode.decrypt_blocks(blocks);
            mode.iv_state().into()
        }
    }
}
