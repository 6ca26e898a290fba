//! `delToken <token id, user or all>`: deletes quorum tokens on each server. The documentation names the command only; the words are
//! those of the newer tool (inferred).

use hsm_sim::admin::TokenScope;

use crate::cmu::command::exactly;
use crate::cmu::report::{Failure, Report};
use crate::cmu::session::{Refusal, Session, succeeded};
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "delToken", failure: Failure::OneLine };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [word] = exactly(arguments)?;
    let scope = match word.as_str() {
        "all" => TokenScope::All,
        "user" => TokenScope::User,
        number => TokenScope::One(number.parse().map_err(|_| Refusal::Usage)?),
    };
    let results = session.admins.each(|admin| admin.delete_tokens(scope))?;
    session.terminal.print(&REPORT.render(&results))?;
    Ok(Outcome::when(succeeded(&results)))
}
