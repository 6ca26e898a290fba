//! `verify`: whether a file is the signature of another (documented).

use std::fs;

use hsm_sim::{Error, Handle, HsmError};

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::signing::{self, MECHANISM};
use crate::kmu::status::{self, INDENT};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "verify",
    group: group::CRYPTO,
    summary: "Verifies a signature",
    arguments: &[
        Argument::required("f", "message-file", "specifies the file that was signed"),
        Argument::required("s", "signature-file", "specifies the file that holds the signature"),
        Argument::required("k", "public-key-handle", "specifies the handle of the public key"),
        MECHANISM,
    ],
    run,
};

const FUNCTION: &str = "Cfm3Verify";

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let (key, mechanism): (Handle, u32) = (given.required("k")?, given.required("m")?);
    let mechanism = signing::mechanism(mechanism)?;
    let (message, signature) = (fs::read(given.text("f"))?, fs::read(given.text("s"))?);
    let signature = signing::from_file(&session.keys, key, signature);
    match signature.and_then(|signature| session.keys.verify(&mechanism, key, &message, &signature)) {
        Ok(_) => {
            let returned = status::returned(INDENT, FUNCTION, Ok(()));
            session.terminal.print(&format!("\n{INDENT}Signature verification successful\n\n{returned}"))?;
            Ok(Outcome::Done)
        }
        Err(Error::Hsm(error @ HsmError::BadSignature)) => {
            // On lines of their own (documented).
            let text = format!("\n{INDENT}{FUNCTION} returned: {:#04x}\n\n{INDENT}{error}\n", error.code());
            session.terminal.print(&text)?;
            Ok(Outcome::Failed)
        }
        Err(error) => Err(Refusal::of(FUNCTION)(error)),
    }
}
