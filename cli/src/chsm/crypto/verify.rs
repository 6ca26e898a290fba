//! `crypto verify …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use hsm_sim::token::Mechanism;

use crate::chsm::answer::{Answer, Data};
use crate::chsm::crypto::mechanism::{Message, Pss};
use crate::chsm::data;
use crate::chsm::key::one;
use crate::chsm::session::Session;

#[derive(Debug, Subcommand)]
pub(in crate::chsm) enum Command {
    /// Verify with the ECDSA mechanism
    Ecdsa(Options),
    /// Verify with the RSA-PKCS mechanism
    RsaPkcs(Options),
    /// Verify with the RSA-PKCS-PSS mechanism
    RsaPkcsPss(WithPss),
}

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    #[command(flatten)]
    message: Message,
    #[command(flatten)]
    signature: Signature,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Signature {
    /// The path to where the signature is located
    #[arg(long)]
    signature_path: Option<PathBuf>,
    /// Base64 encoded signature to be verified
    #[arg(long)]
    signature: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::chsm) struct WithPss {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    pss: Pss,
}

impl Command {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        match self {
            Self::Ecdsa(options) => options.run(session, &options.message.ecdsa()),
            Self::RsaPkcs(options) => options.run(session, &options.message.rsa_pkcs()),
            Self::RsaPkcsPss(WithPss { options, pss }) => options.run(session, &options.message.rsa_pkcs_pss(pss)),
        }
    }
}

impl Options {
    fn run(&self, session: &mut Session<'_>, mechanism: &Mechanism) -> Answer {
        let key = one(session, &self.message.key_filter)?;
        let Signature { signature_path, signature } = &self.signature;
        let signature = data::bytes(signature_path.as_deref(), signature.as_deref())?;
        session.keys()?.verify(mechanism, key, &self.message.data()?, &signature)?;
        Data::message("Signature verified successfully")
    }
}
