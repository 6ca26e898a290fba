//! `quorum token-sign generate`: a file for the approvers, with a token of every HSM (documented).

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hsm_sim::quorum::Subject;
use hsm_sim::{Handle, HsmError};
use serde::Serialize;

use crate::chsm::answer::{Answer, Data, Refusal, everywhere};
use crate::chsm::key::{Filter, one};
use crate::chsm::quorum::name_of;
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
    /// Of the key services: key reference (e.g. key-reference=0xabc) or space separated list of key attributes in the form of
    /// attr.KEY_ATTRIBUTE_NAME=KEY_ATTRIBUTE_VALUE to select a matching key
    #[arg(long, num_args = 1..)]
    filter: Vec<Filter>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Purpose {
    /// User management service is used for executing quorum authenticated user management operations
    User,
    /// Quorum management service is used for setting quorum values for any quorum service
    Quorum,
    /// Key management service is used for wrapping, unwrapping, sharing and unsharing a key and setting its attributes
    KeyManagement,
    /// Key usage service is used for signing with a key
    KeyUsage,
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
        let subject = match self.service {
            Purpose::User => Subject::UserManagement,
            Purpose::Quorum => Subject::Quorum,
            Purpose::KeyManagement => Subject::ManageKey(self.key(session)?),
            Purpose::KeyUsage => Subject::UseKey(self.key(session)?),
            Purpose::Registration => {
                session.connection(None)?.user()?;
                let data: [u8; REGISTRATION] = session.world.entropy().bytes();
                token_file::write(&self.token, &Tokens::for_registration(&data))?;
                return Data::of(&Written::Path(&self.token));
            }
        };
        let connection = session.connection(None)?;
        let name = connection.user()?.name.clone();
        let results = connection.admin.quorum_token(subject, &name)?;
        everywhere("Quorum token generation", &results)?;
        let tokens = results.into_iter().map(|answer| Ok(answer.result?.bytes));
        let data = tokens.collect::<Result<Vec<_>, HsmError>>()?.concat();
        token_file::write(&self.token, &QuorumToken::new(name_of(subject), subject.key(), &data))?;
        Data::of(&Written::Filepath(&self.token))
    }

    fn key(&self, session: &mut Session<'_>) -> Result<Handle, Refusal> {
        if self.filter.is_empty() {
            return Err(Refusal::new("A token of a key service needs --filter"));
        }
        one(session, &self.filter)
    }
}
