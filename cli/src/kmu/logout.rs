//! `logoutHSM`.

use hsm_sim::HsmError;

use crate::kmu::argument::Given;
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status;
use crate::utility::Outcome;

pub(super) const COMMAND: Command =
    Command { name: "logoutHSM", group: group::CONFIGURATION, summary: "Logout from the HSM", arguments: &[], run };

const FUNCTION: &str = "Cfm3LogoutHSM";

fn run(session: &mut Session<'_>, _: &Given<'_>) -> Result<Outcome, Refusal> {
    let nodes = session.keys.logout().map_err(Refusal::indented(FUNCTION, ""))?;
    if nodes.is_empty() {
        return Err(Refusal::indented(FUNCTION, "")(HsmError::NotLoggedIn.into()));
    }
    session.terminal.print(&status::block("", FUNCTION, &nodes))?;
    Ok(Outcome::when(status::overall(&nodes).is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kmu::status::answers;

    #[test]
    fn transcript_of_the_seed() {
        let expected = "\
Cfm3LogoutHSM returned: 0x00 : HSM Return: SUCCESS

Cluster Error Status
Node id 0 and err state 0x00000000 : HSM Return: SUCCESS
Node id 1 and err state 0x00000000 : HSM Return: SUCCESS
";
        assert_eq!(status::block("", FUNCTION, &answers([Ok(()), Ok(())])), expected);
    }
}
