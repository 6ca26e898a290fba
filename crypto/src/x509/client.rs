//! The certificates of mutual TLS: trust anchors that an HSM keeps, and the chains that clients present (documented).

use std::fmt;

use der::Encode;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::check::{CertificateProblem, Presented, check_validity};
use super::encode::malformed;
use super::parse::{ParsedCertificate, named_curve, rsa_bits};
use crate::asymmetric::curve::Curve;
use crate::{Error, Result, sha256};

/// Why a text is no trust anchor for clients (documented rules, inferred texts).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnchorProblem {
    /// No certificate in it, or something that cannot be read as one.
    #[error("the file holds no PEM-encoded X.509 certificate that can be read")]
    Unreadable,
    /// A key that is neither RSA with 2048, 3072 or 4096 bits nor on P-256, P-384 or P-521.
    #[error("a certificate's key must be RSA with 2048, 3072 or 4096 bits or EC on P-256, P-384 or P-521")]
    Key,
    /// The certificates are no chain from the first to a self-signed one, or the other way round.
    #[error("the certificates are no whole chain in hierarchical order")]
    Chain,
}

/// Certificates that clients' certificates must lead to: a self-signed one, or intermediate ones with their root.
#[derive(Clone)]
pub struct ClientAnchor(Vec<ParsedCertificate>);

/// What a client presents: its certificate, then those between it and a trust anchor.
#[derive(Clone)]
pub struct ClientChain(Vec<ParsedCertificate>);

impl ClientAnchor {
    /// Reads a PEM text.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn from_pem(text: &str) -> Result<Self, AnchorProblem> {
        let chain = read_all(text).map_err(|_| AnchorProblem::Unreadable)?;
        let (Some(first), Some(last)) = (chain.first(), chain.last()) else { return Err(AnchorProblem::Unreadable) };
        if !chain.iter().all(|certificate| is_key_of_anchor(certificate.tbs().subject_public_key_info())) {
            return Err(AnchorProblem::Key);
        }
        let upwards = chain.windows(2).all(|pair| pair[0].is_issued_by(&pair[1])) && last.is_issued_by(last);
        let downwards = chain.windows(2).all(|pair| pair[1].is_issued_by(&pair[0])) && first.is_issued_by(first);
        if upwards || downwards { Ok(Self(chain)) } else { Err(AnchorProblem::Chain) }
    }

    /// What tells one anchor from others: the digest of its certificates, however they are written down.
    pub fn fingerprint(&self) -> [u8; 32] {
        let bytes: Vec<u8> = self.0.iter().flat_map(|certificate| certificate.der.iter().copied()).collect();
        sha256(&bytes)
    }
}

impl ClientChain {
    /// Reads certificates as TLS carries them (DER), the client's own first.
    ///
    /// # Errors
    /// [`Error::Malformed`] when one cannot be read, or there is none.
    pub fn from_der<'a>(chain: impl IntoIterator<Item = &'a [u8]>) -> Result<Self> {
        let chain = chain.into_iter().map(|der| ParsedCertificate::from_der(der.to_vec()));
        Self::of(chain.collect::<Result<Vec<_>>>()?)
    }

    /// Reads the certificates of a PEM text, the client's own first.
    ///
    /// # Errors
    /// As [`ClientChain::from_der`]; [`Error::Pem`].
    pub fn from_pem(text: &str) -> Result<Self> {
        Self::of(read_all(text)?)
    }

    fn of(chain: Vec<ParsedCertificate>) -> Result<Self> {
        if chain.is_empty() {
            return Err(Error::Malformed { label: super::pem::CERTIFICATE, reason: "there is none".to_owned() });
        }
        Ok(Self(chain))
    }

    fn own(&self) -> &ParsedCertificate {
        // Invariant: the constructors refuse an empty chain.
        &self.0[0]
    }

    /// The client's public key, SubjectPublicKeyInfo as DER, if its certificate is valid at `now_unix`.
    ///
    /// # Errors
    /// [`CertificateProblem::NotYetValid`], [`CertificateProblem::Expired`], [`CertificateProblem::Malformed`].
    pub fn valid_key(&self, now_unix: i64) -> Result<Vec<u8>, CertificateProblem> {
        check_validity(Presented::ClientCertificate, self.own(), now_unix)?;
        let key = self.own().tbs().subject_public_key_info().to_der();
        key.map_err(malformed("PUBLIC KEY"))
            .map_err(|error| CertificateProblem::Malformed(Presented::ClientCertificate, error))
    }

    /// Whether a trust anchor issued the client's certificate, or one of the chain did that leads to the anchor.
    pub fn leads_to(&self, anchor: &ClientAnchor) -> bool {
        let mut at = self.own();
        // Each step uses up one certificate, so a circle ends too.
        for _ in 0..self.0.len() {
            if anchor.0.iter().any(|trusted| at.is_issued_by(trusted)) {
                return true;
            }
            match self.0.iter().find(|other| !std::ptr::eq(*other, at) && at.is_issued_by(other)) {
                Some(issuer) => at = issuer,
                None => return false,
            }
        }
        false
    }
}

/// Certificates are public, but long.
impl fmt::Debug for ClientAnchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientAnchor({} certificates)", self.0.len())
    }
}

impl fmt::Debug for ClientChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientChain({} certificates)", self.0.len())
    }
}

fn read_all(text: &str) -> Result<Vec<ParsedCertificate>> {
    let damaged = |error: rustls_pki_types::pem::Error| Error::Pem {
        expected: super::pem::CERTIFICATE,
        found: format!("a damaged block ({error})"),
    };
    CertificateDer::pem_slice_iter(text.as_bytes())
        .map(|der| ParsedCertificate::from_der(der.map_err(damaged)?.to_vec()))
        .collect()
}

fn is_key_of_anchor(key: &SubjectPublicKeyInfoOwned) -> bool {
    matches!(rsa_bits(key), Some(2048 | 3072 | 4096))
        || matches!(named_curve(key), Some(Curve::P256 | Curve::P384 | Curve::P521))
}
