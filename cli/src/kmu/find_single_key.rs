//! `findSingleKey`: whether a key is on every node (documented).

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "findSingleKey",
    group: group::MANAGEMENT,
    summary: "Find single Key",
    arguments: &[Argument::required("k", "key handle", "specifies the handle of the key")],
    run,
};

const FUNCTION: &str = "Cfm3FindKey";

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let nodes = session.keys.find_one(given.required("k")?).map_err(Refusal::of(FUNCTION))?;
    session.terminal.print(&format!("\n{}", status::block(INDENT, FUNCTION, &nodes)))?;
    Ok(Outcome::when(status::overall(&nodes).is_ok()))
}
