//! `loginStatus`: who is logged in over this connection (observed in the tool's published source).

use crate::kmu::argument::Given;
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::INDENT;
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "loginStatus",
    group: group::CONFIGURATION,
    summary: "Gets the Login Information",
    arguments: &[],
    run,
};

fn run(session: &mut Session<'_>, _: &Given<'_>) -> Result<Outcome, Refusal> {
    let text = match session.keys.logged_in() {
        None => "No user has logged-in",
        Some(true) => "CU has logged-in",
        Some(false) => "CO has logged-in",
    };
    session.terminal.print(&format!("\n{INDENT}{text}\n"))?;
    Ok(Outcome::Done)
}
