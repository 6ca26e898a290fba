//! `server <server number>`: the commands that follow go to one server only, the usual way to make servers differ and to
//! repair one (documented).

use crate::cmu::command::exactly;
use crate::cmu::session::{Refusal, Session};
use crate::failure::Failure;
use crate::terminal::Word;
use crate::utility::Outcome;

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [server] = exactly(arguments)?;
    let server = number(session, server)?;
    session.admins.select(Some(server));
    // Documented; without encryption inferred.
    let mode = if session.encryption.is_enabled() { "E2" } else { "E1" };
    session.terminal.print(&format!("Server is in '{mode}' mode...\n"))?;
    Ok(Outcome::Done)
}

/// That the utility addresses one server, as some commands need (documented).
pub(super) fn required(session: &Session<'_>) -> Result<(), Refusal> {
    match session.admins.selected() {
        Some(_) => Ok(()),
        None => Err(Failure::new("enter 'server <server number>' first").into()),
    }
}

/// The number of a server that the utility is connected to.
pub(super) fn number(session: &Session<'_>, word: &Word) -> Result<usize, Refusal> {
    let number = word.parse().map_err(|_| Refusal::Usage)?;
    if session.admins.servers().any(|server| server.number == number) {
        return Ok(number);
    }
    let servers = session.admins.servers().count();
    Err(Failure::new(format!("there is no server {number}; the utility is connected to {servers} from 0 on")).into())
}
