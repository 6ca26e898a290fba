//! `syncKey <key handle> <server number>`: after `server N`, brings a key from that server to another one.

use crate::attribute;
use crate::cmu::command::exactly;
use crate::cmu::server;
use crate::cmu::session::{Refusal, Session};
use crate::terminal::Word;
use crate::utility::Outcome;

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [handle, destination] = exactly(arguments)?;
    let handle = attribute::handle(handle).ok_or(Refusal::Usage)?;
    server::required(session)?;
    let destination = server::number(session, destination)?;
    session.admins.sync_key(handle, destination)?;
    // Documented.
    session.terminal.print("syncKey success\n")?;
    Ok(Outcome::Done)
}
