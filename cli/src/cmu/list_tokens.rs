//! `listTokens`: the quorum tokens of each server; needs no login.

use hsm_sim::admin::NodeResult;
use hsm_sim::quorum::ListedToken;

use crate::cmu::command::exactly;
use crate::cmu::report::{Failure, Report};
use crate::cmu::session::{Refusal, Session, succeeded};
use crate::quorum;
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "listTokens", failure: Failure::OneLine };
const RULE: &str = "=====================";

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [] = exactly(arguments)?;
    let results = session.admins.each(|admin| admin.list_tokens())?;
    session.terminal.print(&render(&results))?;
    Ok(Outcome::when(succeeded(&results)))
}

/// Documented. The closing line stands if every server answered (inferred).
fn render(results: &[NodeResult<Vec<ListedToken>>]) -> String {
    let mut text = String::new();
    for node in results {
        text += &format!("\n{RULE}\n    Server {}({})\n{RULE}\n", node.server, node.ip);
        match &node.result {
            Ok(tokens) => {
                text.extend(tokens.iter().enumerate().map(|(number, token)| quorum::listed(number, token)));
                text += &format!("Num of tokens = {}\n", tokens.len());
            }
            Err(_) => text += &REPORT.line(node),
        }
    }
    if succeeded(results) { text + "\nlistTokens success\n" } else { text }
}

#[cfg(test)]
mod tests {
    use hsm_sim::HsmError;
    use hsm_sim::quorum::{QuorumToken, Subject};

    use super::*;
    use crate::cmu::report::samples::answers;

    fn listed(node: u32) -> ListedToken {
        let user = "officer1".parse().unwrap();
        let token = QuorumToken { id: 1, subject: Subject::UserManagement, node, user, bytes: Vec::new() };
        let approvers = ["officer1", "officer2"].map(|name| name.parse().unwrap()).to_vec();
        ListedToken { token, validity: 506, required: 2, approvers }
    }

    #[test]
    fn documented_listing() {
        let expected = "
=====================
    Server 0(10.0.2.9)
=====================
-------- Token - 0 ----------
Token:
Id:1
Service:3
Node:1
Key Handle:0
User:officer1
Token Validity: 506 sec
Required num of approvers : 2
Current num of approvals : 2
Approver-0: officer1
Approver-1: officer2
Num of tokens = 1

=====================
    Server 1(10.0.3.11)
=====================
Num of tokens = 0
";
        let results = answers([Ok(vec![listed(1)]), Ok(vec![])]);
        assert_eq!(render(&results), format!("{expected}\nlistTokens success\n"));
        let failed = "
=====================
    Server 2(10.0.1.12)
=====================
listTokens failed on server 2(10.0.1.12): HSM CLUSTER ERROR: Server in cluster is unavailable
";
        let results = answers([Ok(vec![listed(1)]), Ok(vec![]), Err(HsmError::NodeUnavailable)]);
        assert_eq!(render(&results), format!("{expected}{failed}"));
    }
}
