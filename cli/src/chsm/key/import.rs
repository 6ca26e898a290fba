//! `key import pem`: public keys from files that other programs wrote.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use crypto::keyfile::{self, Content, PublicKey};
use hsm_sim::keys::Terms;

use crate::chsm::answer::{Answer, Data, Refusal};
use crate::chsm::data;
use crate::chsm::key::attribute::{Assignment, assigned};
use crate::chsm::key::generate_symmetric::Made;
use crate::chsm::key::shown;
use crate::chsm::session::Session;
use crate::token::key;

#[derive(Debug, Subcommand)]
pub(in crate::chsm) enum Command {
    /// Import a key from a PEM file
    Pem(Pem),
}

#[derive(Debug, Args)]
pub(in crate::chsm) struct Pem {
    /// Path where the key is located in PEM format
    #[arg(long)]
    path: PathBuf,
    /// Label for the imported key
    #[arg(long)]
    label: String,
    /// Key type and class of the imported key
    #[arg(long)]
    key_type_class: TypeClass,
    /// Space separated list of key attributes in the form of KEY_ATTRIBUTE_NAME=KEY_ATTRIBUTE_VALUE for the imported key
    #[arg(long, num_args = 0..)]
    attributes: Vec<Assignment>,
}

/// Documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TypeClass {
    EcPublic,
    RsaPublic,
}

impl Command {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let Self::Pem(options) = self;
        options.run(session)
    }
}

impl Pem {
    fn run(&self, session: &mut Session<'_>) -> Answer {
        let public = self.read()?;
        let template = assigned(key::public(&public, &self.label, b"")?, &self.attributes);
        let handle = session.keys()?.create(&template, &Terms::default())?.handle;
        Data::of(&Made { key: shown::one(session, handle)? })
    }

    fn read(&self) -> Result<PublicKey, Refusal> {
        let wanted = |key: &PublicKey| match self.key_type_class {
            TypeClass::EcPublic => matches!(key, PublicKey::Ec(_)),
            TypeClass::RsaPublic => matches!(key, PublicKey::Rsa(_)),
        };
        let entries = keyfile::read(&data::read_file(&self.path)?, None)?;
        let found = entries.into_iter().find_map(|entry| match entry.content {
            Content::PublicKey(key) if wanted(&key) => Some(key),
            _ => None,
        });
        found.ok_or_else(|| Refusal::new("The file holds no public key of this type"))
    }
}
