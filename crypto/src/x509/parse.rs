//! Reading certificates and requests, and verifying their signatures.

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RsaParameters,
    UnparsedPublicKey,
};
use der::{Decode, Encode, Sequence, asn1::ObjectIdentifier, asn1::UintRef};
use x509_cert::{
    Certificate, TbsCertificate,
    ext::pkix::BasicConstraints,
    request::CertReq,
    spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned},
    time::Time,
};

use super::{
    encode::{Signed, malformed},
    pem,
};
use crate::Result;
use crate::asymmetric::curve::Curve;
use crate::asymmetric::ec;
use crate::hash::Hash;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// A certificate with its own bytes.
#[derive(Clone)]
pub(super) struct ParsedCertificate {
    pub(super) der: Vec<u8>,
    parsed: Certificate,
    signed: Signed,
}

impl ParsedCertificate {
    /// Reads the one certificate of a PEM text.
    pub(super) fn from_pem(text: &str) -> Result<Self> {
        Self::from_der(pem::read_one(pem::CERTIFICATE, text)?)
    }

    /// Reads a certificate.
    pub(super) fn from_der(der: Vec<u8>) -> Result<Self> {
        let parsed = Certificate::from_der(&der).map_err(malformed(pem::CERTIFICATE))?;
        let signed = Signed::from_der(&der).map_err(malformed(pem::CERTIFICATE))?;
        Ok(Self { der, parsed, signed })
    }

    pub(super) fn tbs(&self) -> &TbsCertificate {
        self.parsed.tbs_certificate()
    }

    /// Whether `issuer` is named as the direct issuer and its key verifies the signature.
    pub(super) fn is_issued_by(&self, issuer: &Self) -> bool {
        self.names_issuer(issuer) && self.is_signed_by(issuer)
    }

    pub(super) fn names_issuer(&self, issuer: &Self) -> bool {
        self.tbs().issuer() == issuer.tbs().subject()
    }

    /// Whether the key of `issuer` verifies the signature, and the algorithm inside is the one outside (RFC 5280 §4.1.1.2).
    pub(super) fn is_signed_by(&self, issuer: &Self) -> bool {
        self.tbs().signature() == &self.signed.algorithm
            && verifies(&self.signed, issuer.tbs().subject_public_key_info())
    }

    /// The `cA` flag of the basic constraints, if they are there and readable.
    pub(super) fn basic_constraints(&self) -> Option<bool> {
        let (_critical, constraints) = self.tbs().get_extension::<BasicConstraints>().ok()??;
        Some(constraints.ca)
    }

    /// First and last second of the validity, Unix time.
    pub(super) fn validity(&self) -> (i64, i64) {
        let seconds = |time: Time| time.to_unix_duration().as_secs().cast_signed();
        let validity = self.tbs().validity();
        (seconds(validity.not_before), seconds(validity.not_after))
    }
}

/// A certificate signing request.
pub(super) struct ParsedRequest {
    pub(super) parsed: CertReq,
    signed: Signed,
}

impl ParsedRequest {
    /// Reads the one request of a PEM text.
    pub(super) fn from_pem(text: &str) -> Result<Self> {
        let der = pem::read_one(pem::REQUEST, text)?;
        let parsed = CertReq::from_der(&der).map_err(malformed(pem::REQUEST))?;
        let signed = Signed::from_der(&der).map_err(malformed(pem::REQUEST))?;
        Ok(Self { parsed, signed })
    }

    pub(super) fn is_signed_by_itself(&self) -> bool {
        verifies(&self.signed, &self.parsed.info.public_key)
    }
}

/// Bits of the modulus of an RSA key; `None` for another kind of key or a malformed one.
pub(super) fn rsa_bits(key: &SubjectPublicKeyInfoOwned) -> Option<usize> {
    let key = RsaPublicKey::from_der(rsa_key_bytes(key)?).ok()?;
    let modulus = key.modulus.as_bytes();
    Some(modulus.len() * 8 - modulus.first()?.leading_zeros() as usize)
}

/// The curve of an EC key; `None` for another kind of key or a malformed one.
pub(super) fn named_curve(key: &SubjectPublicKeyInfoOwned) -> Option<Curve> {
    Some(ec_key(key)?.curve())
}

fn ec_key(key: &SubjectPublicKeyInfoOwned) -> Option<ec::PublicKey> {
    ec::PublicKey::from_spki(&key.to_der().ok()?).ok()
}

/// `RSAPublicKey` (RFC 8017, appendix A.1.1).
#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    #[allow(dead_code, reason = "part of the structure")]
    exponent: UintRef<'a>,
}

fn rsa_key_bytes(key: &SubjectPublicKeyInfoOwned) -> Option<&[u8]> {
    (key.algorithm.oid == RSA_ENCRYPTION).then(|| key.subject_public_key.as_bytes()).flatten()
}

fn verifies(signed: &Signed, key: &SubjectPublicKeyInfoOwned) -> bool {
    let verified = || {
        let message = signed.content.to_der().ok()?;
        let signature = signed.signature.as_bytes()?;
        match algorithm(&signed.algorithm)? {
            Algorithm::Rsa(parameters) => {
                UnparsedPublicKey::new(parameters, rsa_key_bytes(key)?).verify(&message, signature).ok()
            }
            Algorithm::Ecdsa(hash) => {
                let key = ec_key(key)?;
                let signature = ec::signature_from_der(key.curve(), signature).ok()?;
                key.verify(hash.digest(&message).as_ref(), &signature).ok()
            }
        }
    };
    verified().is_some()
}

enum Algorithm {
    Rsa(&'static RsaParameters),
    Ecdsa(Hash),
}

/// RSA and ECDSA with SHA-256, SHA-384 or SHA-512 (RFC 4055 §5, RFC 5758 §3.2); SHA-1 and RSASSA-PSS are not accepted (inferred).
fn algorithm(identifier: &AlgorithmIdentifierOwned) -> Option<Algorithm> {
    match identifier.oid.to_string().as_str() {
        "1.2.840.113549.1.1.11" => Some(Algorithm::Rsa(&RSA_PKCS1_2048_8192_SHA256)),
        "1.2.840.113549.1.1.12" => Some(Algorithm::Rsa(&RSA_PKCS1_2048_8192_SHA384)),
        "1.2.840.113549.1.1.13" => Some(Algorithm::Rsa(&RSA_PKCS1_2048_8192_SHA512)),
        "1.2.840.10045.4.3.2" => Some(Algorithm::Ecdsa(Hash::Sha256)),
        "1.2.840.10045.4.3.3" => Some(Algorithm::Ecdsa(Hash::Sha384)),
        "1.2.840.10045.4.3.4" => Some(Algorithm::Ecdsa(Hash::Sha512)),
        _ => None,
    }
}
