//! The ciphertext blob: opaque to clients, self-describing to KMS.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 1 |
//! | 16 | KMS key id |
//! | 16 | backing id: which material of the key |
//! | 12 | IV |
//! | rest | ciphertext and 16-byte tag |
//!
//! Everything before the IV and the encryption context are the additional authenticated data.

use crate::arn::KeyId;
use crate::cipher::EncryptionContext;
use crate::error::{Error, Result};

const VERSION: u8 = 1;
const HEADER: usize = 33;
const TAG: usize = 16;

/// What a blob says about its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) key: KeyId,
    pub(super) backing_id: [u8; 16],
}

/// A blob that has the right form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blob<'a> {
    pub(super) header: Header,
    pub(super) iv: &'a [u8; 12],
    /// Ciphertext and tag.
    pub(super) ciphertext: &'a [u8],
}

impl Header {
    fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [VERSION; HEADER];
        bytes[1..17].copy_from_slice(self.key.as_bytes());
        bytes[17..].copy_from_slice(&self.backing_id);
        bytes
    }

    /// Header and context in canonical form.
    pub(super) fn additional_data(self, context: &EncryptionContext) -> Result<Vec<u8>> {
        let mut data = self.to_bytes().to_vec();
        context.append_canonical(&mut data)?;
        Ok(data)
    }

    /// A blob up to its IV, with room for the ciphertext of a plaintext of `length` bytes.
    pub(super) fn start_blob(self, iv: &[u8; 12], length: usize) -> Vec<u8> {
        let mut blob = Vec::with_capacity(HEADER + iv.len() + length + TAG);
        blob.extend_from_slice(&self.to_bytes());
        blob.extend_from_slice(iv);
        blob
    }
}

impl<'a> Blob<'a> {
    /// Reads a blob.
    ///
    /// # Errors
    /// `InvalidCiphertextException` for anything that was not made here.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self> {
        let parts = || {
            let ([version], rest) = bytes.split_first_chunk::<1>()?;
            let (key, rest) = rest.split_first_chunk::<16>()?;
            let (backing_id, rest) = rest.split_first_chunk::<16>()?;
            let (iv, ciphertext) = rest.split_first_chunk::<12>()?;
            let header = Header { key: KeyId::from_bytes(*key), backing_id: *backing_id };
            (*version == VERSION && ciphertext.len() >= TAG).then_some(Self { header, iv, ciphertext })
        };
        parts().ok_or(Error::InvalidCiphertext)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_parse_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            match Blob::parse(&bytes) {
                Ok(blob) => {
                    let mut again = blob.header.start_blob(blob.iv, 0);
                    again.extend_from_slice(blob.ciphertext);
                    prop_assert_eq!(again, bytes);
                }
                Err(error) => prop_assert_eq!(error, Error::InvalidCiphertext),
            }
        }
    }
}
