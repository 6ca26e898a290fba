//! One answer per server: how a command that changes something reports.

use hsm_sim::HsmError;
use hsm_sim::admin::Server;
use hsm_sim::node::NodeResult;

/// How a command's successes and failures read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Report {
    /// The command's name.
    pub(super) command: &'static str,
    /// What a failure says.
    pub(super) failure: Failure,
}

/// The forms of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// `<command> failed on server N(ip): <reason>` (inferred from the form of successes).
    OneLine,
    /// `<command> failed: <reason>`, then `<verb> on server N(ip) failed` (documented for createUser).
    Verb(&'static str),
    /// `<command> failed: <reason>`, then `<command> failed on server N(ip)` (documented for deleteUser).
    Twice,
}

impl Report {
    /// The lines of all servers.
    pub(super) fn render<T>(&self, results: &[NodeResult<T>]) -> String {
        results.iter().map(|node| self.line(node)).collect()
    }

    /// What is said of a server that does not answer.
    pub(super) fn unavailable(&self, server: &Server) -> String {
        let Server { number, node, ip } = server.clone();
        self.line(&NodeResult::<()> { server: number, node, ip, result: Err(HsmError::NodeUnavailable) })
    }

    /// The line or lines of one server.
    pub(super) fn line<T>(&self, node: &NodeResult<T>) -> String {
        let Self { command, failure } = self;
        let NodeResult { server, ip, .. } = node;
        match (&node.result, failure) {
            (Ok(_), _) => format!("{command} success on server {server}({ip})\n"),
            (Err(reason), Failure::OneLine) => format!("{command} failed on server {server}({ip}): {reason}\n"),
            (Err(reason), Failure::Verb(verb)) => {
                format!("{command} failed: {reason}\n{verb} on server {server}({ip}) failed\n")
            }
            (Err(reason), Failure::Twice) => {
                format!("{command} failed: {reason}\n{command} failed on server {server}({ip})\n")
            }
        }
    }
}

/// Servers and answers for the tests of the commands' texts.
#[cfg(test)]
pub(super) mod samples {
    use std::net::Ipv4Addr;

    use hsm_sim::admin::{NodeResult, Server};
    use hsm_sim::{HsmError, NodeId};

    const NODES: [(&str, [u8; 4]); 3] =
        [("hsm-aaaaaaaaaaa", [10, 0, 2, 9]), ("hsm-bbbbbbbbbbb", [10, 0, 3, 11]), ("hsm-ccccccccccc", [10, 0, 1, 12])];

    /// The servers of the documentation's examples.
    pub(in crate::cmu) fn servers() -> Vec<Server> {
        let server = |(number, (node, ip)): (usize, (&str, [u8; 4]))| Server {
            number,
            node: node.parse::<NodeId>().unwrap(),
            ip: Ipv4Addr::from(ip),
        };
        NODES.into_iter().enumerate().map(server).collect()
    }

    /// One answer per server, for as many as there are answers.
    pub(in crate::cmu) fn answers<T>(results: impl IntoIterator<Item = Result<T, HsmError>>) -> Vec<NodeResult<T>> {
        let answer = |(server, result): (Server, _)| NodeResult {
            server: server.number,
            node: server.node,
            ip: server.ip,
            result,
        };
        servers().into_iter().zip(results).map(answer).collect()
    }
}

#[cfg(test)]
mod tests {
    use hsm_sim::HsmError;

    use super::samples::answers;
    use super::*;

    #[test]
    fn failures_name_the_server() {
        let results = answers([Ok(()), Err(HsmError::UserLocked)]);
        let report = |failure| Report { command: "x", failure }.render(&results);
        let success = "x success on server 0(10.0.2.9)\n";
        let reason = "HSM Error: RET_USER_LOCKED";
        assert_eq!(report(Failure::OneLine), format!("{success}x failed on server 1(10.0.3.11): {reason}\n"));
        assert_eq!(
            report(Failure::Verb("doing x")),
            format!("{success}x failed: {reason}\ndoing x on server 1(10.0.3.11) failed\n")
        );
        assert_eq!(report(Failure::Twice), format!("{success}x failed: {reason}\nx failed on server 1(10.0.3.11)\n"));
    }
}
