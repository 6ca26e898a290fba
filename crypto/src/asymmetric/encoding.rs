//! The envelopes of keys: PKCS#8 for private ones (RFC 5958), `SubjectPublicKeyInfo` for public ones (RFC 5280 §4.1).

use der::{
    Decode, Encode,
    asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef},
};
use pkcs8::{
    PrivateKeyInfoRef,
    spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef},
};

use crate::{Error, Result, SecretBytes};

const WRITE: Error = Error::Primitive { operation: "write a key" };
const WRONG_ALGORITHM: Error = Error::KeyMaterial { problem: "it is a key of another algorithm" };

/// A key's algorithm with its parameters, and the key itself.
pub(super) struct Envelope<'a> {
    pub(super) algorithm: AlgorithmIdentifierRef<'a>,
    pub(super) key: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Opens a PKCS#8 document.
    pub(super) fn private(document: &'a [u8]) -> Result<Self> {
        let info = PrivateKeyInfoRef::from_der(document)
            .map_err(|_| Error::KeyMaterial { problem: "it is not a PKCS#8 document" })?;
        Ok(Self { algorithm: info.algorithm, key: info.private_key.as_bytes() })
    }

    /// Opens a `SubjectPublicKeyInfo`.
    pub(super) fn public(document: &'a [u8]) -> Result<Self> {
        let malformed = || Error::KeyMaterial { problem: "it is not a SubjectPublicKeyInfo" };
        let info = SubjectPublicKeyInfoRef::from_der(document).map_err(|_| malformed())?;
        let key = info.subject_public_key.as_bytes().ok_or_else(malformed)?;
        Ok(Self { algorithm: info.algorithm, key })
    }

    /// The key, if the algorithm is this one. Parameters are not looked at: those who have none are written with NULL by some.
    pub(super) fn expect(&self, algorithm: ObjectIdentifier) -> Result<&'a [u8]> {
        if self.algorithm.oid == algorithm { Ok(self.key) } else { Err(WRONG_ALGORITHM) }
    }

    /// The parameters as a named curve.
    pub(super) fn curve(&self) -> Option<ObjectIdentifier> {
        self.algorithm.parameters.and_then(|parameters| parameters.decode_as().ok())
    }
}

/// Writes a PKCS#8 document.
pub(super) fn private(algorithm: ObjectIdentifier, parameters: Option<AnyRef<'_>>, key: &[u8]) -> Result<SecretBytes> {
    let key = OctetStringRef::new(key).map_err(|_| WRITE)?;
    let info = PrivateKeyInfoRef::new(AlgorithmIdentifierRef { oid: algorithm, parameters }, key);
    info.to_der().map(SecretBytes::new).map_err(|_| WRITE)
}

/// Writes a `SubjectPublicKeyInfo`.
pub(super) fn public(algorithm: ObjectIdentifier, parameters: Option<AnyRef<'_>>, key: &[u8]) -> Result<Vec<u8>> {
    let subject_public_key = BitStringRef::from_bytes(key).map_err(|_| WRITE)?;
    let algorithm = AlgorithmIdentifierRef { oid: algorithm, parameters };
    SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der().map_err(|_| WRITE)
}

/// The contents of a DER OCTET STRING that fills `bytes`.
pub(super) fn octets(bytes: &[u8]) -> Option<&[u8]> {
    <&OctetStringRef>::from_der(bytes).ok().map(OctetStringRef::as_bytes)
}

/// A DER OCTET STRING.
pub(super) fn octet_string(contents: &[u8]) -> Result<Vec<u8>> {
    OctetStringRef::new(contents).and_then(|octets| octets.to_der()).map_err(|_| WRITE)
}
