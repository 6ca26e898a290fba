//! `key generate-file`: a public key as `openssl` reads it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::chsm::answer::{Answer, Data};
use crate::chsm::data;
use crate::chsm::key::filter::One;
use crate::chsm::session::Session;

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    /// Encoding format for the key file
    #[arg(long)]
    encoding: Encoding,
    /// Filepath where the key file will be written
    #[arg(long)]
    path: PathBuf,
    #[command(flatten)]
    filter: One,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Encoding {
    /// PEM format (supports public keys)
    Pem,
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let key = self.filter.find(session)?.key_reference;
        let text = match self.encoding {
            Encoding::Pem => session.keys()?.public_key(key)?.to_pem()?,
        };
        data::write_file(&self.path, text.as_bytes())?;
        Data::message("Successfully generated key file")
    }
}
