//! `enable_e2e`: older builds need it after they start; here every connection is encrypted already (documented).

use crate::cmu::command::exactly;
use crate::cmu::session::{Refusal, Session};
use crate::cmu::startup;
use crate::terminal::Word;
use crate::utility::Outcome;

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [] = exactly(arguments)?;
    let text = startup::encrypted(session.admin.servers());
    session.terminal.print(&text)?;
    Ok(Outcome::Done)
}
