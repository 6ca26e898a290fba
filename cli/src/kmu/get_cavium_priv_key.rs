//! `getCaviumPrivKey`: a file that looks like a private key and names one in the HSM (documented).

use std::fs;

use crypto::keyfile::{PublicKey, write_handle};
use hsm_sim::object::{Attribute, AttributeValue, Class};
use hsm_sim::{Handle, HsmError};

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "getCaviumPrivKey",
    group: group::HELPER,
    summary: "Saves an RSA private key handle\n                          in fake PEM format",
    arguments: &[
        Argument::required("k", "private-key-handle", "specifies the handle of the RSA private key"),
        Argument::required("out", "fake-PEM-file", "specifies the file to write the handle to"),
    ],
    run,
};

const FUNCTION: &str = "getCaviumPrivKey";

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let key: Handle = given.required("k")?;
    let refused = Refusal::of(FUNCTION);
    let class = session.keys.attribute(key, Attribute::Class).map_err(&refused)?;
    let public = session.keys.public_half(key).map_err(&refused)?;
    let PublicKey::Rsa(public) = public else { return Err(refused(HsmError::PolicyViolation.into())) };
    if class != AttributeValue::Number(Class::Private.number()) {
        return Err(refused(HsmError::PolicyViolation.into()));
    }
    let file = given.text("out");
    fs::write(file, write_handle(&public, key.get())?)?;
    let returned = status::returned(INDENT, FUNCTION, Ok(()));
    let text = format!("\nPrivate Key Handle is written to {file} in fake PEM format\n\n{returned}");
    session.terminal.print(&text)?;
    Ok(Outcome::Done)
}
