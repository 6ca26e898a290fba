//! Keys of any of the algorithms that files hold.

use der::{Decode, asn1::BitStringRef};
use pkcs1::RsaPublicKeyRef;
use pkcs8::{PrivateKeyInfoRef, spki::SubjectPublicKeyInfoRef};

use super::text;
use crate::{
    Error, Result, SecretBytes,
    asymmetric::{ec, ed448, ed25519, rsa, x448, x25519},
    sha1,
};

const RSA: &str = "1.2.840.113549.1.1.1";
const RSA_PSS: &str = "1.2.840.113549.1.1.10";
const EC: &str = "1.2.840.10045.2.1";
const ED25519: &str = "1.3.101.112";
const X25519: &str = "1.3.101.110";
const ED448: &str = "1.3.101.113";
const X448: &str = "1.3.101.111";

/// A private key.
#[derive(Debug)]
#[allow(missing_docs, reason = "the names are the algorithms'")]
pub enum PrivateKey {
    Rsa(rsa::PrivateKey),
    Ec(ec::PrivateKey),
    Ed25519(ed25519::PrivateKey),
    X25519(x25519::PrivateKey),
    Ed448(ed448::PrivateKey),
    X448(x448::PrivateKey),
}

/// A public key.
#[derive(Debug)]
#[allow(missing_docs, reason = "the names are the algorithms'")]
pub enum PublicKey {
    Rsa(rsa::PublicKey),
    Ec(ec::PublicKey),
    Ed25519(ed25519::PublicKey),
    X25519([u8; 32]),
    Ed448(ed448::PublicKey),
    X448([u8; 56]),
}

impl PrivateKey {
    /// Reads an unencrypted PKCS#8 document.
    ///
    /// # Errors
    /// [`Error::FileContents`] for another algorithm, [`Error::KeyMaterial`], [`Error::KeySize`],
    /// [`Error::CurveUnsupported`].
    pub fn from_pkcs8(document: &[u8]) -> Result<Self> {
        let info = PrivateKeyInfoRef::from_der(document)
            .map_err(|_| Error::KeyMaterial { problem: "it is not a PKCS#8 document" })?;
        Ok(match info.algorithm.oid.to_string().as_str() {
            RSA => Self::Rsa(rsa::PrivateKey::from_pkcs8(document)?),
            EC => Self::Ec(ec::PrivateKey::from_pkcs8(document)?),
            ED25519 => Self::Ed25519(ed25519::PrivateKey::from_pkcs8(document)?),
            X25519 => Self::X25519(x25519::PrivateKey::from_pkcs8(document)?),
            ED448 => Self::Ed448(ed448::PrivateKey::from_pkcs8(document)?),
            X448 => Self::X448(x448::PrivateKey::from_pkcs8(document)?),
            other => return Err(other_algorithm(other)),
        })
    }

    /// The unencrypted PKCS#8 document.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn to_pkcs8(&self) -> Result<SecretBytes> {
        match self {
            Self::Rsa(key) => key.to_pkcs8(),
            Self::Ec(key) => key.to_pkcs8(),
            Self::Ed25519(key) => key.to_pkcs8(),
            Self::X25519(key) => key.to_pkcs8(),
            Self::Ed448(key) => key.to_pkcs8(),
            Self::X448(key) => key.to_pkcs8(),
        }
    }

    /// The unencrypted PKCS#8 document as PEM.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn to_pem(&self) -> Result<SecretBytes> {
        Ok(SecretBytes::new(text::write("PRIVATE KEY", self.to_pkcs8()?.expose())?.into_bytes()))
    }

    /// Its public half.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn public_key(&self) -> Result<PublicKey> {
        Ok(match self {
            Self::Rsa(key) => PublicKey::Rsa(key.public_key()?),
            Self::Ec(key) => PublicKey::Ec(key.public_key()?),
            Self::Ed25519(key) => PublicKey::Ed25519(key.public_key()?),
            Self::X25519(key) => PublicKey::X25519(*key.public_bytes()),
            Self::Ed448(key) => PublicKey::Ed448(key.public_key()),
            Self::X448(key) => PublicKey::X448(*key.public_bytes()),
        })
    }
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// As [`PrivateKey::from_pkcs8`].
    pub fn from_spki(document: &[u8]) -> Result<Self> {
        let info = SubjectPublicKeyInfoRef::from_der(document)
            .map_err(|_| Error::KeyMaterial { problem: "it is not a SubjectPublicKeyInfo" })?;
        Ok(match info.algorithm.oid.to_string().as_str() {
            RSA => Self::Rsa(rsa::PublicKey::from_spki(document)?),
            EC => Self::Ec(ec::PublicKey::from_spki(document)?),
            ED25519 => Self::Ed25519(ed25519::PublicKey::from_spki(document)?),
            X25519 => Self::X25519(x25519::from_spki(document)?),
            ED448 => Self::Ed448(ed448::PublicKey::from_spki(document)?),
            X448 => Self::X448(x448::from_spki(document)?),
            other => return Err(other_algorithm(other)),
        })
    }

    /// Reads a DER `RSAPublicKey`.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`], [`Error::KeySize`].
    pub fn from_pkcs1(document: &[u8]) -> Result<Self> {
        let key = RsaPublicKeyRef::from_der(document)
            .map_err(|_| Error::KeyMaterial { problem: "it is not an RSAPublicKey" })?;
        rsa::PublicKey::new(key.modulus.as_bytes(), key.public_exponent.as_bytes()).map(Self::Rsa)
    }

    /// The `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn to_spki(&self) -> Result<Vec<u8>> {
        match self {
            Self::Rsa(key) => key.to_spki(),
            Self::Ec(key) => key.to_spki(),
            Self::Ed25519(key) => key.to_spki(),
            Self::X25519(key) => x25519::to_spki(key),
            Self::Ed448(key) => key.to_spki(),
            Self::X448(key) => x448::to_spki(key),
        }
    }

    /// The `SubjectPublicKeyInfo` as PEM.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn to_pem(&self) -> Result<String> {
        text::write("PUBLIC KEY", &self.to_spki()?)
    }

    /// What ties a key to its certificate: the SHA-1 digest of the key's bits (RFC 5280 §4.2.1.2, method 1), which is also
    /// what tools put into `CKA_ID`.
    ///
    /// # Errors
    /// [`Error::Primitive`] when memory is exhausted.
    pub fn identifier(&self) -> Result<[u8; 20]> {
        identifier(&self.to_spki()?)
    }
}

/// The identifier of the key in a `SubjectPublicKeyInfo` of any algorithm.
pub(super) fn identifier(spki: &[u8]) -> Result<[u8; 20]> {
    let info: pkcs8::spki::SubjectPublicKeyInfo<der::Any, BitStringRef<'_>> =
        pkcs8::spki::SubjectPublicKeyInfo::from_der(spki)
            .map_err(|_| Error::KeyMaterial { problem: "it is not a SubjectPublicKeyInfo" })?;
    Ok(sha1(info.subject_public_key.raw_bytes()))
}

fn other_algorithm(oid: &str) -> Error {
    let name = match oid {
        RSA_PSS => "a key for RSASSA-PSS only".to_owned(),
        "1.2.840.10040.4.1" => "a DSA key".to_owned(),
        "1.2.840.113549.1.3.1" => "a Diffie-Hellman key".to_owned(),
        other => format!("a key of the algorithm {other}"),
    };
    Error::FileContents { found: name }
}
