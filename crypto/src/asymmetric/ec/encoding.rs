//! The standard encodings of elliptic-curve keys: RFC 5915 inside PKCS#8, and `SubjectPublicKeyInfo` (RFC 5480).

use der::{
    Decode, Encode,
    asn1::{AnyRef, ObjectIdentifier},
};
use sec1::{EcParameters, EcPrivateKey};

use super::{
    super::{
        curve::{Curve, Params},
        encoding::{self, Envelope},
    },
    PrivateKey, PublicKey,
};
use crate::{Error, Result, SecretBytes};

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const WRITE: Error = Error::Primitive { operation: "write an elliptic-curve key" };

impl PrivateKey {
    /// Reads an unencrypted PKCS#8 document.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`], [`Error::CurveUnsupported`].
    pub fn from_pkcs8(document: &[u8]) -> Result<Self> {
        let envelope = Envelope::private(document)?;
        let document = envelope.expect(EC_PUBLIC_KEY)?;
        Self::from_sec1_on(document, envelope.curve())
    }

    /// Reads a DER `ECPrivateKey` that names its curve.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`], [`Error::CurveUnsupported`].
    pub fn from_sec1(document: &[u8]) -> Result<Self> {
        Self::from_sec1_on(document, None)
    }

    fn from_sec1_on(document: &[u8], curve: Option<ObjectIdentifier>) -> Result<Self> {
        let key = EcPrivateKey::from_der(document)
            .map_err(|_| Error::KeyMaterial { problem: "it is not an ECPrivateKey" })?;
        let inner = key.parameters.and_then(EcParameters::named_curve);
        let curve = named(curve.or(inner))?;
        let made = Self::new(curve, key.private_key)?;
        let same = key.public_key.is_none_or(|point| {
            point == made.point() || PublicKey::new(curve, point).is_ok_and(|public| public.point() == made.point())
        });
        if same { Ok(made) } else { Err(Error::KeyMaterial { problem: "its public point is that of another key" }) }
    }

    /// The unencrypted PKCS#8 document, with the public point.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn to_pkcs8(&self) -> Result<SecretBytes> {
        let key =
            EcPrivateKey { private_key: self.number().expose(), parameters: None, public_key: Some(self.point()) };
        let key = SecretBytes::new(key.to_der().map_err(|_| WRITE)?);
        let curve = Params::Weierstrass(self.curve()).oid();
        encoding::private(EC_PUBLIC_KEY, Some(AnyRef::from(&curve)), key.expose())
    }
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`], [`Error::CurveUnsupported`].
    pub fn from_spki(document: &[u8]) -> Result<Self> {
        let envelope = Envelope::public(document)?;
        let point = envelope.expect(EC_PUBLIC_KEY)?;
        Self::new(named(envelope.curve())?, point)
    }

    /// The `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn to_spki(&self) -> Result<Vec<u8>> {
        let curve = Params::Weierstrass(self.curve()).oid();
        encoding::public(EC_PUBLIC_KEY, Some(AnyRef::from(&curve)), self.point())
    }
}

fn named(curve: Option<ObjectIdentifier>) -> Result<Curve> {
    match curve.and_then(Params::from_oid) {
        Some(Params::Weierstrass(curve)) => Ok(curve),
        _ => Err(Error::CurveUnsupported),
    }
}
