//! `key generate-symmetric {aes, generic-secret}`.

use clap::{Args, Subcommand};
use hsm_sim::token::{Attribute, Mechanism, MechanismType};
use serde::Serialize;

use crate::chsm::answer::{Answer, Data};
use crate::chsm::key::attribute::{Assignment, assigned};
use crate::chsm::key::new::{Lasting, Quorum, Users};
use crate::chsm::key::shown::{self, Shown};
use crate::chsm::session::Session;

#[derive(Debug, Subcommand)]
pub(in crate::chsm) enum Command {
    /// Generate an AES key
    Aes(Options),
    /// Generate a generic secret key
    GenericSecret(Options),
}

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    /// Label for the key
    #[arg(long)]
    label: String,
    #[command(flatten)]
    lasting: Lasting,
    /// Key length in bytes
    #[arg(long)]
    key_length_bytes: u64,
    /// Space separated list of key attributes to set for the generated key in the form of
    /// KEY_ATTRIBUTE_NAME=KEY_ATTRIBUTE_VALUE
    #[arg(long, num_args = 0..)]
    attributes: Vec<Assignment>,
    #[command(flatten)]
    users: Users,
    #[command(flatten)]
    quorum: Quorum,
}

/// One key in an answer.
#[derive(Serialize)]
pub(in crate::chsm) struct Made {
    pub(super) key: Shown,
}

impl Command {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        match self {
            Self::Aes(options) => options.run(session, MechanismType::AesKeyGen),
            Self::GenericSecret(options) => options.run(session, MechanismType::GenericSecretKeyGen),
        }
    }
}

impl Options {
    fn run(&self, session: &mut Session<'_>, mechanism: MechanismType) -> Answer {
        let template = self.lasting.template(&self.label).number(Attribute::ValueLen, self.key_length_bytes);
        let template = assigned(template, &self.attributes);
        session.keys()?;
        let terms = self.users.terms(session, self.quorum.values())?;
        let handle = session.keys()?.generate(&Mechanism::new(mechanism), &template, &terms)?.handle;
        Data::of(&Made { key: shown::one(session, handle)? })
    }
}
