//! `quorum token-sign generate`: a file for the approvers, with a token of every HSM (documented).

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hsm_sim::HsmError;
use serde::Serialize;

use crate::chsm::answer::{Answer, Data, everywhere};
use crate::chsm::quorum::Named;
use crate::chsm::session::Session;
use crate::chsm::token_file::{self, QuorumToken, Tokens};

/// Bytes of a registration token; it may have up to 245 (documented).
const REGISTRATION: usize = 64;

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    /// Service the token will be used for
    #[arg(long)]
    service: Purpose,
    /// Filepath where the unsigned token file will be written
    #[arg(long)]
    token: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Purpose {
    /// User management service is used for executing quorum authenticated user management operations
    User,
    /// Quorum management service is used for setting quorum values for any quorum service
    Quorum,
    /// Registration service is used for registering a public key for quorum authentication
    Registration,
}

/// Both names are documented, each for its services.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Written<'a> {
    Filepath(&'a PathBuf),
    Path(&'a PathBuf),
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let service = match self.service {
            Purpose::User => Named::User,
            Purpose::Quorum => Named::Quorum,
            Purpose::Registration => {
                session.connection(None)?.user()?;
                let data: [u8; REGISTRATION] = session.world.entropy().bytes();
                token_file::write(&self.token, &Tokens::for_registration(&data))?;
                return Data::of(&Written::Path(&self.token));
            }
        };
        let connection = session.connection(None)?;
        let name = connection.user()?.name.clone();
        let results = connection.admin.quorum_token(service.service(), &name)?;
        everywhere("Quorum token generation", &results)?;
        let tokens = results.into_iter().map(|answer| Ok(answer.result?.bytes));
        let data = tokens.collect::<Result<Vec<_>, HsmError>>()?.concat();
        token_file::write(&self.token, &QuorumToken::new(service.as_str(), &data))?;
        Data::of(&Written::Filepath(&self.token))
    }
}
