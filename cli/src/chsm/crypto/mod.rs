//! `crypto …`: signatures by keys of the cluster.

mod mechanism;
mod sign;
mod verify;

use clap::Subcommand;

use crate::chsm::answer::Answer;
use crate::chsm::session::Session;

#[derive(Debug, Subcommand)]
pub(in crate::chsm) enum Command {
    /// Sign with a key of the cluster
    #[command(subcommand)]
    Sign(sign::Command),
    /// Verify a signature with a key of the cluster
    #[command(subcommand)]
    Verify(verify::Command),
}

impl Command {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        match self {
            Self::Sign(command) => command.run(session),
            Self::Verify(command) => command.run(session),
        }
    }
}
