//! The curves, and how PKCS#11 names them (`CKA_EC_PARAMS`) and their points (`CKA_EC_POINT`) (PKCS#11 v3.1 §6.3.3, §6.3.5).

use der::{
    Decode, Encode,
    asn1::{ObjectIdentifier, PrintableStringRef},
};

use super::encoding;
use crate::{Error, Result};

/// A short Weierstrass curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Curve {
    /// NIST P-224, secp224r1.
    P224,
    /// NIST P-256, secp256r1, prime256v1.
    P256,
    /// NIST P-384, secp384r1.
    P384,
    /// NIST P-521, secp521r1.
    P521,
    /// The curve of Bitcoin.
    Secp256k1,
}

/// A curve of any kind, as curve parameters name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Params {
    /// For ECDSA and ECDH.
    Weierstrass(Curve),
    /// For Ed25519.
    Edwards25519,
    /// For X25519.
    Curve25519,
    /// For Ed448.
    Edwards448,
    /// For X448.
    Curve448,
}

const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");
const ED448: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.113");
const X448: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.111");

/// Every name of every curve; the first row of a curve is the one that is written.
#[rustfmt::skip]
const NAMES: &[(Params, ObjectIdentifier, &[&str])] = &[
    (Params::Weierstrass(Curve::P224), ObjectIdentifier::new_unwrap("1.3.132.0.33"), &["secp224r1", "P-224"]),
    (Params::Weierstrass(Curve::P256), ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"), &["secp256r1", "prime256v1", "P-256"]),
    (Params::Weierstrass(Curve::P384), ObjectIdentifier::new_unwrap("1.3.132.0.34"), &["secp384r1", "P-384"]),
    (Params::Weierstrass(Curve::P521), ObjectIdentifier::new_unwrap("1.3.132.0.35"), &["secp521r1", "P-521"]),
    (Params::Weierstrass(Curve::Secp256k1), ObjectIdentifier::new_unwrap("1.3.132.0.10"), &["secp256k1"]),
    (Params::Edwards25519, ED25519, &["edwards25519", "Ed25519"]),
    (Params::Curve25519, X25519, &["curve25519", "X25519"]),
    (Params::Edwards448, ED448, &["edwards448", "Ed448"]),
    (Params::Curve448, X448, &["curve448", "X448"]),
    // The identifiers of GnuPG, which OpenSC writes.
    (Params::Edwards25519, ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11591.15.1"), &[]),
    (Params::Curve25519, ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3029.1.5.1"), &[]),
];

impl Params {
    /// Reads curve parameters: an object identifier or a name as PrintableString.
    ///
    /// # Errors
    /// [`Error::CurveUnsupported`] for other curves, for explicit parameters and for what is not DER.
    pub fn parse(params: &[u8]) -> Result<Self> {
        let found = if let Ok(oid) = ObjectIdentifier::from_der(params) {
            Self::from_oid(oid)
        } else if let Ok(name) = PrintableStringRef::from_der(params) {
            NAMES.iter().find(|(_, _, names)| names.contains(&name.as_str())).map(|(params, _, _)| *params)
        } else {
            None
        };
        found.ok_or(Error::CurveUnsupported)
    }

    /// The object identifier in DER.
    #[must_use]
    pub fn to_der(self) -> Vec<u8> {
        // The table names every curve, and an identifier of a few arcs always has an encoding.
        self.oid().to_der().unwrap_or_default()
    }

    pub(super) fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        NAMES.iter().find(|(_, candidate, _)| *candidate == oid).map(|(params, _, _)| *params)
    }

    pub(super) const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Weierstrass(Curve::P224) => NAMES[0].1,
            Self::Weierstrass(Curve::P256) => NAMES[1].1,
            Self::Weierstrass(Curve::P384) => NAMES[2].1,
            Self::Weierstrass(Curve::P521) => NAMES[3].1,
            Self::Weierstrass(Curve::Secp256k1) => NAMES[4].1,
            Self::Edwards25519 => ED25519,
            Self::Curve25519 => X25519,
            Self::Edwards448 => ED448,
            Self::Curve448 => X448,
        }
    }
}

impl Curve {
    /// Every curve.
    pub const ALL: [Self; 5] = [Self::P224, Self::P256, Self::P384, Self::P521, Self::Secp256k1];

    /// Bits of the order of the base point.
    #[must_use]
    pub const fn bits(self) -> usize {
        match self {
            Self::P224 => 224,
            Self::P256 | Self::Secp256k1 => 256,
            Self::P384 => 384,
            Self::P521 => 521,
        }
    }

    /// Bytes of a private key, of a coordinate and of half a signature.
    #[must_use]
    pub const fn scalar_len(self) -> usize {
        self.bits().div_ceil(8)
    }

    /// The X9.62 point of a `CKA_EC_POINT` or of an ECDH parameter: a DER OCTET STRING around it is taken off. An uncompressed point starts with
    /// the tag of an OCTET STRING, so the length tells the two apart.
    #[must_use]
    pub fn unwrap_point(self, attribute: &[u8]) -> &[u8] {
        let lengths = [1 + self.scalar_len(), 1 + 2 * self.scalar_len()];
        match encoding::octets(attribute) {
            Some(point) if !lengths.contains(&attribute.len()) => point,
            _ => attribute,
        }
    }
}

/// The DER OCTET STRING around a point, as `CKA_EC_POINT` has it.
///
/// # Errors
/// [`Error::Primitive`] when memory is exhausted.
pub fn wrap_point(point: &[u8]) -> Result<Vec<u8>> {
    encoding::octet_string(point)
}

/// The public key of `N` bytes on an Edwards or Montgomery curve: bare, or in the OCTET STRING or BIT STRING of older tokens.
#[must_use]
pub fn unwrap_bytes<const N: usize>(attribute: &[u8]) -> Option<[u8; N]> {
    let bare = match attribute {
        [4, length, key @ ..] if usize::from(*length) == N && key.len() == N => key,
        [3, length, 0, key @ ..] if usize::from(*length) == N + 1 && key.len() == N => key,
        _ => attribute,
    };
    bare.try_into().ok()
}
