//! `importPrivateKey`: a private key that a file holds in the clear (documented).

use crypto::keyfile::{Content, PrivateKey};
use hsm_sim::HsmError;
use hsm_sim::object::{Class, KeyType};
use hsm_sim::token::Attribute;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::terms::{self, ATTEST, ID, LABEL, M_VALUE, MIN_SRV, SESS, TIMEOUT, USERS};
use crate::kmu::{host_key, key_file};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "importPrivateKey",
    group: group::CARRYING,
    summary: "Imports RSA/DSA/EC private key",
    arguments: &[
        LABEL,
        Argument::required("f", "key file", "specifies the file that holds the key"),
        host_key::WRAPPING_KEY,
        SESS,
        ID,
        M_VALUE,
        MIN_SRV,
        TIMEOUT,
        USERS,
        host_key::HOST_KEY,
        ATTEST,
    ],
    run,
};

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let wanted = |content| match content {
        Content::PrivateKey(key) => Some(key),
        Content::PublicKey(_) | Content::Certificate(_) => None,
    };
    let key = key_file::read(given.text("f"), wanted, "private key")?;
    let (kind, uses) = match &key {
        PrivateKey::Rsa(_) => (KeyType::Rsa, terms::RSA_PRIVATE),
        PrivateKey::Ec(_) => (KeyType::Ec, &[Attribute::Sign][..]),
        // Not of these HSMs.
        PrivateKey::Ed25519(_) | PrivateKey::Ed448(_) | PrivateKey::X25519(_) | PrivateKey::X448(_) => {
            return Err(Refusal::of("Cfm3WrapHostKey")(HsmError::PolicyViolation.into()));
        }
    };
    let key = key.to_pkcs8()?;
    session.terminal.print(&format!("\nBER encoded key length is {}\n", key.len()))?;
    let template = terms::with_uses(terms::guarded(given), terms::PRIVATE, uses)
        .number(Attribute::Class, Class::Private.number().into())
        .number(Attribute::KeyType, kind.number().into());
    host_key::import(session, given, &key, &template, "Private")
}
