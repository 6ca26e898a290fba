//! Ciphers and message authentication codes under secret keys.

use subtle::ConstantTimeEq;

use crate::{Error, Result};

/// Compares a tag of known length with what a caller presents, in constant time.
pub(crate) fn check_tag(expected: &[u8], presented: &[u8]) -> Result<()> {
    if presented.len() != expected.len() {
        return Err(Error::SignatureLength { bytes: presented.len() });
    }
    if bool::from(expected.ct_eq(presented)) { Ok(()) } else { Err(Error::SignatureInvalid) }
}
