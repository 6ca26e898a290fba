//! `exit`: ends the utility and with it its login.

use crate::kmu::named::Named;
use crate::kmu::session::{Refusal, Session};
use crate::utility::Outcome;

pub(super) fn run(_: &mut Session<'_>, _: &Named<'_>) -> Result<Outcome, Refusal> {
    Ok(Outcome::Quit)
}
