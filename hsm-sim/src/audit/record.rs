//! One event of an audit log, and its form in the service's log streams.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::audit::{Command, Event};
use crate::clock::SimTime;
use crate::error::HsmError;
use crate::user::Role;

/// What an event says beside its command, as it is noted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Detail<'a> {
    /// Nothing.
    Minimal,
    /// A key, or a pair.
    Key { handle: u32, public: u32 },
    /// A user.
    User { name: &'a str, role: Role },
}

/// The same in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Kept {
    Minimal,
    Key { handle: u32, public: u32 },
    User { name: String, role: Role },
}

/// An event of an HSM's audit log. `Display` gives it in the form of the log stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    at: SimTime,
    reboots: u32,
    sequence: u64,
    command: Command,
    session: u32,
    /// The number and the text of a refusal.
    refusal: Option<(u32, String)>,
    detail: Kept,
}

impl AuditRecord {
    /// An event that has no number yet.
    pub(super) fn new(at: SimTime, event: Event<'_>, answer: Result<(), &HsmError>) -> Self {
        let detail = match event.detail {
            Detail::Minimal => Kept::Minimal,
            Detail::Key { handle, public } => Kept::Key { handle, public },
            Detail::User { name, role } => Kept::User { name: name.to_owned(), role },
        };
        let refusal = answer.err().map(|error| (error.code(), error.to_string()));
        Self { at, reboots: 0, sequence: 0, command: event.command, session: event.session, refusal, detail }
    }

    /// The event of this number since so many starts.
    pub(super) fn numbered(self, reboots: u32, sequence: u64) -> Self {
        Self { reboots, sequence, ..self }
    }

    /// When, on the simulated clock.
    pub const fn at(&self) -> SimTime {
        self.at
    }

    /// How often the HSM had been started again (`Reboot counter`).
    pub const fn reboots(&self) -> u32 {
        self.reboots
    }

    /// The number since then (`Sequence No`).
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The command (`Opcode`).
    pub const fn command(&self) -> Command {
        self.command
    }

    /// The number of the answer; 0 for success (`Response`).
    pub fn response(&self) -> u32 {
        self.refusal.as_ref().map_or(0, |(code, _)| *code)
    }

    /// The user that it concerns, if it concerns one.
    pub fn user(&self) -> Option<&str> {
        match &self.detail {
            Kept::User { name, .. } => Some(name),
            Kept::Minimal | Kept::Key { .. } => None,
        }
    }

    /// The key that it concerns, if it concerns one.
    pub const fn key(&self) -> Option<u32> {
        match &self.detail {
            Kept::Key { handle, .. } => Some(*handle),
            Kept::Minimal | Kept::User { .. } => None,
        }
    }
}

/// A user's type as the log names it (documented, but for the primary officer, who is an officer like any other; inferred).
const fn user_type(role: Role) -> (&'static str, u32) {
    match role {
        Role::Cu => ("CN_CRYPTO_USER", 1),
        Role::Co | Role::Pco => ("CN_CRYPTO_OFFICER", 2),
        Role::Au => ("CN_APPLIANCE_USER", 5),
        Role::Preco => ("CN_CRYPTO_PRE_OFFICER", 6),
    }
}

impl fmt::Display for AuditRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.at.millis()) * 1_000_000;
        // The simulated clock ends with the year 9999.
        let at = time::OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
        writeln!(
            f,
            "Time: {:02}/{:02}/{:02} {:02}:{:02}:{:02}.{:06}, usecs:{}",
            u8::from(at.month()),
            at.day(),
            at.year().rem_euclid(100),
            at.hour(),
            at.minute(),
            at.second(),
            at.microsecond(),
            self.at.millis() * 1000
        )?;
        writeln!(f, "Sequence No : {:#x}", self.sequence)?;
        writeln!(f, "Reboot counter : {:#x}", self.reboots)?;
        let (kind, number) = self.command.kind();
        writeln!(f, "Command Type(hex) : {kind} ({number:#x})")?;
        writeln!(f, "Opcode : {} ({:#x})", self.command.name(), self.command.number())?;
        writeln!(f, "Session Handle : {:#x}", self.session)?;
        match &self.refusal {
            None => writeln!(f, "Response : 0:HSM Return: SUCCESS")?,
            Some((code, text)) => writeln!(f, "Response : {code}:{text}")?,
        }
        match &self.detail {
            Kept::Minimal => writeln!(f, "Log type : MINIMAL_LOG_ENTRY (0)"),
            Kept::Key { handle, public } => {
                writeln!(f, "Log type : MGMT_KEY_DETAILS_LOG (1)")?;
                writeln!(f, "Priv/Secret Key Handle : {handle}")?;
                writeln!(f, "Public Key Handle : {public}")
            }
            Kept::User { name, role } => {
                let (kind, number) = user_type(*role);
                writeln!(f, "Log type : MGMT_USER_DETAILS_LOG (2)")?;
                writeln!(f, "User Name : {name}")?;
                writeln!(f, "User Type : {kind} ({number})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documentation's example of a login that failed, to the millisecond.
    #[test]
    fn an_event_has_the_documented_form() {
        let event = Event {
            command: Command::Login,
            detail: Detail::User { name: "testuser", role: Role::Cu },
            session: 0x0c00_8002,
        };
        let at = SimTime::from_millis(1_516_815_865_013);
        let record = AuditRecord::new(at, event, Err(&HsmError::LoginFailure)).numbered(0x107, 5);
        let expected = "Time: 01/24/18 17:44:25.013000, usecs:1516815865013000\nSequence No : 0x5\nReboot counter : 0x107\n\
            Command Type(hex) : CN_MGMT_CMD (0x0)\nOpcode : CN_LOGIN (0xd)\nSession Handle : 0xc008002\n\
            Response : 163:HSM Error: RET_USER_LOGIN_FAILURE\nLog type : MGMT_USER_DETAILS_LOG (2)\nUser Name : testuser\n\
            User Type : CN_CRYPTO_USER (1)\n";
        assert_eq!(record.to_string(), expected);
    }
}
