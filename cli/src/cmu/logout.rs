//! `logoutHSM`.

use hsm_sim::admin::Admin;

use crate::cmu::command::exactly;
use crate::cmu::report::{Failure, Report};
use crate::cmu::session::{Refusal, Session, succeeded};
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "logoutHSM", failure: Failure::OneLine };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [] = exactly(arguments)?;
    let results = session.admins.each(Admin::logout)?;
    session.terminal.print(&REPORT.render(&results))?;
    Ok(Outcome::when(succeeded(&results)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmu::report::samples::answers;

    #[test]
    fn documented_transcript() {
        let expected = "\
logoutHSM success on server 0(10.0.2.9)
logoutHSM success on server 1(10.0.3.11)
logoutHSM success on server 2(10.0.1.12)
";
        assert_eq!(REPORT.render(&answers([Ok(()), Ok(()), Ok(())])), expected);
    }
}
