//! `quorum …`: what several users must approve (M of N).

mod delete;
mod generate;
mod list;
mod timeouts;
mod values;

use clap::{Subcommand, ValueEnum};
use hsm_sim::quorum::{Service, Subject};

use crate::chsm::answer::Answer;
use crate::chsm::session::Session;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Manage tokens that users sign
    #[command(subcommand)]
    TokenSign(TokenSign),
}

#[derive(Debug, Subcommand)]
pub(super) enum TokenSign {
    /// Delete quorum tokens
    Delete(delete::Options),
    /// Generate a token
    Generate(generate::Options),
    /// List the token-sign tokens in your cluster
    List,
    /// List current quorum values
    ListQuorumValues,
    /// List timeout durations in seconds for token validity
    ListTimeouts,
    /// Set a quorum value
    SetQuorumValue(values::Options),
    /// Set timeout duration in seconds for token validity
    SetTimeout(timeouts::Options),
}

/// A service that needs approvals, as this tool names it (documented).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Named {
    /// User management service is used for executing quorum authenticated user management operations
    User,
    /// Quorum management service is used for setting quorum values for any quorum service
    Quorum,
}

impl Named {
    const ALL: [Self; 2] = [Self::User, Self::Quorum];

    const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Quorum => "quorum",
        }
    }

    const fn service(self) -> Service {
        match self {
            Self::User => Service::UserManagement,
            Self::Quorum => Service::Quorum,
        }
    }
}

/// How this tool names what a token is for (documented).
const fn name_of(subject: Subject) -> &'static str {
    match subject {
        Subject::UserManagement => Named::User.as_str(),
        Subject::Quorum => Named::Quorum.as_str(),
        Subject::UseKey(_) => "key-usage",
        Subject::ManageKey(_) => "key-management",
    }
}

impl Command {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let Self::TokenSign(command) = self;
        match command {
            TokenSign::Delete(options) => options.run(session),
            TokenSign::Generate(options) => options.run(session),
            TokenSign::List => list::run(session),
            TokenSign::ListQuorumValues => values::list(session),
            TokenSign::ListTimeouts => timeouts::list(session),
            TokenSign::SetQuorumValue(options) => options.run(session),
            TokenSign::SetTimeout(options) => options.run(session),
        }
    }
}
