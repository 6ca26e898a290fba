//! `shareKey <key handle> <user id> <1 or 0>`: lets another crypto user use a key, or no longer; cautions first.

use crate::attribute;
use crate::cmu::caution;
use crate::cmu::command::exactly;
use crate::cmu::report::{Failure, Report};
use crate::cmu::session::{Refusal, Session};
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "shareKey", failure: Failure::Verb("sharing key") };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [handle, user, share] = exactly(arguments)?;
    let handle = attribute::handle(handle).ok_or(Refusal::Usage)?;
    let user = user.parse().map_err(|_| Refusal::Usage)?;
    let share = match share.as_str() {
        "0" => false,
        "1" => true,
        _ => return Err(Refusal::Usage),
    };
    if !caution::confirmed(session)? {
        return Ok(Outcome::Done);
    }
    session.change(&REPORT, |admin| admin.share_key(handle, user, share))
}
