//! `exSymKey`: a symmetric key in the clear, in a file (documented).

use hsm_sim::object::Class;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::{host_key, key_file};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "exSymKey",
    group: group::CARRYING,
    summary: "Exports a Symmetric key",
    arguments: &[
        Argument::required("k", "key to export", "specifies the handle of the key to export"),
        host_key::WRAPPING_KEY,
        Argument::required("out", "key file", "specifies the file to write the key to"),
        host_key::MECHANISM,
        host_key::HOST_KEY,
    ],
    run,
};

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let key = host_key::export(session, given, Class::Secret)?;
    let file = given.text("out");
    key_file::write_secret(file, &key)?;
    // It says wrapped and is not (documented).
    session.terminal.print(&format!("\n\nWrapped Symmetric Key written to file \"{file}\"\n"))?;
    Ok(Outcome::Done)
}
