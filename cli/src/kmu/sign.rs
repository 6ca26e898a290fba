//! `sign`: the signature of a file (documented).

use std::fs;

use hsm_sim::Handle;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::key_file;
use crate::kmu::session::{Refusal, Session};
use crate::kmu::signing::{self, MECHANISM};
use crate::kmu::status::{self, INDENT};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "sign",
    group: group::CRYPTO,
    summary: "Generates a signature",
    arguments: &[
        Argument::required("f", "file name", "specifies the file to sign"),
        Argument::required("k", "private key handle", "specifies the handle of the private key"),
        MECHANISM,
        Argument::required("out", "signed file name", "specifies the file to write the signature to"),
    ],
    run,
};

const FUNCTION: &str = "Cfm3Sign";

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let (key, mechanism): (Handle, u32) = (given.required("k")?, given.required("m")?);
    let mechanism = signing::mechanism(mechanism)?;
    let message = key_file::read_secret(given.text("f"))?;
    let refused = Refusal::of(FUNCTION);
    let (signature, nodes) = session.keys.sign(&mechanism, key, message.expose()).map_err(&refused)?;
    let file = given.text("out");
    fs::write(file, signing::to_file(&session.keys, key, signature).map_err(&refused)?)?;
    let returned = status::returned(INDENT, FUNCTION, Ok(()));
    let states = status::cluster(INDENT, &nodes);
    session.terminal.print(&format!("\n{returned}\n{INDENT}signature is written to file {file}\n\n{states}"))?;
    Ok(Outcome::when(status::overall(&nodes).is_ok()))
}
