//! How a command of the cluster's client ends: the overall answer, and the state of each node that took part.

use hsm_sim::HsmError;
use hsm_sim::node::NodeResult;

/// How far most commands are indented (seed 004).
pub(super) const INDENT: &str = "        ";

/// `Cfm3<function> returned: 0x.. : <text>`.
pub(super) fn returned(indent: &str, function: &str, result: Result<(), &HsmError>) -> String {
    let (code, text) = code_and_text(result);
    format!("{indent}{function} returned: {code:#04x} : {text}\n")
}

/// `Cluster Error Status` and one line per node (seed 004); nothing when no node took part.
pub(super) fn cluster<T>(indent: &str, nodes: &[NodeResult<T>]) -> String {
    if nodes.is_empty() {
        return String::new();
    }
    let mut text = format!("{indent}Cluster Error Status\n");
    for node in nodes {
        let (code, reason) = code_and_text(node.result.as_ref().map(|_| ()));
        text += &format!("{indent}Node id {} and err state {code:#010x} : {reason}\n", node.server);
    }
    text
}

/// Both, with a blank line between them: the whole answer of a command that has no result of its own.
pub(super) fn block<T>(indent: &str, function: &str, nodes: &[NodeResult<T>]) -> String {
    let overall = returned(indent, function, overall(nodes));
    if nodes.is_empty() { overall } else { format!("{overall}\n{}", cluster(indent, nodes)) }
}

/// How the generation of a key that the policy forbids ends: the node that was asked gives up (documented).
pub(super) fn forbidden(function: &str) -> String {
    let (code, reason) = code_and_text(Err(&HsmError::NodeUnavailable));
    let overall = returned(INDENT, function, Err(&HsmError::PolicyViolation));
    format!("\n{overall}\n{INDENT}Cluster Error Status\n{INDENT}Node id 0 and err state {code:#010x} : {reason}\n")
}

/// The overall answer: that of the first node that failed (inferred), and without nodes that there is none.
pub(super) fn overall<T>(nodes: &[NodeResult<T>]) -> Result<(), &HsmError> {
    if nodes.is_empty() {
        return Err(&HsmError::NoNode);
    }
    nodes.iter().try_for_each(|node| node.result.as_ref().map(|_| ()))
}

fn code_and_text(result: Result<(), &HsmError>) -> (u32, String) {
    match result {
        Ok(()) => (0, "HSM Return: SUCCESS".to_owned()),
        Err(error) => (error.code(), error.to_string()),
    }
}

/// Answers of nodes for the tests of the commands' texts.
#[cfg(test)]
pub(super) fn answers(results: impl IntoIterator<Item = Result<(), HsmError>>) -> Vec<NodeResult<()>> {
    let answer = |(server, result)| NodeResult {
        server,
        node: "hsm-aaaaaaaaaaa".parse().unwrap(),
        ip: [10, 0, 0, 1].into(),
        result,
    };
    results.into_iter().enumerate().map(answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_node_away() {
        let expected = "\
X returned: 0x30000085 : HSM CLUSTER ERROR: Server in cluster is unavailable

Cluster Error Status
Node id 0 and err state 0x00000000 : HSM Return: SUCCESS
Node id 1 and err state 0x30000085 : HSM CLUSTER ERROR: Server in cluster is unavailable
";
        assert_eq!(block("", "X", &answers([Ok(()), Err(HsmError::NodeUnavailable)])), expected);
    }

    #[test]
    fn no_node_at_all() {
        assert_eq!(block("", "X", &answers([])), "X returned: 0x30000086 : LIQUIDSECURITY: Invalid Operation\n");
    }
}
