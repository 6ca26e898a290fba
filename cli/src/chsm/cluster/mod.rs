//! `cluster …`.

mod activate;
mod hsm_info;
mod mtls;

use clap::Subcommand;

use crate::chsm::answer::Answer;
use crate::chsm::session::Session;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Activate the cluster by setting the admin's password
    Activate(activate::Options),
    /// List info about each HSM in the cluster
    HsmInfo,
    /// Manage mutual TLS between clients and the cluster
    #[command(subcommand)]
    Mtls(mtls::Command),
}

impl Command {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        match self {
            Self::Activate(options) => options.run(session),
            Self::HsmInfo => hsm_info::run(session),
            Self::Mtls(command) => command.run(session),
        }
    }
}
