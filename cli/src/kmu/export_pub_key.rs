//! `exportPubKey`: a public key as PEM (documented).

use std::fs;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "exportPubKey",
    group: group::CARRYING,
    summary: "Exports RSA/DSA/EC Public key",
    arguments: &[
        Argument::required("k", "public key handle", "specifies the handle of the public key to export"),
        Argument::required("out", "key file", "specifies the file to write the key to"),
    ],
    run,
};

const FUNCTION: &str = "Cfm3ExportPubKey";

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let key = session.keys.public_key(given.required("k")?).map_err(Refusal::of(FUNCTION))?;
    let file = given.text("out");
    fs::write(file, key.to_pem()?)?;
    let returned = status::returned(INDENT, FUNCTION, Ok(()));
    session.terminal.print(&format!("\nPEM formatted public key is written to {file}\n\n{returned}"))?;
    Ok(Outcome::Done)
}
