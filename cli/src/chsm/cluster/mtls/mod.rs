//! `cluster mtls …`: mutual TLS between clients and HSMs (documented).

mod deregister;
mod enforcement;
mod list;
mod register;

use clap::Subcommand;

use crate::chsm::answer::Answer;
use crate::chsm::session::Session;

#[derive(Debug, Subcommand)]
pub(in crate::chsm) enum Command {
    /// Deregister a trust anchor for mtls
    DeregisterTrustAnchor(deregister::Options),
    /// Get the status of mtls enforcement in the cluster
    GetEnforcement,
    /// List all trust anchors for mtls
    ListTrustAnchors,
    /// Register a trust anchor for mtls
    RegisterTrustAnchor(register::Options),
    /// Set mtls enforcement policy in the cluster
    SetEnforcement(enforcement::Options),
}

impl Command {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        match self {
            Self::DeregisterTrustAnchor(options) => options.run(session),
            Self::GetEnforcement => enforcement::get(session),
            Self::ListTrustAnchors => list::run(session),
            Self::RegisterTrustAnchor(options) => options.run(session),
            Self::SetEnforcement(options) => options.run(session),
        }
    }
}
