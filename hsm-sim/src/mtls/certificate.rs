//! What a client proves itself with.

use std::path::Path;
use std::sync::Arc;
use std::{fmt, fs, io};

use crypto::SecretBytes;
use crypto::keyfile::{self, Content};
use crypto::x509::{ClientAnchor, ClientChain};

use crate::lock::Mutex;
use crate::mtls::TrustAnchor;
use crate::world::World;

/// A client's certificate, with those that lead from it to a trust anchor. That the client has the private key is proven.
pub struct ClientCertificate {
    chain: ClientChain,
    /// Anchors that were compared with it, by fingerprint, and whether it leads to them.
    compared: Mutex<Vec<([u8; 32], bool)>>,
}

/// Why a client's files prove nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientProblem {
    /// A file cannot be read.
    #[error("the client's file {path} cannot be read: {reason}")]
    File {
        /// The file.
        path: String,
        /// The operating system's reason.
        reason: String,
    },
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

/// A client's certificate and its private key, as it has them in files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientIdentity {
    /// The chain, the client's own certificate first, PEM.
    pub chain: String,
    /// The private key, PEM.
    pub key: SecretBytes,
}

impl ClientIdentity {
    /// Reads the two files.
    ///
    /// # Errors
    /// [`ClientProblem::File`].
    pub fn read(chain: &Path, key: &Path) -> Result<Self, ClientProblem> {
        let unreadable = |file: &Path, error: io::Error| ClientProblem::File {
            path: file.display().to_string(),
            reason: error.to_string(),
        };
        let chain = fs::read_to_string(chain).map_err(|error| unreadable(chain, error))?;
        let key = fs::read(key).map_err(|error| unreadable(key, error))?;
        Ok(Self { chain, key: SecretBytes::new(key) })
    }

    /// The certificate, if the key is its own and it is valid at `now_unix`.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn certificate(&self, now_unix: i64) -> Result<ClientCertificate, ClientProblem> {
        let chain = ClientChain::from_pem(&self.chain).map_err(ClientProblem::Certificate)?;
        let certified = chain.valid_key(now_unix).map_err(ClientProblem::NotValid)?;
        let entries = keyfile::read(self.key.expose(), None).map_err(ClientProblem::Key)?;
        let key = entries.into_iter().find_map(|entry| match entry.content {
            Content::PrivateKey(key) => Some(key),
            _ => None,
        });
        let public = key.ok_or(ClientProblem::NoKey)?.public_key().and_then(|key| key.to_spki());
        match public.map_err(ClientProblem::Key)? == certified {
            true => Ok(ClientCertificate::proven(chain)),
            false => Err(ClientProblem::OtherKey),
        }
    }

    /// The world as this client sees it.
    ///
    /// # Errors
    /// As [`ClientIdentity::certificate`].
    pub fn present(&self, world: &World) -> Result<World, ClientProblem> {
        let now = world.wall().now_millis().div_euclid(1000);
        Ok(world.presenting(Arc::new(self.certificate(now)?)))
    }
}

impl ClientCertificate {
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
