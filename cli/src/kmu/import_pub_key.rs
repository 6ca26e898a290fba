//! `importPubKey`: a public key that a file holds (documented).

use crypto::keyfile::{Content, PublicKey};
use hsm_sim::HsmError;
use hsm_sim::token::Attribute;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::key_file;
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::kmu::terms::{self, ID, LABEL, MIN_SRV, SESS, TIMEOUT};
use crate::token::key;
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "importPubKey",
    group: group::CARRYING,
    summary: "Imports RSA/DSA/EC Public key",
    arguments: &[
        LABEL,
        Argument::required("f", "key file", "specifies the file that holds the key"),
        SESS,
        ID,
        MIN_SRV,
        TIMEOUT,
    ],
    run,
};

pub(super) const FUNCTION: &str = "Cfm3CreatePublicKey";

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let wanted = |content| match content {
        Content::PublicKey(key) => Some(key),
        Content::PrivateKey(_) | Content::Certificate(_) => None,
    };
    create(session, given, &key_file::read(given.text("f"), wanted, "public key")?)
}

/// Makes the key, with the arguments that every new public key has.
pub(super) fn create(session: &mut Session<'_>, given: &Given<'_>, key: &PublicKey) -> Result<Outcome, Refusal> {
    let uses = match key {
        PublicKey::Rsa(_) => terms::RSA_PUBLIC,
        PublicKey::Ec(_) => &[Attribute::Verify][..],
        // Not of these HSMs.
        PublicKey::Ed25519(_) | PublicKey::Ed448(_) | PublicKey::X25519(_) | PublicKey::X448(_) => {
            return Err(Refusal::of(FUNCTION)(HsmError::PolicyViolation.into()));
        }
    };
    let template = terms::replaced(&key::public(key, "", &[])?, &terms::template(given));
    let template = terms::with_uses(template, terms::PUBLIC, uses);
    let terms = terms::terms(given, session.least)?;
    let made = session.keys.create(&template, &terms).map_err(Refusal::of(FUNCTION))?;
    let key = format!("Public Key Handle: {}", made.handle);
    let text = status::returned(INDENT, FUNCTION, Ok(())) + &terms::made(given, &key, &made.nodes);
    session.terminal.print(&format!("\n{text}"))?;
    Ok(Outcome::when(status::overall(&made.nodes).is_ok()))
}
