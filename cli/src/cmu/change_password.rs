//! `changePswd <user type> <user name> <password or -hpswd> [-2fa <file>]`: cautions first; unlocks the account on every server that it
//! reaches (seed 004).

use hsm_sim::admin::NewCredentials;
use hsm_sim::user::LoginType;

use crate::cmu::caution;
use crate::cmu::command::exactly;
use crate::cmu::report::{Failure, Report};
use crate::cmu::second_factor::{self, Purpose};
use crate::cmu::session::{Refusal, Session};
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "changePswd", failure: Failure::OneLine };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let (arguments, file) = second_factor::argument(arguments)?;
    let [word, name, password] = exactly(arguments)?;
    let kind: LoginType = word.parse().map_err(|_| Refusal::Usage)?;
    second_factor::only_for_officers(word, file)?;
    let password = session.new_password(password)?;
    if !caution::confirmed(session)? {
        return Ok(Outcome::Done);
    }
    session.terminal.print(&heading(name, word, session.admins.addressed().count()))?;
    let factor = file.map(|file| second_factor::ask(session, file, Purpose::Registration)).transpose()?;
    let factor = factor.as_ref().map(second_factor::Answer::as_new_factor);
    let credentials = NewCredentials { password: &password, second_factor: factor, deregister_quorum: false };
    session.change(&REPORT, |admin| admin.change_password(kind, name, credentials))
}

/// Seed 004.
fn heading(name: &str, kind: &str, nodes: usize) -> String {
    format!("Changing password for {name}({kind}) on {nodes} nodes\n")
}

#[cfg(test)]
mod tests {
    use hsm_sim::HsmError;

    use super::*;
    use crate::cmu::report::samples::answers;

    #[test]
    fn heading_of_the_seed() {
        assert_eq!(heading("kmsuser", "CU", 3), "Changing password for kmsuser(CU) on 3 nodes\n");
        assert_eq!(heading("admin", "PRECO", 1), "Changing password for admin(PRECO) on 1 nodes\n");
    }

    #[test]
    fn one_line_per_node() {
        let expected = "\
changePswd success on server 0(10.0.2.9)
changePswd failed on server 1(10.0.3.11): HSM Error: this user is logged in
changePswd success on server 2(10.0.1.12)
";
        assert_eq!(REPORT.render(&answers([Ok(()), Err(HsmError::UserLoggedIn), Ok(())])), expected);
    }
}
