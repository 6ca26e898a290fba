//! `logout`.

use crate::chsm::answer::{Answer, Data};
use crate::chsm::session::Session;

pub(super) fn run(session: &mut Session<'_>) -> Answer {
    session.connection(None)?.log_out()?;
    Data::of("Logout successful")
}
