//! `getHSMInfo`: what the hardware of one HSM that answers says of itself; needs no login.

use hsm_sim::HsmError;

use crate::cmu::get_hsm_info::block;
use crate::kmu::argument::Given;
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "getHSMInfo",
    group: group::CONFIGURATION,
    summary: "Gets the HSM Information",
    arguments: &[],
    run,
};

fn run(session: &mut Session<'_>, _: &Given<'_>) -> Result<Outcome, Refusal> {
    let info = session.answering()?.ok_or_else(|| Refusal::of("Cfm3GetHSMInfo")(HsmError::NoNode.into()))?;
    session.terminal.print(&block(&info.server, info.mode))?;
    Ok(Outcome::Done)
}
