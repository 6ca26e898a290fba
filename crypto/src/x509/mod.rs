//! The certificates of an HSM cluster: real X.509, PEM in and out, checked against the `openssl` program in both directions.
//!
//! | certificate | key | signed by |
//! |---|---|---|
//! | customer CA, the trust anchor | customer's, RSA 2048 or 4096 | itself ([`self_signed_ca`]) |
//! | cluster certificate | of the first HSM, from its request ([`cluster_csr`]) | customer CA ([`sign_csr`]) |
//! | HSM certificate | the same ([`issue`]) | hardware key |
//! | AWS and manufacturer hardware certificates | hardware key ([`issue`]) | the AWS root and the manufacturer root |
//! | trust anchors of clients, and what clients present ([`ClientAnchor`], [`ClientChain`]) | customer's | customer's CA |
//! | self-signed certificate of a user | in a token ([`Unsigned`]) | itself |
//!
//! Nothing here reads a clock: every validity and every "now" is passed in as Unix seconds of the simulated clock (documented).

mod check;
mod client;
mod elsewhere;
mod encode;
mod issue;
mod parse;
mod pem;
mod subject;

pub use check::{
    CertificateProblem, Presented, check_cluster_certificate, check_presented_certificate, check_trust_anchor,
    fingerprint, issued_by, same_certificate,
};
pub use client::{AnchorProblem, ClientAnchor, ClientChain};
pub use elsewhere::{AlternativeName, SelfSigned, SignedBy, Unsigned};
pub use issue::{Issue, Validity, cluster_csr, issue, self_signed_ca, sign_csr};
pub use subject::{Field, Subject};
