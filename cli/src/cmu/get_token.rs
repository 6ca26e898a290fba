//! `getToken <service> <user name> <file>`: a quorum token of each server, all in one file for the approvers to sign.

use std::fs;

use hsm_sim::admin::NodeResult;
use hsm_sim::quorum::QuorumToken;

use crate::cmu::command::{exactly, service};
use crate::cmu::report::{Failure, Report};
use crate::cmu::session::{Refusal, Session, succeeded};
use crate::quorum;
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "getToken", failure: Failure::OneLine };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [word, name, file] = exactly(arguments)?;
    let service = service(word)?;
    let results = session.admins.each(|admin| admin.quorum_token(service, name))?;
    if let Some(tokens) = quorum::file(&results) {
        fs::write(file.as_str(), tokens)?;
    }
    session.terminal.print(&render(&results))?;
    Ok(Outcome::when(succeeded(&results)))
}

fn render(results: &[NodeResult<QuorumToken>]) -> String {
    let block =
        |node: &NodeResult<QuorumToken>| REPORT.line(node) + &node.result.as_ref().map_or(String::new(), quorum::token);
    results.iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use hsm_sim::HsmError;
    use hsm_sim::quorum::Subject;

    use super::*;
    use crate::cmu::report::samples::answers;

    #[test]
    fn documented_blocks() {
        let made = |node| {
            let user = "officer1".parse().unwrap();
            Ok(QuorumToken { id: 1, subject: Subject::UserManagement, node, user, bytes: Vec::new() })
        };
        let expected = "\
getToken success on server 0(10.0.2.9)
Token:
Id:1
Service:3
Node:1
Key Handle:0
User:officer1
getToken success on server 1(10.0.3.11)
Token:
Id:1
Service:3
Node:0
Key Handle:0
User:officer1
getToken failed on server 2(10.0.1.12): HSM Error: the service does not need quorum approval
";
        assert_eq!(render(&answers([made(1), made(0), Err(HsmError::QuorumDisabled)])), expected);
    }
}
