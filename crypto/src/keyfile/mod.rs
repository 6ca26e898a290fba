//! Keys and certificates in files, as other tools write them: PEM with any number of blocks, or DER of one thing.
//!
//! | form | what |
//! |---|---|
//! | PKCS#8, plain or encrypted (PBES2: PBKDF2 or scrypt) | private key |
//! | PKCS#1, SEC1 | private key |
//! | `SubjectPublicKeyInfo`, PKCS#1 | public key |
//! | X.509 | certificate |
//! | PKCS#12, modern (PBES2) or legacy (triple DES, 40-bit RC2) | private keys and certificates |
//!
//! Whatever the bytes are, [`read`] answers and does not panic; password hashing that would take minutes or gigabytes is refused.

mod certificate;
mod encrypted;
mod handle;
mod key;
mod pkcs12;
mod text;

use der::{
    Decode,
    asn1::{AnyRef, UintRef},
};
use pkcs8::{PrivateKeyInfoRef, spki::SubjectPublicKeyInfoRef};

pub use certificate::Certificate;
pub use handle::{read_handle, write_handle};
pub use key::{PrivateKey, PublicKey};

use crate::{Error, Password, Result, asymmetric::ec, asymmetric::rsa};

/// Something that a file held.
#[derive(Debug)]
pub struct Entry {
    /// What it is.
    pub content: Content,
    /// The name that the file gives it: the friendly name of PKCS#12.
    pub name: Option<String>,
}

/// A key or a certificate.
#[derive(Debug)]
pub enum Content {
    /// A private key.
    PrivateKey(PrivateKey),
    /// A public key.
    PublicKey(PublicKey),
    /// A certificate.
    Certificate(Certificate),
}

impl From<Content> for Entry {
    fn from(content: Content) -> Self {
        Self { content, name: None }
    }
}

/// Everything that a file holds, in its order; PKCS#12 has its keys first.
///
/// # Errors
/// [`Error::FileUnrecognized`], [`Error::FileContents`], [`Error::FilePasswordNeeded`], [`Error::FilePasswordWrong`],
/// [`Error::FileEncryption`], or why a key or a certificate in it is none: [`Error::KeyMaterial`], [`Error::KeySize`],
/// [`Error::CurveUnsupported`], [`Error::Malformed`].
pub fn read(file: &[u8], password: Option<&Password>) -> Result<Vec<Entry>> {
    if text::is_pem(file) { text::read(file, password) } else { der(file, password) }
}

/// The first number of each of these structures, or that there is none, and then the whole structure, tells them apart.
fn der(file: &[u8], password: Option<&Password>) -> Result<Vec<Entry>> {
    if first_number(file) == Some(&[pkcs12::VERSION]) {
        return pkcs12::read(file, password);
    }
    let content = if x509_cert::Certificate::from_der(file).is_ok() {
        Content::Certificate(Certificate::from_der(file)?)
    } else if PrivateKeyInfoRef::from_der(file).is_ok() {
        Content::PrivateKey(PrivateKey::from_pkcs8(file)?)
    } else if ::pkcs1::RsaPrivateKeyRef::from_der(file).is_ok() {
        Content::PrivateKey(PrivateKey::Rsa(rsa::PrivateKey::from_pkcs1(file)?))
    } else if sec1::EcPrivateKey::from_der(file).is_ok() {
        Content::PrivateKey(PrivateKey::Ec(ec::PrivateKey::from_sec1(file)?))
    } else if SubjectPublicKeyInfoRef::from_der(file).is_ok() {
        Content::PublicKey(PublicKey::from_spki(file)?)
    } else if ::pkcs1::RsaPublicKeyRef::from_der(file).is_ok() {
        Content::PublicKey(PublicKey::from_pkcs1(file)?)
    } else if encrypted::is_document(file) {
        Content::PrivateKey(PrivateKey::from_pkcs8(encrypted::open(file, password)?.expose())?)
    } else {
        return Err(Error::FileUnrecognized);
    };
    Ok(vec![content.into()])
}

/// The number that a SEQUENCE starts with.
fn first_number(file: &[u8]) -> Option<&[u8]> {
    let outer = AnyRef::from_der(file).ok().filter(|outer| outer.value().first() == Some(&2))?;
    let (number, _) = UintRef::from_der_partial(outer.value()).ok()?;
    Some(number.as_bytes())
}
