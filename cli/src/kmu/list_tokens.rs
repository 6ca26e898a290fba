//! `listTokens`: the quorum tokens of each HSM, numbered over all of them; needs no login. The documentation names the command; the blocks
//! are those of the other utility (documented there).

use crate::kmu::argument::Given;
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::quorum;
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "listTokens",
    group: group::QUORUM,
    summary: "List all Tokens in the current partition",
    arguments: &[],
    run,
};

const FUNCTION: &str = "Cfm3ListTokens";

fn run(session: &mut Session<'_>, _: &Given<'_>) -> Result<Outcome, Refusal> {
    let nodes = session.keys.quorum()?.list_tokens().map_err(Refusal::of(FUNCTION))?;
    let tokens = nodes.iter().filter_map(|node| node.result.as_ref().ok()).flatten();
    let listed: String = tokens.enumerate().map(|(number, token)| quorum::listed(number, token)).collect();
    let listed = if listed.is_empty() { "no tokens found\n".to_owned() } else { listed };
    let returned = status::returned(INDENT, FUNCTION, status::overall(&nodes));
    session.terminal.print(&format!("\n{returned}\n{listed}\n{}", status::cluster(INDENT, &nodes)))?;
    Ok(Outcome::when(status::overall(&nodes).is_ok()))
}
