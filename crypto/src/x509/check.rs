//! The checks that InitializeCluster makes on the two certificates of a customer, and the comparisons of KMS.

use std::fmt;

use der::Encode;

use super::encode::malformed;
use super::parse::{ParsedCertificate, ParsedRequest, rsa_bits};
use crate::{Error, Result, sha256};

/// Which of the customer's two certificates a problem is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// The signed cluster certificate, `SignedCert`.
    SignedCertificate,
    /// The issuing CA's certificate, `TrustAnchor`.
    TrustAnchor,
    /// What a client proves itself with.
    ClientCertificate,
}

impl fmt::Display for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SignedCertificate => "signed certificate",
            Self::TrustAnchor => "trust anchor",
            Self::ClientCertificate => "client certificate",
        })
    }
}

/// Why a cluster does not accept its customer's certificates (documented checks, inferred texts).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateProblem {
    /// The cluster's own request cannot be read; the state is damaged.
    #[error("the cluster's certificate signing request cannot be read: {0}")]
    Request(Error),
    /// Not exactly one certificate.
    #[error("the {0} is not one PEM-encoded certificate: {1}")]
    NotOneCertificate(Presented, Error),
    /// One PEM block, but no X.509 certificate in it that follows RFC 5280.
    #[error("the {0} is not an X.509 certificate: {1}")]
    Malformed(Presented, Error),
    /// The trust anchor's key is not RSA with 2048 or 4096 bits.
    #[error("the trust anchor's key must be RSA with 2048 or 4096 bits, not {}", size(*bits))]
    AnchorKey {
        /// Size of its RSA key, `None` when it is not an RSA key.
        bits: Option<usize>,
    },
    /// A trust anchor with version 3 extensions lacks BasicConstraints.
    #[error("the trust anchor has X.509v3 extensions but no BasicConstraints among them")]
    AnchorBasicConstraints,
    /// The trust anchor's BasicConstraints say that it is no CA (RFC 5280 §4.2.1.9).
    #[error("the trust anchor's BasicConstraints say that it is not a certificate authority")]
    AnchorNotAuthority,
    /// The trust anchor is not issued and signed by itself.
    #[error("the trust anchor is not self-signed")]
    AnchorNotSelfSigned,
    /// The signed certificate holds another key than the cluster's request.
    #[error("the signed certificate's public key is not the one in the cluster's certificate signing request")]
    KeyMismatch,
    /// The signed certificate names another issuer than the trust anchor; intermediates are not supported.
    #[error("the signed certificate was not issued directly by the trust anchor: its issuer has another name")]
    NotIssuedByAnchor,
    /// The trust anchor's key does not verify the signature.
    #[error("the signed certificate's signature does not verify under the trust anchor's key")]
    Signature,
    /// The certificate's validity has not begun.
    #[error("the {0} is not yet valid")]
    NotYetValid(Presented),
    /// The certificate's validity has ended.
    #[error("the {0} has expired")]
    Expired(Presented),
}

/// All checks of InitializeCluster: `signed_pem` is the certificate of the key in `csr_pem`, issued directly by the self-signed `anchor_pem`, and
/// both are valid at `now_unix` (documented).
///
/// # Errors
/// The first check that fails, in the order of [`CertificateProblem`].
pub fn check_cluster_certificate(
    csr_pem: &str,
    signed_pem: &str,
    anchor_pem: &str,
    now_unix: i64,
) -> Result<(), CertificateProblem> {
    let request = ParsedRequest::from_pem(csr_pem).map_err(CertificateProblem::Request)?;
    let signed = read(Presented::SignedCertificate, signed_pem)?;
    let anchor = read(Presented::TrustAnchor, anchor_pem)?;
    check_anchor(&anchor)?;
    if signed.tbs().subject_public_key_info() != &request.parsed.info.public_key {
        return Err(CertificateProblem::KeyMismatch);
    }
    check_issued(&signed, &anchor, now_unix)
}

fn check_issued(signed: &ParsedCertificate, anchor: &ParsedCertificate, now: i64) -> Result<(), CertificateProblem> {
    if !signed.names_issuer(anchor) {
        return Err(CertificateProblem::NotIssuedByAnchor);
    }
    if !signed.is_signed_by(anchor) {
        return Err(CertificateProblem::Signature);
    }
    check_validity(Presented::SignedCertificate, signed, now)?;
    check_validity(Presented::TrustAnchor, anchor, now)
}

/// What a client checks of the certificate that a cluster presents (DER): issued directly by the customer's CA (`anchor_pem`), and both are
/// valid at `now_unix`. The name in it is nobody's host name and is not looked at (documented). Answers the certificate's SubjectPublicKeyInfo,
/// DER, whose private key the cluster still has to show.
///
/// # Errors
/// The first check that fails, in the order of [`CertificateProblem`].
pub fn check_presented_certificate(
    presented: &[u8],
    anchor_pem: &str,
    now_unix: i64,
) -> Result<Vec<u8>, CertificateProblem> {
    let presented = ParsedCertificate::from_der(presented.to_vec())
        .map_err(|error| CertificateProblem::Malformed(Presented::SignedCertificate, error))?;
    let anchor = read(Presented::TrustAnchor, anchor_pem)?;
    check_anchor(&anchor)?;
    check_issued(&presented, &anchor, now_unix)?;
    let key = presented.tbs().subject_public_key_info().to_der();
    key.map_err(malformed("PUBLIC KEY"))
        .map_err(|error| CertificateProblem::Malformed(Presented::SignedCertificate, error))
}

/// That a text is the certificate of a CA that may issue cluster certificates.
///
/// # Errors
/// The first check that fails.
pub fn check_trust_anchor(anchor_pem: &str) -> Result<(), CertificateProblem> {
    check_anchor(&read(Presented::TrustAnchor, anchor_pem)?)
}

/// Whether `cert_pem` was issued directly by `anchor_pem`: it names it and its key verifies the signature. What KMS asks before it accepts
/// a `TrustAnchorCertificate` (documented).
///
/// # Errors
/// [`Error::Pem`] and [`Error::Malformed`] when either is not one certificate.
pub fn issued_by(cert_pem: &str, anchor_pem: &str) -> Result<bool> {
    Ok(ParsedCertificate::from_pem(cert_pem)?.is_issued_by(&ParsedCertificate::from_pem(anchor_pem)?))
}

/// Whether two PEM texts hold the same certificate, whatever stands around it and however its lines are broken. Line breaks of a `file://` parameter
/// are the customer's.
///
/// # Errors
/// [`Error::Pem`] and [`Error::Malformed`] when either is not one certificate.
pub fn same_certificate(a_pem: &str, b_pem: &str) -> Result<bool> {
    Ok(ParsedCertificate::from_pem(a_pem)?.der == ParsedCertificate::from_pem(b_pem)?.der)
}

/// The SHA-256 digest of the certificate's DER form, its identity.
///
/// # Errors
/// [`Error::Pem`] and [`Error::Malformed`] when the text is not one certificate.
pub fn fingerprint(cert_pem: &str) -> Result<[u8; 32]> {
    Ok(sha256(&ParsedCertificate::from_pem(cert_pem)?.der))
}

fn read(which: Presented, text: &str) -> Result<ParsedCertificate, CertificateProblem> {
    ParsedCertificate::from_pem(text).map_err(|error| match error {
        Error::Pem { .. } => CertificateProblem::NotOneCertificate(which, error),
        _ => CertificateProblem::Malformed(which, error),
    })
}

fn check_anchor(anchor: &ParsedCertificate) -> Result<(), CertificateProblem> {
    let bits = rsa_bits(anchor.tbs().subject_public_key_info());
    if !matches!(bits, Some(2048 | 4096)) {
        return Err(CertificateProblem::AnchorKey { bits });
    }
    if anchor.tbs().extensions().is_some_and(|extensions| !extensions.is_empty()) {
        match anchor.basic_constraints() {
            None => return Err(CertificateProblem::AnchorBasicConstraints),
            Some(false) => return Err(CertificateProblem::AnchorNotAuthority),
            Some(true) => {}
        }
    }
    if !anchor.is_issued_by(anchor) {
        return Err(CertificateProblem::AnchorNotSelfSigned);
    }
    Ok(())
}

pub(super) fn check_validity(
    which: Presented,
    certificate: &ParsedCertificate,
    now: i64,
) -> Result<(), CertificateProblem> {
    match certificate.validity() {
        (not_before, _) if now < not_before => Err(CertificateProblem::NotYetValid(which)),
        (_, not_after) if now > not_after => Err(CertificateProblem::Expired(which)),
        _ => Ok(()),
    }
}

fn size(bits: Option<usize>) -> String {
    bits.map_or_else(|| "another kind of key".to_owned(), |bits| format!("RSA with {bits}"))
}
