//! `enable_e2e`: older builds need it after they start; here every connection is encrypted already (documented).

use crate::cmu::command::exactly;
use crate::cmu::session::{Refusal, Session};
use crate::cmu::startup;
use crate::terminal::Word;
use crate::utility::Outcome;

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [] = exactly(arguments)?;
    let servers = startup::states(&session.admin)?;
    session.terminal.print(&startup::encrypted(&servers))?;
    Ok(Outcome::when(servers.iter().all(|info| info.connected)))
}
