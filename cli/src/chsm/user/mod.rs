//! `user …`.

mod change_mfa;
mod change_password;
mod change_quorum;
mod create;
mod delete;
mod list;
mod replicate;

use clap::{Args, Subcommand};

use crate::chsm::answer::Answer;
use crate::chsm::role::Role;
use crate::chsm::session::Session;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Change a user's Mfa Strategy
    #[command(subcommand)]
    ChangeMfa(change_mfa::Command),
    /// Change a user's password, which unlocks the account
    ChangePassword(change_password::Options),
    /// Change a user's Quorum Strategy
    #[command(subcommand)]
    ChangeQuorum(change_quorum::Command),
    /// Create a user; again, it is brought to the HSMs that lack it
    Create(create::Options),
    /// Delete a user
    Delete(delete::Options),
    /// List the users of the cluster
    List,
    /// Replicate a user from a source to a destination cluster
    Replicate(replicate::Options),
}

/// Which user a command is about.
#[derive(Debug, Args)]
struct Subject {
    /// Username of the user
    #[arg(long)]
    username: String,
    /// Role of the user
    #[arg(long)]
    role: Role,
}

impl Command {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        match self {
            Self::ChangeMfa(command) => command.run(session),
            Self::ChangeQuorum(command) => command.run(session),
            Self::ChangePassword(options) => options.run(session),
            Self::Create(options) => options.run(session),
            Self::Delete(options) => options.run(session),
            Self::List => list::run(session),
            Self::Replicate(options) => options.run(session),
        }
    }

    /// Whether its line may hold a password.
    pub(super) fn holds_password(&self) -> bool {
        matches!(self, Self::ChangeMfa(_) | Self::ChangePassword(_) | Self::Create(_))
    }
}
