//! Signed structures: what is signed, the algorithm, the signature (RFC 5280 §4.1.1).

use der::{
    Decode, Encode, Sequence,
    asn1::{Any, BitString, Null, ObjectIdentifier, OctetString},
};
use x509_cert::{
    certificate::Version,
    ext::{
        Extension, Extensions,
        pkix::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages, SubjectKeyIdentifier},
    },
    name::Name,
    serial_number::SerialNumber,
    spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned},
    time::Validity,
};

use super::pem;
use crate::{Error, Result, RsaKeyPair, sha1};

const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");

/// `TBSCertificate` of a version 3 certificate, the part of it that we write.
#[derive(Sequence)]
pub(super) struct ToBeSigned {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) version: Version,
    pub(super) serial_number: SerialNumber,
    pub(super) signature: AlgorithmIdentifierOwned,
    pub(super) issuer: Name,
    pub(super) validity: Validity,
    pub(super) subject: Name,
    pub(super) subject_public_key_info: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    pub(super) extensions: Extensions,
}

/// Any signed structure: certificate or request.
#[derive(Clone, Sequence)]
pub(super) struct Signed {
    /// What is signed. DER has one form only, so that writing it again gives the very bytes that were signed.
    pub(super) content: Any,
    pub(super) algorithm: AlgorithmIdentifierOwned,
    pub(super) signature: BitString,
}

/// The algorithm of all our signatures: `sha256WithRSAEncryption`.
pub(super) fn signature_algorithm() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: SHA256_WITH_RSA, parameters: Some(Any::from(Null)) }
}

/// The PEM block `label` of `content`, signed by `key`.
pub(super) fn sign(label: &'static str, content: &impl Encode, key: &RsaKeyPair) -> Result<String> {
    let content = content.to_der().map_err(malformed(label))?;
    let signature = key.sign_sha256(&content)?;
    let signed = Signed {
        content: Any::from_der(&content).map_err(malformed(label))?,
        algorithm: signature_algorithm(),
        signature: BitString::from_bytes(&signature).map_err(malformed(label))?,
    };
    pem::write(label, &signed.to_der().map_err(malformed(label))?)
}

/// The extensions that `openssl` gives to a certificate by default: key identifiers of subject and issuer, and for a CA the basic constraints.
/// A CA also gets the key usage, without which strict verifiers (`openssl verify -x509_strict`, Python 3.13) refuse it (RFC 5280 §4.2.1.3).
pub(super) fn extensions(
    subject: &SubjectPublicKeyInfoOwned,
    issuer: &SubjectPublicKeyInfoOwned,
    ca: bool,
) -> Result<Extensions> {
    let identifier = |key: &SubjectPublicKeyInfoOwned| {
        OctetString::new(sha1(key.subject_public_key.raw_bytes())).map_err(malformed(pem::CERTIFICATE))
    };
    let authority = AuthorityKeyIdentifier { key_identifier: Some(identifier(issuer)?), ..Default::default() };
    let mut extensions = vec![
        extension(SUBJECT_KEY_IDENTIFIER, false, &SubjectKeyIdentifier(identifier(subject)?))?,
        extension(AUTHORITY_KEY_IDENTIFIER, false, &authority)?,
    ];
    if ca {
        let constraints = BasicConstraints { ca, path_len_constraint: None };
        extensions.push(extension(BASIC_CONSTRAINTS, true, &constraints)?);
        extensions.push(extension(KEY_USAGE, true, &KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?);
    }
    Ok(extensions)
}

/// The error for a structure that the DER library refuses.
pub(super) fn malformed(label: &'static str) -> impl Fn(der::Error) -> Error {
    move |error| Error::Malformed { label, reason: error.to_string() }
}

pub(super) fn extension(extn_id: ObjectIdentifier, critical: bool, value: &impl Encode) -> Result<Extension> {
    let value = value.to_der().map_err(malformed(pem::CERTIFICATE))?;
    Ok(Extension { extn_id, critical, extn_value: OctetString::new(value).map_err(malformed(pem::CERTIFICATE))? })
}
