//! What a client proves itself with.

use std::fmt;

use crypto::keyfile::{self, Content};
use crypto::x509::{ClientAnchor, ClientChain};

use crate::lock::Mutex;
use crate::mtls::TrustAnchor;

/// A client's certificate, with those that lead from it to a trust anchor. That the client has the private key is proven.
pub struct ClientCertificate {
    chain: ClientChain,
    /// Anchors that were compared with it, by fingerprint, and whether it leads to them.
    compared: Mutex<Vec<([u8; 32], bool)>>,
}

/// Why a client's files prove nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientProblem {
    /// The certificates cannot be read.
    #[error("the client certificate cannot be read: {0}")]
    Certificate(crypto::Error),
    /// The key cannot be read.
    #[error("the client key cannot be read: {0}")]
    Key(crypto::Error),
    /// There is no private key in the file.
    #[error("the client key's file holds no private key")]
    NoKey,
    /// The key is another one than the certificate's.
    #[error("the client key is not the certificate's")]
    OtherKey,
    /// The certificate is not valid now.
    #[error("{0}")]
    NotValid(crypto::x509::CertificateProblem),
}

impl ClientCertificate {
    /// Reads a client's two files: the chain, its own certificate first, and its private key, both PEM. The key must be the certificate's, and
    /// the certificate valid at `now_unix`.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_files(chain: &str, key: &[u8], now_unix: i64) -> Result<Self, ClientProblem> {
        let chain = ClientChain::from_pem(chain).map_err(ClientProblem::Certificate)?;
        let certified = chain.valid_key(now_unix).map_err(ClientProblem::NotValid)?;
        let entries = keyfile::read(key, None).map_err(ClientProblem::Key)?;
        let key = entries.into_iter().find_map(|entry| match entry.content {
            Content::PrivateKey(key) => Some(key),
            _ => None,
        });
        let public = key.ok_or(ClientProblem::NoKey)?.public_key().and_then(|key| key.to_spki());
        if public.map_err(ClientProblem::Key)? == certified {
            Ok(Self::proven(chain))
        } else {
            Err(ClientProblem::OtherKey)
        }
    }

    /// The chain of a client that has shown its private key elsewhere, in a TLS handshake.
    pub fn proven(chain: ClientChain) -> Self {
        Self { chain, compared: Mutex::new(Vec::new()) }
    }

    /// Whether it leads to a trust anchor.
    pub(crate) fn leads_to(&self, anchor: &TrustAnchor) -> bool {
        let mut compared = self.compared.lock();
        if let Some((_, leads)) = compared.iter().find(|(known, _)| *known == anchor.fingerprint) {
            return *leads;
        }
        // What an HSM keeps could be read when it was registered.
        let leads = ClientAnchor::from_pem(&anchor.certificate).is_ok_and(|anchor| self.chain.leads_to(&anchor));
        compared.push((anchor.fingerprint, leads));
        leads
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientCertificate({:?})", self.chain)
    }
}
