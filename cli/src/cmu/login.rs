//! `loginHSM <user type> <user name> <password or -hpswd> [-2fa <file>]`. A refusal by some servers leaves the utility logged in on the
//! others, and never asks what to do (documented).

use hsm_sim::admin::Credentials;
use hsm_sim::user::LoginType;

use crate::cmu::command::exactly;
use crate::cmu::report::{Failure, Report};
use crate::cmu::second_factor::{self, Purpose};
use crate::cmu::session::{Refusal, Session, succeeded};
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "loginHSM", failure: Failure::OneLine };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let (arguments, file) = second_factor::argument(arguments)?;
    let [kind, name, password] = exactly(arguments)?;
    let kind: LoginType = kind.parse().map_err(|_| Refusal::Usage)?;
    let password = session.password(password, "Enter password:")?;
    let answer = file.map(|file| second_factor::ask(session, file, Purpose::Login)).transpose()?;
    let signatures = answer.as_ref().map(|answer| &answer.signatures);
    let credentials = Credentials { password: &password, signatures };
    let results = session.admins.each(|admin| admin.login(kind, name, credentials))?;
    session.terminal.print(&REPORT.render(&results))?;
    Ok(Outcome::when(succeeded(&results)))
}

#[cfg(test)]
mod tests {
    use hsm_sim::HsmError;

    use super::*;
    use crate::cmu::report::samples::answers;

    #[test]
    fn transcript_of_the_seed() {
        let expected = "\
loginHSM success on server 0(10.0.2.9)
loginHSM success on server 1(10.0.3.11)
loginHSM success on server 2(10.0.1.12)
";
        assert_eq!(REPORT.render(&answers([Ok(()), Ok(()), Ok(())])), expected);
    }

    #[test]
    fn a_diverged_password() {
        let expected = "\
loginHSM failed on server 0(10.0.2.9): HSM Error: RET_USER_LOGIN_FAILURE
loginHSM success on server 1(10.0.3.11)
";
        assert_eq!(REPORT.render(&answers([Err(HsmError::LoginFailure), Ok(())])), expected);
    }
}
