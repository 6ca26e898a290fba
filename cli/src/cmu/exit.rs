//! `exit`: after `server N`, back to all servers (documented); otherwise the end, as `quit` (inferred).

use crate::cmu::command::exactly;
use crate::cmu::quit;
use crate::cmu::session::{Refusal, Session};
use crate::terminal::Word;
use crate::utility::Outcome;

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [] = exactly(arguments)?;
    if session.admins.selected().is_none() {
        return quit::run(session, arguments);
    }
    session.admins.select(None);
    Ok(Outcome::Done)
}
