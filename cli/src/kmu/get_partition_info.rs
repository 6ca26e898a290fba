//! `getPartitionInfo`: how much the cluster's partition holds; needs no login. The layout is inferred, the limits are documented.

use hsm_sim::HsmError;

use crate::kmu::argument::Given;
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::INDENT;
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "getPartitionInfo",
    group: group::CONFIGURATION,
    summary: "Gets the Partition Information",
    arguments: &[],
    run,
};

fn run(session: &mut Session<'_>, _: &Given<'_>) -> Result<Outcome, Refusal> {
    const FUNCTION: &str = "Cfm3GetPartitionInfo";
    let info = session.answering()?.ok_or_else(|| Refusal::of(FUNCTION)(HsmError::NoNode.into()))?;
    let users = session.keys.list_users().map_err(Refusal::of(FUNCTION))?.len();
    let lines = [
        ("Partition Name", info.server.node.to_string()),
        ("Partition Status", "Initialized".to_owned()),
        ("Occupied Users", users.to_string()),
        ("Max SSL Contexts", MOST_SESSIONS.to_string()),
        ("Max Sessions", MOST_SESSIONS.to_string()),
    ];
    let lines = lines.map(|(name, value)| format!("{INDENT}{name:<21}:{value}\n"));
    session.terminal.print(&format!("\n{}", lines.concat()))?;
    Ok(Outcome::Done)
}

/// Per HSM (documented).
const MOST_SESSIONS: u32 = 2048;
