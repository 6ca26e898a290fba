//! `registerQuorumPubKey <user type> <user name> <registration token> <signed registration token> <public key>`: the last three
//! are files (documented); cautions first.

use std::fs;

use hsm_sim::user::LoginType;

use crate::cmu::caution;
use crate::cmu::command::exactly;
use crate::cmu::report::{Failure, Report};
use crate::cmu::session::{Refusal, Session};
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "registerQuorumPubKey", failure: Failure::Verb("registering public key") };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [kind, name, token, signature, key] = exactly(arguments)?;
    let kind: LoginType = kind.parse().map_err(|_| Refusal::Usage)?;
    let [token, signature, key] = [token, signature, key].map(|file| fs::read(file.as_str()));
    let (token, signature, key) = (token?, signature?, key?);
    if !caution::confirmed(session)? {
        return Ok(Outcome::Done);
    }
    session.change(&REPORT, |admin| admin.register_quorum_key(kind, name, &token, &signature, &key))
}
