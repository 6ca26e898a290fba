//! Counter mode and authenticated encryption.

use hsm_sim::token::{Gcm, Nonce, Parameter};

use crate::boundary::Bytes;
use crate::ck::{AesCtrParams, CcmParams, ChaChaPolyParams, GcmParams, ShortGcmParams, Ulong};
use crate::convert::mechanism::{INVALID, plain};
use crate::error::Result;

pub(in crate::convert) fn counter(bytes: &Bytes) -> Result<Parameter> {
    let given: AesCtrParams = bytes.parse().ok_or(INVALID)?;
    Ok(Parameter::Counter { bits: given.counter_bits, block: given.block })
}

/// `CK_GCM_PARAMS` in either form. The IV's bits are not looked at: clients leave them 0, and its bytes say the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GivenGcm {
    iv: Bytes,
    aad: Bytes,
    tag_bits: Ulong,
}

impl GivenGcm {
    #[inline]
    pub(in crate::convert) fn read(bytes: &Bytes) -> Option<Self> {
        match bytes.parse::<GcmParams>() {
            Some(given) => Some(Self { iv: given.iv, aad: given.aad, tag_bits: given.tag_bits }),
            None => bytes.parse::<ShortGcmParams>().map(|given| Self {
                iv: given.iv,
                aad: given.aad,
                tag_bits: given.tag_bits,
            }),
        }
    }

    /// What the pointers lead to.
    #[inline]
    pub(crate) fn get(&self) -> Result<Gcm<'_>> {
        Ok(Gcm { iv: plain(&self.iv)?, aad: plain(&self.aad)?, tag_bits: self.tag_bits })
    }

    /// Writes the IV that the HSM made to where the caller's is (documented for `CKM_AES_GCM` of the client library).
    pub(crate) fn tell_iv(mut self, iv: &[u8]) {
        self.iv.overwrite(iv);
    }
}

pub(in crate::convert) fn gcm(bytes: &Bytes) -> Result<Parameter> {
    GivenGcm::read(bytes).ok_or(INVALID)?.get().map(Parameter::from)
}

/// What has the length of a structure is one; anything else is the IV.
pub(in crate::convert) fn gmac(bytes: &Bytes) -> Result<Parameter> {
    if GivenGcm::read(bytes).is_some() { gcm(bytes) } else { Ok(Parameter::Bytes(plain(bytes)?.to_vec())) }
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
