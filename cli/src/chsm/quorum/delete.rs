//! `quorum token-sign delete`.

use clap::{Args, ValueEnum};
use hsm_sim::admin::TokenScope;

use crate::chsm::answer::{Answer, Data, everywhere};
use crate::chsm::session::Session;

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    /// Scope of token deletion
    #[arg(long)]
    scope: Scope,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scope {
    /// Deletes all token-sign tokens of the currently logged in user
    User,
    /// Deletes all token-sign tokens in the HSM
    All,
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let scope = match self.scope {
            Scope::User => TokenScope::User,
            Scope::All => TokenScope::All,
        };
        let connection = session.connection(None)?;
        connection.user()?;
        everywhere("Quorum token deletion", &connection.admin.delete_tokens(scope)?)?;
        Data::of("Deletion of quorum token(s) successful")
    }
}
