//! Certificates whose key stands elsewhere, such as in a token: what is to be signed goes out, the signature comes back.

use std::net::IpAddr;
use std::str::FromStr;

use der::{
    Any, Decode, Encode,
    asn1::{BitString, Ia5String, Null, ObjectIdentifier, OctetString},
};
use x509_cert::{
    certificate::Version,
    ext::pkix::{SubjectAltName, name::GeneralName},
    serial_number::SerialNumber,
    spki::AlgorithmIdentifierOwned,
};

use super::{
    Subject, Validity,
    encode::{self, Signed, ToBeSigned, malformed},
    issue, pem,
};
use crate::{Error, Result};

const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");

/// How the certificate will be signed; the digest is part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the algorithms'")]
pub enum SignedBy {
    RsaSha256,
    EcdsaSha256,
    EcdsaSha384,
    EcdsaSha512,
    Ed25519,
}

impl SignedBy {
    /// RFC 4055 §5, RFC 5758 §3.2, RFC 8410 §3; of these only RSA has parameters.
    fn identifier(self) -> AlgorithmIdentifierOwned {
        let oid = ObjectIdentifier::new_unwrap(match self {
            Self::RsaSha256 => "1.2.840.113549.1.1.11",
            Self::EcdsaSha256 => "1.2.840.10045.4.3.2",
            Self::EcdsaSha384 => "1.2.840.10045.4.3.3",
            Self::EcdsaSha512 => "1.2.840.10045.4.3.4",
            Self::Ed25519 => "1.3.101.112",
        });
        AlgorithmIdentifierOwned { oid, parameters: (self == Self::RsaSha256).then(|| Any::from(Null)) }
    }

    /// The signature as certificates have it, from what a token gives: of ECDSA r and s side by side.
    fn signature(self, made: &[u8]) -> Result<Vec<u8>> {
        match self {
            Self::RsaSha256 | Self::Ed25519 => Ok(made.to_vec()),
            Self::EcdsaSha256 | Self::EcdsaSha384 | Self::EcdsaSha512 => crate::asymmetric::ec::signature_to_der(made),
        }
    }
}

/// Another name of a certificate's subject (RFC 5280 §4.2.1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlternativeName {
    /// `DNS:`, the name of a host.
    Dns(String),
    /// `IP:`.
    Ip(IpAddr),
    /// `email:`.
    Email(String),
    /// `URI:`.
    Uri(String),
}

/// As `openssl` writes them, `DNS:localhost`; without a prefix the form tells the kind.
impl FromStr for AlternativeName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ip = |text: &str| text.parse().map(Self::Ip).map_err(|_| format!("'{text}' is not an IP address"));
        let name = match text.split_once(':') {
            Some(("DNS", name)) => Self::Dns(name.to_owned()),
            Some(("IP", address)) => return ip(address),
            Some(("email", address)) => Self::Email(address.to_owned()),
            Some(("URI", uri)) => Self::Uri(uri.to_owned()),
            _ if text.contains("://") => Self::Uri(text.to_owned()),
            _ if text.contains('@') => Self::Email(text.to_owned()),
            _ => ip(text).unwrap_or_else(|_| Self::Dns(text.to_owned())),
        };
        match &name {
            Self::Dns(name) | Self::Email(name) | Self::Uri(name) if name.is_empty() || !name.is_ascii() => {
                Err(format!("'{text}' is empty or not ASCII; write host names of other letters in their xn-- form"))
            }
            Self::Dns(name) if name.contains([':', '/', ' ']) => Err(format!("'{name}' is not the name of a host")),
            _ => Ok(name),
        }
    }
}

impl AlternativeName {
    fn general(&self) -> der::Result<GeneralName> {
        Ok(match self {
            Self::Dns(name) => GeneralName::DnsName(Ia5String::new(name)?),
            Self::Email(address) => GeneralName::Rfc822Name(Ia5String::new(address)?),
            Self::Uri(uri) => GeneralName::UniformResourceIdentifier(Ia5String::new(uri)?),
            Self::Ip(IpAddr::V4(address)) => GeneralName::IpAddress(OctetString::new(address.octets())?),
            Self::Ip(IpAddr::V6(address)) => GeneralName::IpAddress(OctetString::new(address.octets())?),
        })
    }
}

/// What a self-signed certificate says.
#[derive(Debug)]
pub struct SelfSigned<'a> {
    /// Subject and issuer.
    pub subject: &'a Subject,
    /// The subject's other names.
    pub alternative_names: &'a [AlternativeName],
    /// The key: SubjectPublicKeyInfo, DER.
    pub public_key_der: &'a [u8],
    /// Whether it may sign other certificates.
    pub ca: bool,
    /// Serial number, random; its top bit is cleared.
    pub serial: [u8; 16],
    /// When it is valid.
    pub validity: Validity,
    /// How it will be signed.
    pub signed_by: SignedBy,
}

/// A certificate that waits for its signature.
#[derive(Debug)]
pub struct Unsigned {
    to_be_signed: Vec<u8>,
    signed_by: SignedBy,
}

impl Unsigned {
    /// A certificate of version 3.
    ///
    /// # Errors
    /// [`Error::Validity`], [`Error::Name`], [`Error::Malformed`] for an unreadable public key.
    pub fn new(wanted: &SelfSigned<'_>) -> Result<Self> {
        let key = issue::public_key(wanted.public_key_der)?;
        let name = wanted.subject.to_name()?;
        let mut extensions = encode::extensions(&key, &key, wanted.ca)?;
        if !wanted.alternative_names.is_empty() {
            let names: der::Result<Vec<_>> = wanted.alternative_names.iter().map(AlternativeName::general).collect();
            let names = SubjectAltName(names.map_err(malformed(pem::CERTIFICATE))?);
            extensions.push(encode::extension(SUBJECT_ALT_NAME, false, &names)?);
        }
        let to_be_signed = ToBeSigned {
            version: Version::V3,
            serial_number: SerialNumber::new(&issue::positive(wanted.serial)).map_err(malformed(pem::CERTIFICATE))?,
            signature: wanted.signed_by.identifier(),
            issuer: name.clone(),
            validity: issue::validity(wanted.validity)?,
            subject: name,
            subject_public_key_info: key,
            extensions,
        };
        let to_be_signed = to_be_signed.to_der().map_err(malformed(pem::CERTIFICATE))?;
        Ok(Self { to_be_signed, signed_by: wanted.signed_by })
    }

    /// What the key signs.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// The certificate, DER, with the signature that the key made: of ECDSA r and s side by side.
    ///
    /// # Errors
    /// [`Error::Malformed`] for an empty signature.
    pub fn signed(&self, signature: &[u8]) -> Result<Vec<u8>> {
        if signature.is_empty() {
            return Err(Error::Malformed { label: pem::CERTIFICATE, reason: "there is no signature".to_owned() });
        }
        let signed = Signed {
            content: Any::from_der(&self.to_be_signed).map_err(malformed(pem::CERTIFICATE))?,
            algorithm: self.signed_by.identifier(),
            signature: BitString::from_bytes(&self.signed_by.signature(signature)?)
                .map_err(malformed(pem::CERTIFICATE))?,
        };
        signed.to_der().map_err(malformed(pem::CERTIFICATE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternative_names_in_every_form() {
        use AlternativeName::{Dns, Email, Ip, Uri};
        for (text, expected) in [
            ("localhost", Ok(Dns("localhost".to_owned()))),
            ("DNS:*.example.com", Ok(Dns("*.example.com".to_owned()))),
            ("127.0.0.1", Ok(Ip([127, 0, 0, 1].into()))),
            ("IP:::1", Ok(Ip("::1".parse().unwrap()))),
            ("::1", Ok(Ip("::1".parse().unwrap()))),
            ("me@example.com", Ok(Email("me@example.com".to_owned()))),
            ("https://example.com/", Ok(Uri("https://example.com/".to_owned()))),
        ] {
            assert_eq!(text.parse(), expected, "{text}");
        }
        for text in ["", "DNS:", "IP:localhost", "a b", "häuser.example", "what:ever"] {
            assert!(text.parse::<AlternativeName>().is_err(), "{text}");
        }
    }
}
