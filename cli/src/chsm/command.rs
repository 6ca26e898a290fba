//! The commands.

use clap::Subcommand;

use crate::chsm::answer::Answer;
use crate::chsm::session::Session;
use crate::chsm::{cluster, crypto, key, login, logout, quorum, user};

/// A command, the same at the prompt and on a command line.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Manage the cluster
    #[command(subcommand)]
    Cluster(cluster::Command),
    /// Sign and verify with keys of the cluster
    #[command(subcommand)]
    Crypto(crypto::Command),
    /// Manage keys
    #[command(subcommand)]
    Key(key::Command),
    /// Log in to the cluster
    Login(login::Options),
    /// Log out of the cluster
    Logout,
    /// Manage quorum authentication
    #[command(subcommand)]
    Quorum(quorum::Command),
    /// Manage users
    #[command(subcommand)]
    User(user::Command),
}

impl Command {
    /// Carries it out.
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        match self {
            Self::Cluster(command) => command.run(session),
            Self::Crypto(command) => command.run(session),
            Self::Key(command) => command.run(session),
            Self::Login(options) => options.run(session),
            Self::Logout => logout::run(session),
            Self::Quorum(command) => command.run(session),
            Self::User(command) => command.run(session),
        }
    }

    /// Whether it does without the login that the environment names.
    pub(super) fn logs_in_itself(&self) -> bool {
        matches!(self, Self::Login(_) | Self::Cluster(cluster::Command::Activate(_)))
    }

    /// Whether its line may hold a password and stays out of the history.
    pub(super) fn holds_password(&self) -> bool {
        match self {
            Self::Login(_) | Self::Cluster(cluster::Command::Activate(_)) => true,
            Self::User(command) => command.holds_password(),
            Self::Cluster(_) | Self::Crypto(_) | Self::Key(_) | Self::Logout | Self::Quorum(_) => false,
        }
    }
}
