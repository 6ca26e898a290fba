//! `crypto sign …`.

use clap::{Args, Subcommand};
use hsm_sim::token::Mechanism;
use serde::Serialize;

use crate::chsm::answer::{Answer, Data};
use crate::chsm::crypto::mechanism::{Message, Pss};
use crate::chsm::data;
use crate::chsm::key::{one, reference_of};
use crate::chsm::session::Session;
use crate::chsm::token_file::ApprovalFile;

#[derive(Debug, Subcommand)]
pub(in crate::chsm) enum Command {
    /// Sign with the ECDSA mechanism
    Ecdsa(Approved),
    /// Sign with the RSA-PKCS mechanism
    RsaPkcs(Approved),
    /// Sign with the RSA-PKCS-PSS mechanism
    RsaPkcsPss(WithPss),
}

/// What is signed, and who approves it.
#[derive(Debug, Args)]
pub(in crate::chsm) struct Approved {
    #[command(flatten)]
    message: Message,
    #[command(flatten)]
    approval: ApprovalFile,
}

#[derive(Debug, Args)]
pub(in crate::chsm) struct WithPss {
    #[command(flatten)]
    approved: Approved,
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
            Self::Ecdsa(approved) => approved.sign(session, &approved.message.ecdsa()),
            Self::RsaPkcs(approved) => approved.sign(session, &approved.message.rsa_pkcs()),
            Self::RsaPkcsPss(WithPss { approved, pss }) => approved.sign(session, &approved.message.rsa_pkcs_pss(pss)),
        }
    }
}

impl Approved {
    fn sign(&self, session: &mut Session<'_>, mechanism: &Mechanism) -> Answer {
        let key = one(session, &self.message.key_filter)?;
        self.approval.hand_in(&mut session.connection(None)?.admin)?;
        let (signature, _) = session.keys()?.sign(mechanism, key, &self.message.data()?)?;
        Data::of(&Signed { key_reference: reference_of(key), signature: data::encode(&signature) })
    }
}
