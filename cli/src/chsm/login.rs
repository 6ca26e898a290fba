//! `login`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use hsm_sim::Password;
use serde::Serialize;

use crate::chsm::answer::{Answer, Data};
use crate::chsm::role::Role;
use crate::chsm::session::{Credentials, Session};
use crate::secret;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Username of the user
    #[arg(long)]
    username: String,
    /// Role of the user
    #[arg(long)]
    role: Role,
    /// Optional: the password; it is asked for unless it is given
    #[arg(long, value_parser = secret::parse)]
    password: Option<Password>,
    #[command(subcommand)]
    second: Option<Second>,
}

#[derive(Debug, Subcommand)]
enum Second {
    /// Login with token-sign mfa
    MfaTokenSign {
        /// Filepath where the unsigned token file will be written
        #[arg(long)]
        token: PathBuf,
    },
}

/// A user in an answer; names are shown in lower case (documented).
#[derive(Serialize)]
pub(super) struct Named {
    username: String,
    role: Role,
}

impl Named {
    pub(super) fn new(name: &str, role: Role) -> Self {
        Self { username: name.to_lowercase(), role }
    }
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let password = session.password(self.password.as_ref())?;
        let signatures = match &self.second {
            None => None,
            Some(Second::MfaTokenSign { token }) => Some(session.sign_challenges(token)?),
        };
        let credentials = Credentials { role: self.role, name: self.username.clone(), password, signatures };
        session.connection(None)?.log_in(&credentials)?;
        Data::of(&Named::new(&self.username, self.role))
    }
}
