//! Making certificates and requests.

use std::time::Duration;

use der::{
    DateTime, Decode,
    asn1::{GeneralizedTime, SetOfVec, UtcTime},
};
use x509_cert::{
    certificate::Version,
    name::Name,
    request::{self, CertReqInfo},
    serial_number::SerialNumber,
    spki::SubjectPublicKeyInfoOwned,
    time::{self, Time},
};

use super::{
    Subject,
    encode::{self, ToBeSigned, malformed},
    parse::{ParsedCertificate, ParsedRequest},
    pem,
};
use crate::{Error, Result, RsaKeyPair, sha256};

/// From when to when a certificate is valid, both moments included, Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// First second.
    pub not_before: i64,
    /// Last second.
    pub not_after: i64,
}

/// What [`issue`] certifies.
#[derive(Debug)]
pub struct Issue<'a> {
    /// Whose certificate it is.
    pub subject: &'a Subject,
    /// The key that is certified: SubjectPublicKeyInfo, DER, as of [`RsaKeyPair::public_key_der`].
    pub public_key_der: &'a [u8],
    /// Whether the subject may sign certificates itself: true for a hardware certificate, false for an HSM certificate.
    pub ca: bool,
    /// Serial number, random; its top bit is cleared.
    pub serial: [u8; 16],
    /// When it is valid.
    pub validity: Validity,
}

/// A customer's CA, or the root of hardware certificates: a self-signed certificate of version 3, the one that
/// `openssl req -new -x509` makes. Its serial number follows from the key, so that it repeats.
///
/// # Errors
/// [`Error::Validity`], [`Error::Name`], [`Error::Primitive`].
pub fn self_signed_ca(key: &RsaKeyPair, subject: &Subject, validity: Validity) -> Result<String> {
    let mut serial = [0; 16];
    serial.copy_from_slice(&sha256(key.public_key_der())[..16]);
    let issuer = Issuer { name: subject.to_name()?, key: public_key(key.public_key_der())? };
    certificate(
        Content { subject: issuer.name.clone(), key: issuer.key.clone(), ca: true, serial, validity },
        issuer,
        key,
    )
}

/// The certificate signing request of a cluster: named [`Subject::cluster`], signed by the first HSM's key.
///
/// # Errors
/// [`Error::Name`], [`Error::Primitive`].
pub fn cluster_csr(key: &RsaKeyPair, hsm_identifier: &str, partition: &str) -> Result<String> {
    let content = CertReqInfo {
        version: request::Version::V1,
        subject: Subject::cluster(hsm_identifier, partition).to_name()?,
        public_key: public_key(key.public_key_der())?,
        attributes: SetOfVec::new(),
    };
    encode::sign(pem::REQUEST, &content, key)
}

/// What a customer does with `openssl x509 -req`: the certificate of a request, signed by a CA.
///
/// # Errors
/// [`Error::Pem`] and [`Error::Malformed`] for an unreadable input, [`Error::RequestSignature`] when the request is not signed by its own key,
/// [`Error::Validity`], [`Error::Primitive`].
pub fn sign_csr(
    ca_pem: &str,
    ca_key: &RsaKeyPair,
    csr_pem: &str,
    serial: [u8; 16],
    validity: Validity,
) -> Result<String> {
    let request = ParsedRequest::from_pem(csr_pem)?;
    if !request.is_signed_by_itself() {
        return Err(Error::RequestSignature);
    }
    let info = request.parsed.info;
    let content = Content { subject: info.subject, key: info.public_key, ca: false, serial, validity };
    certificate(content, Issuer::from_pem(ca_pem)?, ca_key)
}

/// A certificate for a given name and key, signed by an issuer: the HSM certificate by the hardware key, a hardware certificate by a root.
///
/// # Errors
/// [`Error::Pem`] and [`Error::Malformed`] for an unreadable issuer or public key, [`Error::Name`], [`Error::Validity`], [`Error::Primitive`].
pub fn issue(issuer_pem: &str, issuer_key: &RsaKeyPair, request: &Issue<'_>) -> Result<String> {
    let content = Content {
        subject: request.subject.to_name()?,
        key: public_key(request.public_key_der)?,
        ca: request.ca,
        serial: request.serial,
        validity: request.validity,
    };
    certificate(content, Issuer::from_pem(issuer_pem)?, issuer_key)
}

struct Content {
    subject: Name,
    key: SubjectPublicKeyInfoOwned,
    ca: bool,
    serial: [u8; 16],
    validity: Validity,
}

struct Issuer {
    name: Name,
    key: SubjectPublicKeyInfoOwned,
}

impl Issuer {
    fn from_pem(text: &str) -> Result<Self> {
        let certificate = ParsedCertificate::from_pem(text)?;
        let tbs = certificate.tbs();
        Ok(Self { name: tbs.subject().clone(), key: tbs.subject_public_key_info().clone() })
    }
}

fn certificate(content: Content, issuer: Issuer, issuer_key: &RsaKeyPair) -> Result<String> {
    let to_be_signed = ToBeSigned {
        version: Version::V3,
        serial_number: SerialNumber::new(&positive(content.serial)).map_err(malformed(pem::CERTIFICATE))?,
        signature: encode::signature_algorithm(),
        issuer: issuer.name,
        validity: validity(content.validity)?,
        extensions: encode::extensions(&content.key, &issuer.key, content.ca)?,
        subject: content.subject,
        subject_public_key_info: content.key,
    };
    encode::sign(pem::CERTIFICATE, &to_be_signed, issuer_key)
}

/// RFC 5280 §4.1.2.2: a serial number is positive, so neither negative nor zero.
pub(super) fn positive(mut serial: [u8; 16]) -> [u8; 16] {
    serial[0] = serial[0] & 0x7f | 0x40;
    serial
}

pub(super) fn public_key(der: &[u8]) -> Result<SubjectPublicKeyInfoOwned> {
    SubjectPublicKeyInfoOwned::from_der(der).map_err(malformed("PUBLIC KEY"))
}

pub(super) fn validity(validity: Validity) -> Result<time::Validity> {
    let refused = Error::Validity { not_before: validity.not_before, not_after: validity.not_after };
    if validity.not_after < validity.not_before {
        return Err(refused);
    }
    let (Some(not_before), Some(not_after)) = (moment(validity.not_before), moment(validity.not_after)) else {
        return Err(refused);
    };
    Ok(time::Validity::new(not_before, not_after))
}

/// RFC 5280 §4.1.2.5: UTCTime through the year 2049, GeneralizedTime from 2050.
fn moment(unix_seconds: i64) -> Option<Time> {
    let since_epoch = Duration::from_secs(u64::try_from(unix_seconds).ok()?);
    let moment = DateTime::from_unix_duration(since_epoch).ok()?;
    Some(match UtcTime::from_date_time(moment) {
        Ok(short) => Time::UtcTime(short),
        Err(_) => Time::GeneralTime(GeneralizedTime::from_date_time(moment)),
    })
}
