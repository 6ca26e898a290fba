//! `approveToken <approval file>`: hands in the signatures of the approvers.

use std::path::Path;

use crate::cmu::command::exactly;
use crate::cmu::report::{Failure, Report};
use crate::cmu::session::{Refusal, Session, succeeded};
use crate::quorum::approval_file;
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "approveToken", failure: Failure::OneLine };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [file] = exactly(arguments)?;
    let (signed, approvals) = approval_file::read(Path::new(file.as_str()))?;
    let results = session.admins.each(|admin| admin.approve_tokens(&signed, &approvals))?;
    session.terminal.print(&REPORT.render(&results))?;
    Ok(Outcome::when(succeeded(&results)))
}
