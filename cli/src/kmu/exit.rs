//! `exit`: ends the utility and with it its login.

use crate::kmu::argument::Given;
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::utility::Outcome;

pub(super) const COMMAND: Command =
    Command { name: "exit", group: group::NONE, summary: "Exits this application", arguments: &[], run };

fn run(_: &mut Session<'_>, _: &Given<'_>) -> Result<Outcome, Refusal> {
    Ok(Outcome::Quit)
}
