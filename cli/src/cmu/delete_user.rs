//! `deleteUser <user type> <user name>`: without a caution (documented).

use hsm_sim::admin::Admin;
use hsm_sim::user::LoginType;

use crate::cmu::command::exactly;
use crate::cmu::report::{Failure, Report};
use crate::cmu::session::{Refusal, Session};
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "deleteUser", failure: Failure::Twice };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [word, name] = exactly(arguments)?;
    let kind: LoginType = word.parse().map_err(|_| Refusal::Usage)?;
    session.terminal.print(&heading(name, word, session.admins.addressed().count()))?;
    session.change_or_undo(&REPORT, |admin| admin.delete_user(kind, name), Admin::undo_delete_user)
}

/// Documented.
fn heading(name: &str, kind: &str, nodes: usize) -> String {
    format!("Deleting user {name}({kind}) on {nodes} nodes\n")
}

#[cfg(test)]
mod tests {
    use hsm_sim::HsmError;

    use super::*;
    use crate::cmu::report::samples::answers;

    #[test]
    fn documented_transcript() {
        let expected = "\
Deleting user alice(CO) on 3 nodes
deleteUser success on server 0(10.0.2.9)
deleteUser success on server 1(10.0.3.11)
deleteUser failed: HSM Error: This user doesn't exist
deleteUser failed on server 2(10.0.1.12)
";
        let results = answers([Ok(()), Ok(()), Err(HsmError::NoSuchUser)]);
        assert_eq!(heading("alice", "CO", 3) + &REPORT.render(&results), expected);
    }
}
