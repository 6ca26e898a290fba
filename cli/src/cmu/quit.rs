//! `quit`: ends the utility and with it its logins (documented).

use crate::cmu::command::exactly;
use crate::cmu::session::{Refusal, Session};
use crate::terminal::Word;
use crate::utility::Outcome;

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [] = exactly(arguments)?;
    session.terminal.print("\ndisconnecting from servers, please wait...\n")?;
    Ok(Outcome::Quit)
}
