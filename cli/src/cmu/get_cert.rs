//! `getCert <file> <certificate type>`: after `server N`, writes a certificate of that server to a file; needs no login.

use std::fs;

use hsm_sim::admin::CertificateKind;

use crate::cmu::command::exactly;
use crate::cmu::server;
use crate::cmu::session::{Refusal, Session};
use crate::terminal::Word;
use crate::utility::Outcome;

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [file, number] = exactly(arguments)?;
    let number = number.parse().map_err(|_| Refusal::Usage)?;
    let kind = CertificateKind::of_number(number).ok_or(Refusal::Usage)?;
    server::required(session)?;
    for node in session.admins.each(|admin| admin.certificate(kind))? {
        fs::write(file.as_str(), node.result.map_err(hsm_sim::Error::from)?)?;
    }
    // Documented.
    session.terminal.print("getCert Success\n")?;
    Ok(Outcome::Done)
}
