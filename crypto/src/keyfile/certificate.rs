//! A certificate's parts, byte for byte, as attributes of a certificate object want them.

use der::{Decode, Encode, asn1::ObjectIdentifier};
use x509_cert::name::Name;

use super::{key, text};
use crate::{Error, Result};

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const LABEL: &str = "CERTIFICATE";

/// An X.509 certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// The subject's name, DER.
    pub subject: Vec<u8>,
    /// The issuer's name, DER.
    pub issuer: Vec<u8>,
    /// The serial number, a DER INTEGER.
    pub serial_number: Vec<u8>,
    /// The `SubjectPublicKeyInfo`, DER; of any algorithm.
    pub public_key: Vec<u8>,
    /// The last common name of the subject, if it has one that is text.
    pub common_name: Option<String>,
}

impl Certificate {
    /// Reads a DER certificate.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let parts = || {
            let certificate = x509_cert::Certificate::from_der(der)?;
            let tbs = certificate.tbs_certificate();
            Ok(Self {
                der: der.to_vec(),
                subject: tbs.subject().to_der()?,
                issuer: tbs.issuer().to_der()?,
                serial_number: tbs.serial_number().to_der()?,
                public_key: tbs.subject_public_key_info().to_der()?,
                common_name: common_name(tbs.subject()),
            })
        };
        parts().map_err(|error: der::Error| Error::Malformed { label: LABEL, reason: error.to_string() })
    }

    /// The certificate as PEM.
    ///
    /// # Errors
    /// [`Error::Malformed`] when memory is exhausted.
    pub fn to_pem(&self) -> Result<String> {
        text::write(LABEL, &self.der)
    }

    /// What ties it to its key: [`super::PublicKey::identifier`], of any algorithm.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`].
    pub fn key_identifier(&self) -> Result<[u8; 20]> {
        key::identifier(&self.public_key)
    }
}

fn common_name(name: &Name) -> Option<String> {
    let attribute = name.iter().filter(|attribute| attribute.oid == COMMON_NAME).last()?;
    // The text types that certificates use for it are written as bytes of ASCII or UTF-8.
    std::str::from_utf8(attribute.value.value()).ok().map(str::to_owned)
}
