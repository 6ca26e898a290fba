//! `approveToken -af <approval file>`: hands in the signatures of the approvers. The documentation names the command; its argument is that
//! of the vendor's tool, its file that of the other utility (documented there).

use std::path::Path;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::quorum::approval_file;
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "approveToken",
    group: group::QUORUM,
    summary: "Approves an MxN service",
    arguments: &[Argument::required(
        "af",
        "approval file",
        "specifies the file that names the tokens and the approvals",
    )],
    run,
};

const FUNCTION: &str = "Cfm3ApproveToken";

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let (signed, approvals) = approval_file::read(Path::new(given.text("af")))?;
    let nodes = session.keys.quorum()?.approve_tokens(&signed, &approvals).map_err(Refusal::of(FUNCTION))?;
    session.terminal.print(&format!("\n{}", status::block(INDENT, FUNCTION, &nodes)))?;
    Ok(Outcome::when(status::overall(&nodes).is_ok()))
}
