//! `imSymKey`: a symmetric key that a file holds in the clear (documented).

use hsm_sim::HsmError;
use hsm_sim::object::{Class, KeyType};
use hsm_sim::token::Attribute;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::terms::{self, ATTEST, ID, LABEL, MIN_SRV, SESS, TIMEOUT, USERS};
use crate::kmu::{host_key, key_file};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "imSymKey",
    group: group::CARRYING,
    summary: "Imports a Symmetric key",
    arguments: &[
        Argument::required("f", "key file", "specifies the file that holds the key"),
        host_key::WRAPPING_KEY,
        Argument::required("t", "key type", "specifies the type: 16 generic secret, 21 triple DES, 31 AES"),
        LABEL,
        ID,
        SESS,
        host_key::HOST_KEY,
        ATTEST,
        MIN_SRV,
        TIMEOUT,
        USERS,
    ],
    run,
};

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let key = key_file::read_secret(given.text("f"))?;
    let (kind, fits, uses) = match given.required::<u32>("t")? {
        31 => (
            KeyType::Aes,
            [16, 24, 32].contains(&key.len()),
            &[Attribute::Encrypt, Attribute::Decrypt, Attribute::Wrap, Attribute::Unwrap][..],
        ),
        21 => (KeyType::TripleDes, key.len() == 24, &[Attribute::Encrypt, Attribute::Decrypt][..]),
        16 => (KeyType::Generic, !key.is_empty(), &[Attribute::Sign, Attribute::Verify][..]),
        _ => return Err(Refusal::Usage),
    };
    if !fits {
        return Err(Refusal::of("Cfm3WrapHostKey")(HsmError::PolicyViolation.into()));
    }
    let template = terms::with_uses(terms::guarded(given), terms::SECRET, uses)
        .number(Attribute::Class, Class::Secret.number().into())
        .number(Attribute::KeyType, kind.number().into());
    host_key::import(session, given, &key, &template, "Symmetric")
}
