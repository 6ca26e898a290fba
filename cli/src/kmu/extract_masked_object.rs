//! `extractMaskedObject`: a key that only this cluster and its clones can read (documented).

use std::fs;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "extractMaskedObject",
    group: group::TRANSFER,
    summary: "Extracts a masked object",
    arguments: &[
        Argument::required("o", "object-handle", "specifies the handle of the key"),
        Argument::required("out", "object-file", "specifies the file to write the masked object to"),
    ],
    run,
};

const FUNCTION: &str = "Cfm3ExtractMaskedObject";

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let masked = session.keys.mask(given.required("o")?).map_err(Refusal::of(FUNCTION))?;
    let file = given.text("out");
    fs::write(file, masked)?;
    let returned = status::returned(INDENT, FUNCTION, Ok(()));
    session.terminal.print(&format!("\nObject was masked and written to file \"{file}\"\n\n{returned}"))?;
    Ok(Outcome::Done)
}
