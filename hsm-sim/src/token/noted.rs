//! What HSMs note of cryptographic calls (documented): keys that sessions make and delete, and wrapping.

use crate::audit::Command;
use crate::audit::pending::{self, Waiting};
use crate::object::Handle;
use crate::token::application::Application;
use crate::token::handles::Target;
use crate::token::session::Session;
use crate::token::slot::{Born, Seen, Sight};
use crate::token::{Error, ObjectHandle, Result};

impl Application {
    /// Notes what was done with a key on the HSM that did it.
    pub(crate) fn note(&self, session: &Session, command: Command, key: ObjectHandle) {
        // Where nobody reaches an HSM, or the key is gone again, there is none that could note it.
        let _ = session.with_sight(self.world(), |sight| {
            let (seen, handle) = place_of(session, sight, key)?;
            self.add_note(seen, command, handle, 0);
            Ok(())
        });
    }

    /// Notes that a session's objects were made: pairs are told together, the private key first.
    pub(crate) fn note_made(&self, command: Command, made: &[Born<'_>]) {
        match (command, made) {
            (Command::GenerateKeyPair, [public, private]) => {
                self.add_note(private.seen, command, number_of(private), number_of(public));
            }
            _ => made.iter().for_each(|made| self.add_note(made.seen, command, number_of(made), 0)),
        }
    }

    fn add_note(&self, seen: &Seen, command: Command, handle: u32, public: u32) {
        let (node, session) = (seen.node.clone(), seen.session_number);
        pending::add(self.world(), Waiting { node, command, session, handle, public });
    }
}

/// An HSM that has an object, and the number of the object there.
fn place_of<'s>(session: &Session, sight: &'s Sight, handle: ObjectHandle) -> Result<(&'s Seen, u32)> {
    let slot = &session.slot;
    match slot.handles.target(handle)? {
        Target::Session(number) => {
            let (node, own) = slot.home(number)?;
            let seen = sight.nodes.iter().find(|seen| seen.node == node).ok_or(Error::ObjectHandleInvalid)?;
            Ok((seen, known(own, handle)))
        }
        Target::Token(own) => Ok((sight.any_node(slot.turn(usize::MAX)), own.get())),
        Target::Profile(number) => Ok((sight.any_node(0), low(ObjectHandle(number)))),
    }
}

fn number_of(born: &Born<'_>) -> u32 {
    known(born.own, born.handle)
}

/// Objects of sessions that no tool made have the number that the application knows (inferred).
fn known(own: Handle, handle: ObjectHandle) -> u32 {
    if own == Handle::NONE { low(handle) } else { own.get() }
}

/// Handles of applications are counted from 1.
fn low(handle: ObjectHandle) -> u32 {
    u32::try_from(handle.0 & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}
