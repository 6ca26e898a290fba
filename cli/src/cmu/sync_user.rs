//! `syncUser <user id> <server number>`: after `server N`, brings a user from that server to another one.

use hsm_sim::HsmError;
use hsm_sim::admin::SyncedUser;

use crate::cmu::command::exactly;
use crate::cmu::server;
use crate::cmu::session::{Refusal, Session};
use crate::terminal::Word;
use crate::utility::Outcome;

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [user, destination] = exactly(arguments)?;
    let user = user.parse().map_err(|_| Refusal::Usage)?;
    server::required(session)?;
    let destination = server::number(session, destination)?;
    let synced = session.admins.sync_user(user, destination)?;
    session.terminal.print(&render(&synced))?;
    Ok(Outcome::when(synced.succeeded()))
}

/// Documented for a success; a failure names its reason as other commands do (inferred).
fn render(synced: &SyncedUser) -> String {
    let step = |name: &str, answer: &Result<(), HsmError>| {
        let code = answer.as_ref().map_or_else(HsmError::code, |()| 0);
        format!("{name}: {code:#x} !\n")
    };
    let mut text = step("ExtractMaskedObject", &synced.extracted);
    if let Some(inserted) = &synced.inserted {
        text += &step("InsertMaskedObject", inserted);
    }
    let refusal =
        synced.extracted.as_ref().err().or(synced.inserted.as_ref().and_then(|inserted| inserted.as_ref().err()));
    match refusal {
        None => text + "syncUser success\n",
        Some(reason) => text + &format!("syncUser failed: {reason}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_transcript() {
        let both = SyncedUser { extracted: Ok(()), inserted: Some(Ok(())) };
        assert_eq!(render(&both), "ExtractMaskedObject: 0x0 !\nInsertMaskedObject: 0x0 !\nsyncUser success\n");
    }

    #[test]
    fn either_server_may_refuse() {
        let refused = SyncedUser { extracted: Err(HsmError::NoSuchUser), inserted: None };
        assert_eq!(
            render(&refused),
            "ExtractMaskedObject: 0xce !\nsyncUser failed: HSM Error: This user doesn't exist\n"
        );
        let refused = SyncedUser { extracted: Ok(()), inserted: Some(Err(HsmError::InvalidUserType)) };
        let expected = "\
ExtractMaskedObject: 0x0 !
InsertMaskedObject: 0xdb !
syncUser failed: HSM Error: Invalid User Type.
";
        assert_eq!(render(&refused), expected);
    }
}
