//! Counter mode and authenticated encryption.

use hsm_sim::token::{Nonce, Parameter};

use crate::boundary::Bytes;
use crate::ck::{AesCtrParams, CcmParams, ChaChaPolyParams, GcmParams, ShortGcmParams, Ulong};
use crate::convert::mechanism::{INVALID, plain};
use crate::error::Result;

pub(in crate::convert) fn counter(bytes: &Bytes) -> Result<Parameter> {
    let given: AesCtrParams = bytes.parse().ok_or(INVALID)?;
    Ok(Parameter::Counter { bits: given.counter_bits, block: given.block })
}

/// The IV's bits are not looked at: clients leave them 0, and its bytes say the same.
pub(in crate::convert) fn gcm(bytes: &Bytes) -> Result<Parameter> {
    let (iv, aad, tag_bits) = match bytes.parse::<GcmParams>() {
        Some(given) => (given.iv, given.aad, given.tag_bits),
        None => {
            let given: ShortGcmParams = bytes.parse().ok_or(INVALID)?;
            (given.iv, given.aad, given.tag_bits)
        }
    };
    Ok(Parameter::Gcm { iv: Nonce::from_slice(plain(&iv)?), aad: plain(&aad)?.to_vec(), tag_bits })
}

/// What has the length of a structure is one; anything else is the IV.
pub(in crate::convert) fn gmac(bytes: &Bytes) -> Result<Parameter> {
    let structured = bytes.parse::<GcmParams>().is_some() || bytes.parse::<ShortGcmParams>().is_some();
    if structured { gcm(bytes) } else { Ok(Parameter::Bytes(plain(bytes)?.to_vec())) }
}

pub(in crate::convert) fn ccm(bytes: &Bytes) -> Result<Parameter> {
    let given: CcmParams = bytes.parse().ok_or(INVALID)?;
    Ok(Parameter::Ccm {
        data_len: given.data_len,
        nonce: Nonce::from_slice(plain(&given.nonce)?),
        aad: plain(&given.aad)?.to_vec(),
        mac_len: given.mac_len,
    })
}

pub(in crate::convert) fn chacha_poly(bytes: &Bytes) -> Result<Parameter> {
    let given: ChaChaPolyParams = bytes.parse().ok_or(INVALID)?;
    Ok(Parameter::ChaChaPoly {
        nonce: Nonce::from_slice(plain(&chacha_nonce(given.nonce))?),
        aad: plain(&given.aad)?.to_vec(),
    })
}

/// The nonce of ChaCha20-Poly1305. The standard counts its bits, most clients its bytes; no number means both.
pub(in crate::convert) fn chacha_nonce(given: Bytes) -> Bytes {
    const BITS: Ulong = 96;
    if given.count() == BITS { given.shortened(BITS / 8) } else { given }
}
