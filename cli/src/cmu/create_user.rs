//! `createUser <CO or CU> <user name> <password or -hpswd>`: cautions first.

use hsm_sim::user::Role;

use crate::cmu::caution;
use crate::cmu::command::exactly;
use crate::cmu::report::{Failure, Report};
use crate::cmu::session::{Refusal, Session};
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "createUser", failure: Failure::Verb("creating user") };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [word, name, password] = exactly(arguments)?;
    let role = match word.as_str() {
        "CO" => Role::Co,
        "CU" => Role::Cu,
        _ => return Err(Refusal::Usage),
    };
    let password = session.new_password(password)?;
    if !caution::confirmed(session)? {
        return Ok(Outcome::Done);
    }
    session.terminal.print(&heading(name, word, session.admin.addressed().len()))?;
    session.change(&REPORT, |admin| admin.create_user(role, name, &password))
}

/// Documented.
fn heading(name: &str, kind: &str, nodes: usize) -> String {
    format!("Creating User {name}({kind}) on {nodes} nodes\n")
}

#[cfg(test)]
mod tests {
    use hsm_sim::HsmError;

    use super::*;
    use crate::cmu::report::samples::answers;

    #[test]
    fn documented_transcript() {
        let expected = "\
Creating User bob(CU) on 3 nodes
createUser failed: HSM Error: This user already exists
creating user on server 0(10.0.2.9) failed
createUser success on server 1(10.0.3.11)
";
        let results = answers([Err(HsmError::UserExists), Ok(())]);
        assert_eq!(heading("bob", "CU", 3) + &REPORT.render(&results), expected);
    }
}
