//! `createUser <CO or CU> <user name> <password or -hpswd> [-2fa <file>]`: cautions first.

use hsm_sim::admin::NewCredentials;
use hsm_sim::user::Role;

use crate::cmu::caution;
use crate::cmu::command::exactly;
use crate::cmu::report::{Failure, Report};
use crate::cmu::second_factor::{self, Purpose};
use crate::cmu::session::{Refusal, Session};
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "createUser", failure: Failure::Verb("creating user") };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let (arguments, file) = second_factor::argument(arguments)?;
    let [word, name, password] = exactly(arguments)?;
    let role = match word.as_str() {
        "CO" => Role::Co,
        "CU" => Role::Cu,
        _ => return Err(Refusal::Usage),
    };
    second_factor::only_for_officers(word, file)?;
    let password = session.new_password(password)?;
    if !caution::confirmed(session)? {
        return Ok(Outcome::Done);
    }
    session.terminal.print(&heading(name, word, session.admins.addressed().count()))?;
    let factor = file.map(|file| second_factor::ask(session, file, Purpose::Registration)).transpose()?;
    let factor = factor.as_ref().map(second_factor::Answer::as_new_factor);
    let credentials = NewCredentials { password: &password, second_factor: factor, deregister_quorum: false };
    session.change(&REPORT, |admin| admin.create_user(role, name, credentials))
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
