//! `IsValidKeyHandlefile`: whether a file holds a private key or only names one, and if so whether the user can use that.

use crypto::keyfile::{Content, read_handle};
use hsm_sim::Handle;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::key_file;
use crate::kmu::session::{Refusal, Session};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "IsValidKeyHandlefile",
    group: group::HELPER,
    summary: "Checks if private key file has\n                          an HSM key handle or a real key",
    arguments: &[Argument::required("f", "private-key-file", "specifies the file to check")],
    run,
};

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let file = given.text("f");
    let Some(handle) = read_handle(key_file::read_secret(file)?.expose()) else {
        let is_private = |content| matches!(content, Content::PrivateKey(_)).then_some(());
        key_file::read(file, is_private, "private key")?;
        // Documented.
        session.terminal.print("\nInput key file has real private key\n")?;
        return Ok(Outcome::Done);
    };
    let known = session.keys.find_one(Handle::new(handle)).map_err(Refusal::of("IsValidKeyHandlefile"))?;
    let known = known.iter().any(|node| node.result.is_ok());
    // The first is inferred, the second documented.
    let text = if known { "Input file has key handle:" } else { "Input file has invalid key handle:" };
    session.terminal.print(&format!("\n{text} {handle}\n"))?;
    Ok(Outcome::when(known))
}
