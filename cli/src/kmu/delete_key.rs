//! `deleteKey -k <key handle>`: only the owner can (seed 004).

use hsm_sim::HsmError;
use hsm_sim::node::NodeResult;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "deleteKey",
    group: group::MANAGEMENT,
    summary: "Delete Key",
    arguments: &[Argument::required("k", "key handle", "specifies the handle of the key")],
    run,
};

const FUNCTION: &str = "Cfm3DeleteKey";

fn run(session: &mut Session<'_>, arguments: &Given<'_>) -> Result<Outcome, Refusal> {
    let handle = arguments.required("k")?;
    let nodes = session.keys.delete(handle).map_err(Refusal::of(FUNCTION))?;
    session.terminal.print(&render(&nodes))?;
    Ok(Outcome::when(status::overall(&nodes).is_ok()))
}

fn render(nodes: &[NodeResult<()>]) -> String {
    let all = |error: &HsmError| !nodes.is_empty() && nodes.iter().all(|node| node.result.as_ref() == Err(error));
    if all(&HsmError::InvalidHandle) {
        // Documented: a key that is nowhere is missed by the search before the deletion.
        format!("\n{}", status::block(INDENT, "Cfm3FindKey", nodes))
    } else if all(&HsmError::KeyAccessDenied) {
        // Documented: without the states of the nodes.
        format!("\n{}", status::returned(INDENT, FUNCTION, Err(&HsmError::KeyAccessDenied)))
    } else {
        format!("\n{}", status::block(INDENT, FUNCTION, nodes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kmu::status::answers;

    #[test]
    fn transcript_of_the_seed() {
        let expected = "
        Cfm3DeleteKey returned: 0x00 : HSM Return: SUCCESS

        Cluster Error Status
        Node id 0 and err state 0x00000000 : HSM Return: SUCCESS
        Node id 1 and err state 0x00000000 : HSM Return: SUCCESS
        Node id 2 and err state 0x00000000 : HSM Return: SUCCESS
";
        assert_eq!(render(&answers([Ok(()), Ok(()), Ok(())])), expected);
    }

    #[test]
    fn documented_refusals() {
        let unknown = "
        Cfm3FindKey returned: 0xa8 : HSM Error: Invalid object handle is passed to this operation

        Cluster Error Status
        Node id 0 and err state 0x000000a8 : HSM Error: Invalid object handle is passed to this operation
        Node id 1 and err state 0x000000a8 : HSM Error: Invalid object handle is passed to this operation
";
        assert_eq!(render(&answers([Err(HsmError::InvalidHandle), Err(HsmError::InvalidHandle)])), unknown);
        let denied = "\n        Cfm3DeleteKey returned: 0xc6 : HSM Error: Key Access is denied\n";
        assert_eq!(render(&answers([Err(HsmError::KeyAccessDenied), Err(HsmError::KeyAccessDenied)])), denied);
    }

    #[test]
    fn a_node_away() {
        let expected = "
        Cfm3DeleteKey returned: 0x30000085 : HSM CLUSTER ERROR: Server in cluster is unavailable

        Cluster Error Status
        Node id 0 and err state 0x00000000 : HSM Return: SUCCESS
        Node id 1 and err state 0x30000085 : HSM CLUSTER ERROR: Server in cluster is unavailable
";
        assert_eq!(render(&answers([Ok(()), Err(HsmError::NodeUnavailable)])), expected);
    }
}
