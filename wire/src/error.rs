//! Why the network way cannot be taken.

use std::io;

use crypto::x509::CertificateProblem;

use crate::{Ended, Refusal};

/// Why there is no connection to a server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server's address is not of the form `tls://host:port`.
    #[error("the server's address is of the form tls://host:port, which {0:?} is not")]
    Address(String),
    /// The customer CA's certificate is none, or not one that may issue.
    #[error("the CA certificate: {0}")]
    Ca(CertificateProblem),
    /// The client's own certificate or its key cannot be used.
    #[error("the client certificate: {0}")]
    ClientCertificate(String),
    /// The host has no address, or none of them answers.
    #[error("cannot reach {server}: {error}")]
    Unreachable {
        /// As it was given.
        server: String,
        /// Of the last attempt.
        error: io::Error,
    },
    /// The server presents a certificate that the CA did not issue, or that is not valid now.
    #[error("{server} does not prove to be a cluster of the CA: {problem}")]
    NotTheCluster {
        /// As it was given.
        server: String,
        /// What is wrong.
        problem: CertificateProblem,
    },
    /// The connection ended during handshake or greeting.
    #[error("{server} does not speak as an HSM server with an ACTIVE cluster: {ended}")]
    NoServer {
        /// As it was given.
        server: String,
        /// How it ended.
        ended: Ended,
    },
    /// The server refused.
    #[error("{server} refuses: {refusal}")]
    Refused {
        /// As it was given.
        server: String,
        /// Why.
        refusal: Refusal,
    },
}
