//! A key that is the encryption of given data under the base key (PKCS#11 `CKM_AES_ECB_ENCRYPT_DATA`, `CKM_AES_CBC_ENCRYPT_DATA` and their triple DES
//! counterparts).

use super::too_long;
use crate::{
    Error, Result, SecretBytes,
    symmetric::{BlockKey, BlockMode},
};

/// The first `length` bytes of the encryption of `data`, which fills its blocks.
///
/// # Errors
/// [`Error::Parameter`] for an IV of the wrong length or a mode that pads, [`Error::DataLength`] for data that does not fill its blocks,
/// [`Error::KeySize`] when it is shorter than the key.
pub fn encrypt_data(base: &BlockKey, mode: BlockMode<'_>, data: &[u8], length: usize) -> Result<SecretBytes> {
    if matches!(mode, BlockMode::CbcPad(_)) {
        return Err(Error::Parameter { parameter: "mode with padding" });
    }
    let mut out = SecretBytes::new(vec![0; data.len()]);
    base.encrypt(mode, data, out.expose_mut())?;
    out.expose().get(..length).map(SecretBytes::from).ok_or_else(|| too_long(length))
}
