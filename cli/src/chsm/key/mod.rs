//! `key …`.

mod attribute;
mod delete;
mod filter;
mod generate_file;
mod generate_pair;
mod generate_symmetric;
mod import;
mod list;
mod new;
mod replicate;
mod set_attribute;
mod share;
mod shown;
mod unwrap;
mod wrap;

use clap::Subcommand;
use hsm_sim::Handle;

use crate::chsm::answer::{Answer, Refusal};
use crate::chsm::session::Session;
pub(super) use filter::Filter;
pub(super) use shown::reference_of;

#[derive(Debug, Subcommand)]
pub(in crate::chsm) enum Command {
    /// Delete a key in the HSM cluster
    Delete(delete::Options),
    /// Generate an asymmetric key pair
    #[command(subcommand)]
    GenerateAsymmetricPair(generate_pair::Command),
    /// Generate a key file from a key in the HSM cluster. This command does not export any private key data from the HSM
    GenerateFile(generate_file::Options),
    /// Generate a symmetric key
    #[command(subcommand)]
    GenerateSymmetric(generate_symmetric::Command),
    /// Import a key
    #[command(subcommand)]
    Import(import::Command),
    /// List the keys the current user owns, shares, and all public keys in the HSM cluster
    List(list::Options),
    /// Replicate a key from a source to a destination cluster
    Replicate(replicate::Options),
    /// Set an attribute of a key in the HSM cluster
    SetAttribute(set_attribute::Options),
    /// Share a key in the HSM cluster with another user
    Share(share::Options),
    /// Unshare a key in the HSM cluster with another user
    Unshare(share::Options),
    /// Unwrap a key into the HSM cluster
    #[command(subcommand)]
    Unwrap(unwrap::Command),
    /// Wrap a key of the HSM cluster
    #[command(subcommand)]
    Wrap(wrap::Command),
}

/// The one key that a filter selects.
pub(super) fn one(session: &mut Session<'_>, filter: &[Filter]) -> Result<Handle, Refusal> {
    Ok(filter::one(session, filter)?.key_reference)
}

impl Command {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        match self {
            Self::Delete(options) => options.run(session),
            Self::GenerateAsymmetricPair(command) => command.run(session),
            Self::GenerateFile(options) => options.run(session),
            Self::GenerateSymmetric(command) => command.run(session),
            Self::Import(command) => command.run(session),
            Self::List(options) => options.run(session),
            Self::Replicate(options) => options.run(session),
            Self::SetAttribute(options) => options.run(session),
            Self::Share(options) => options.run(session, true),
            Self::Unshare(options) => options.run(session, false),
            Self::Unwrap(command) => command.run(session),
            Self::Wrap(command) => command.run(session),
        }
    }
}
