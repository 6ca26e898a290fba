//! `enable_e2e`: older builds need it after they start; here it matters where that failed (documented).

use crate::cmu::command::exactly;
use crate::cmu::session::{Refusal, Session};
use crate::cmu::startup;
use crate::terminal::Word;
use crate::utility::Outcome;

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [] = exactly(arguments)?;
    let text = session.encryption.enable(&mut session.admins)?;
    session.terminal.print(&text)?;
    let servers = startup::states(&session.admins)?;
    Ok(Outcome::when(session.encryption.is_enabled() && servers.iter().all(|info| info.connected)))
}
