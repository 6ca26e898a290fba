//! Mutual TLS between clients and HSMs: whose certificates an HSM trusts, and whether it insists on one.
//!
//! Both are policy of each HSM by itself: they travel in backups and to HSMs that join, and nothing keeps HSMs equal (observed on
//! real clusters). Where an HSM insists, it is as good as gone for clients without a certificate, as real clients see it, and for
//! KMS, whose key stores do not support it (documented).

mod certificate;

use serde::{Deserialize, Serialize};
use store::Table;

pub use certificate::{ClientCertificate, ClientIdentity, ClientProblem};
use crypto::x509::ClientAnchor;
pub use crypto::x509::{AnchorProblem, CertificateProblem, ClientChain};

use crate::error::{HsmError, Result};
use crate::id::{ClusterId, NodeId};
use crate::row::{self, Record, Rows, Writer};

/// Trust anchors of an HSM (documented).
const MOST_ANCHORS: usize = 2;

/// The longest chain of an anchor, in bytes of PEM (documented).
pub const LONGEST_ANCHOR: usize = 6980;

/// A reference to a trust anchor: 1 or 2, the same on every HSM that one command reached.
pub type Reference = u8;

/// Certificates that clients' certificates must lead to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustAnchor {
    /// What commands call it.
    pub reference: Reference,
    /// One certificate or a chain in hierarchical order, PEM.
    pub certificate: String,
    fingerprint: [u8; 32],
}

impl TrustAnchor {
    /// Whether two anchors hold the same certificates, however they are written down.
    pub fn is_same(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

/// Whether clients must have a certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Enforcement {
    /// They need not.
    #[default]
    None,
    /// Those without one that leads to a trust anchor are not let in.
    Cluster,
}

/// What one HSM, or the backup of one, asks of clients.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MutualTls {
    /// By reference.
    pub anchors: Vec<TrustAnchor>,
    /// Whether it insists.
    pub enforcement: Enforcement,
}

impl Record for MutualTls {
    const TABLE: Table = row::MUTUAL_TLS;
}

impl MutualTls {
    /// That of a node or of a backup, by the key of its record.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) fn load(rows: &impl Rows, of: &[u8]) -> Result<Self> {
        Ok(row::load(rows, of)?.unwrap_or_default())
    }

    /// Those of a cluster's nodes that have any.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) fn of_cluster(rows: &impl Rows, cluster: &ClusterId) -> Result<Vec<(NodeId, Self)>> {
        let prefix = format!("{cluster}/");
        let mut found = Vec::new();
        for (key, policy) in row::list::<Self>(rows, prefix.as_bytes())? {
            let node = String::from_utf8_lossy(&key).strip_prefix(&prefix).and_then(|node| node.parse().ok());
            found.push((node.ok_or_else(|| row::corrupt(row::MUTUAL_TLS, &key))?, policy));
        }
        Ok(found)
    }

    /// Writes it; the usual one needs no row.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) fn save(&self, tx: &mut Writer<'_>, of: &[u8]) -> Result<()> {
        if *self == Self::default() { Self::remove(tx, of).map(drop) } else { row::save(tx, of, self) }
    }

    /// Forgets it, with its node or backup.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) fn remove(tx: &mut Writer<'_>, of: &[u8]) -> Result<bool> {
        row::remove::<Self>(tx, of)
    }

    /// Gives one node or backup what another one has.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) fn copy(tx: &mut Writer<'_>, from: &[u8], to: &[u8]) -> Result<()> {
        Self::load(tx, from)?.save(tx, to)
    }

    /// Adds an anchor.
    ///
    /// # Errors
    /// [`HsmError::AnchorExists`], [`HsmError::TooManyAnchors`].
    pub(crate) fn add(&mut self, anchor: TrustAnchor) -> Result<(), HsmError> {
        if self.anchors.iter().any(|known| known.is_same(&anchor)) {
            return Err(HsmError::AnchorExists);
        }
        if self.anchors.len() >= MOST_ANCHORS || self.anchors.iter().any(|known| known.reference == anchor.reference) {
            return Err(HsmError::TooManyAnchors);
        }
        self.anchors.push(anchor);
        self.anchors.sort_by_key(|anchor| anchor.reference);
        Ok(())
    }

    /// Removes the anchor of a reference. The last one stays while certificates are insisted on, or nobody could connect any more
    /// (inferred).
    ///
    /// # Errors
    /// [`HsmError::NoSuchAnchor`], [`HsmError::AnchorInUse`].
    pub(crate) fn take_away(&mut self, reference: Reference) -> Result<(), HsmError> {
        let at = self.anchors.iter().position(|known| known.reference == reference).ok_or(HsmError::NoSuchAnchor)?;
        if self.anchors.len() == 1 && self.enforcement == Enforcement::Cluster {
            return Err(HsmError::AnchorInUse);
        }
        self.anchors.remove(at);
        Ok(())
    }

    /// Whether a client's certificate leads to one of the anchors.
    pub(crate) fn trusts(&self, client: &ClientCertificate) -> bool {
        self.anchors.iter().any(|anchor| client.leads_to(anchor))
    }

    /// Whether a client is let in.
    pub(crate) fn admits(&self, client: Option<&ClientCertificate>) -> bool {
        self.enforcement == Enforcement::None || client.is_some_and(|client| self.trusts(client))
    }
}

/// A trust anchor that fits an HSM, before it has a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    certificate: String,
    fingerprint: [u8; 32],
}

impl Anchor {
    /// Reads certificates, PEM.
    ///
    /// # Errors
    /// Which rule they break. Their length is [`LONGEST_ANCHOR`] at most, which is looked at by the caller, who has its own words for it.
    pub fn from_pem(text: &str) -> Result<Self, AnchorProblem> {
        let fingerprint = ClientAnchor::from_pem(text)?.fingerprint();
        Ok(Self { certificate: text.to_owned(), fingerprint })
    }

    /// Under a reference.
    pub(crate) fn at(&self, reference: Reference) -> TrustAnchor {
        TrustAnchor { reference, certificate: self.certificate.clone(), fingerprint: self.fingerprint }
    }

    /// The reference for a cluster whose HSMs have these anchors: the one that this has already on some HSM, or else the lowest that
    /// is free on all; none if there is none.
    pub(crate) fn reference<'a>(&self, known: impl Iterator<Item = &'a TrustAnchor>) -> Option<Reference> {
        let mut free: Vec<Reference> = (1..=MOST_ANCHORS as Reference).collect();
        for anchor in known {
            if anchor.fingerprint == self.fingerprint {
                return Some(anchor.reference);
            }
            free.retain(|reference| *reference != anchor.reference);
        }
        free.first().copied()
    }
}
