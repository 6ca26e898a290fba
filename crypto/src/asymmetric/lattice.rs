//! The private keys of ML-DSA and ML-KEM inside PKCS#8: the seed, the expanded key, or both (RFC 9881 §6, RFC 9935 §6).

use der::{Decode, Sequence, asn1::OctetStringRef};

use super::encoding;
use crate::{Result, SecretBytes};

/// A private key in one of its three forms.
pub(super) enum Lattice<'a> {
    Seed(&'a [u8]),
    Expanded(&'a [u8]),
    Both { seed: &'a [u8], expanded: &'a [u8] },
}

#[derive(Sequence)]
struct Both<'a> {
    seed: &'a OctetStringRef,
    expanded: &'a OctetStringRef,
}

impl<'a> Lattice<'a> {
    pub(super) fn parse(der: &'a [u8]) -> Option<Self> {
        if let Some(expanded) = encoding::octets(der) {
            return Some(Self::Expanded(expanded));
        }
        if let Ok(Both { seed, expanded }) = Both::from_der(der) {
            return Some(Self::Both { seed: seed.as_bytes(), expanded: expanded.as_bytes() });
        }
        // [0] IMPLICIT OCTET STRING, shorter than 128 bytes.
        match der {
            [0x80, length, seed @ ..] if usize::from(*length) == seed.len() && *length < 128 => Some(Self::Seed(seed)),
            _ => None,
        }
    }

    /// The form that is written: the seed where it is known.
    pub(super) fn to_der(seed: Option<&SecretBytes>, expanded: &SecretBytes) -> Result<SecretBytes> {
        match seed.map(SecretBytes::expose) {
            // A seed has 32 or 64 bytes, and so a length of one byte.
            Some(seed) => Ok(SecretBytes::new([&[0x80, seed.len() as u8], seed].concat())),
            None => encoding::octet_string(expanded.expose()).map(SecretBytes::new),
        }
    }
}
