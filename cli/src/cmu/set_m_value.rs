//! `setMValue <service> <m>`: cautions first.

use crate::cmu::caution;
use crate::cmu::command::{exactly, service};
use crate::cmu::report::{Failure, Report};
use crate::cmu::session::{Refusal, Session};
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "setMValue", failure: Failure::Verb("setting M value") };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [word, m] = exactly(arguments)?;
    let service = service(word)?;
    let m: u8 = m.parse().map_err(|_| Refusal::Usage)?;
    if !caution::confirmed(session)? {
        return Ok(Outcome::Done);
    }
    let nodes = session.admins.addressed().count();
    // Documented.
    session.terminal.print(&format!("Setting M Value({m}) for {} on {nodes} nodes\n", service.number()))?;
    session.change(&REPORT, |admin| admin.set_m_value(service, m))
}
