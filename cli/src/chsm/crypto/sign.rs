//! `crypto sign …`.

use clap::{Args, Subcommand};
use hsm_sim::token::Mechanism;
use serde::Serialize;

use crate::chsm::answer::{Answer, Data};
use crate::chsm::crypto::mechanism::{Message, Pss};
use crate::chsm::data;
use crate::chsm::key::{one, reference_of};
use crate::chsm::session::Session;

#[derive(Debug, Subcommand)]
pub(in crate::chsm) enum Command {
    /// Sign with the ECDSA mechanism
    Ecdsa(Message),
    /// Sign with the RSA-PKCS mechanism
    RsaPkcs(Message),
    /// Sign with the RSA-PKCS-PSS mechanism
    RsaPkcsPss(WithPss),
}

#[derive(Debug, Args)]
pub(in crate::chsm) struct WithPss {
    #[command(flatten)]
    message: Message,
    #[command(flatten)]
    pss: Pss,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Signed {
    key_reference: String,
    signature: String,
}

impl Command {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        match self {
            Self::Ecdsa(message) => sign(session, message, &message.ecdsa()),
            Self::RsaPkcs(message) => sign(session, message, &message.rsa_pkcs()),
            Self::RsaPkcsPss(WithPss { message, pss }) => sign(session, message, &message.rsa_pkcs_pss(pss)),
        }
    }
}

fn sign(session: &mut Session<'_>, message: &Message, mechanism: &Mechanism) -> Answer {
    let key = one(session, &message.key_filter)?;
    let (signature, _) = session.keys()?.sign(mechanism, key, &message.data()?)?;
    Data::of(&Signed { key_reference: reference_of(key), signature: data::encode(&signature) })
}
