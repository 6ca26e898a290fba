//! `user change-mfa token-sign`: a second factor is registered or given up, and with it the password is set (documented).

use std::path::PathBuf;

use clap::{Args, Subcommand};
use hsm_sim::Password;
use hsm_sim::admin::{NewCredentials, NewFactor};

use crate::chsm::answer::{Answer, Data, Refusal, everywhere};
use crate::chsm::data::read_file;
use crate::chsm::login::Named;
use crate::chsm::session::Session;
use crate::chsm::token_file::ApprovalFile;
use crate::chsm::user::Subject;
use crate::secret;

#[derive(Debug, Subcommand)]
pub(in crate::chsm) enum Command {
    /// Register or Deregister a public key using token-sign mfa strategy
    TokenSign(Options),
}

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    #[command(flatten)]
    subject: Subject,
    /// Optional: the password; it is asked for unless it is given
    #[arg(long, value_parser = secret::parse)]
    change_password: Option<Password>,
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    approval: ApprovalFile,
    /// Change the Quorum public key along with the MFA key
    #[arg(long)]
    change_quorum: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Change {
    /// Filepath where the unsigned token file will be written. Required for enabling MFA for a user
    #[arg(long)]
    token: Option<PathBuf>,
    /// Deregister the MFA public key, if present
    #[arg(long)]
    deregister: bool,
}

impl Command {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let Self::TokenSign(options) = self;
        options.run(session)
    }
}

impl Options {
    fn run(&self, session: &mut Session<'_>) -> Answer {
        session.connection(None)?.user()?;
        let password = session.new_password(self.change_password.as_ref())?;
        let proof = match &self.change.token {
            None => None,
            Some(path) => {
                let signatures = session.sign_challenges(path)?;
                let key = session.terminal.ask("Enter public key PEM file path:")?;
                let key = key.ok_or_else(|| Refusal::new("No public key was given"))?;
                Some((read_file(key.as_ref())?, signatures))
            }
        };
        let second_factor = proof.as_ref().map(|(public_key, signatures)| NewFactor {
            public_key,
            signatures,
            quorum: self.change_quorum,
        });
        let credentials = NewCredentials { password: &password, second_factor, deregister_quorum: self.change_quorum };
        let Subject { username, role } = &self.subject;
        let admin = &mut session.connection(None)?.admin;
        self.approval.hand_in(admin)?;
        everywhere("User change-mfa", &admin.change_password(role.login_type(), username, credentials)?)?;
        Data::of(&Named::new(username, *role))
    }
}
