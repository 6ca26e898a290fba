//! `delToken {-tf <token file> | -f 4}`: deletes the quorum tokens that a file holds, or all of the user's. The documentation names the
//! command; its arguments are those of the vendor's tool.

use std::fs;

use hsm_sim::admin::TokenScope;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "delToken",
    group: group::QUORUM,
    summary: "delete Token(s)",
    arguments: &[
        Argument::optional("tf", "token file", "specifies the file with the tokens to delete"),
        Argument::optional("f", "delete flags", "4 deletes all tokens of the user"),
    ],
    run,
};

const FUNCTION: &str = "Cfm3DeleteToken";

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let file = given.value("tf").map(|file| fs::read(file.as_str())).transpose()?;
    let scope = match (&file, given.value("f").map(|flags| flags.as_str())) {
        (Some(tokens), None) => TokenScope::File(tokens),
        (None, Some("4")) => TokenScope::User,
        _ => return Err(Refusal::Usage),
    };
    let nodes = session.keys.quorum()?.delete_tokens(scope).map_err(Refusal::of(FUNCTION))?;
    session.terminal.print(&format!("\n{}", status::block(INDENT, FUNCTION, &nodes)))?;
    Ok(Outcome::when(status::overall(&nodes).is_ok()))
}
