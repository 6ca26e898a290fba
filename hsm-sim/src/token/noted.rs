//! What HSMs note of cryptographic calls (documented): keys that sessions make and delete, and wrapping.

use crate::audit::Command;
use crate::audit::pending::{self, Waiting};
use crate::id::NodeId;
use crate::object::Handle;
use crate::token::application::Application;
use crate::token::handles::Target;
use crate::token::session::Session;
use crate::token::slot::Slot;
use crate::token::{ObjectHandle, Result};

impl Application {
    /// Notes what was done with a key, or a pair, on the HSM that did it.
    pub(crate) fn note(&self, session: &Session, command: Command, key: ObjectHandle, public: Option<ObjectHandle>) {
        let slot = &session.slot;
        // Nobody reaches an HSM, or the key is gone again: there is none that could note it.
        let Ok((node, handle)) = self.place_of(slot, key) else { return };
        let public = public.and_then(|public| self.place_of(slot, public).ok()).map_or(0, |(_, handle)| handle);
        let number = slot.identity.read().client.session_number(&node);
        pending::add(self.world(), Waiting { node, command, session: number, handle, public });
    }

    /// Notes that a session's objects were made: pairs are told together, the private key first.
    pub(crate) fn note_made(&self, session: &Session, command: Command, made: &[ObjectHandle]) {
        match (command, made) {
            (Command::GenerateKeyPair, [public, private]) => self.note(session, command, *private, Some(*public)),
            _ => made.iter().for_each(|made| self.note(session, command, *made, None)),
        }
    }

    /// An HSM that has an object, and the number of the object there. Objects of sessions that no tool made have the number that the
    /// application knows (inferred).
    fn place_of(&self, slot: &Slot, handle: ObjectHandle) -> Result<(NodeId, u32)> {
        let known = |own: Handle| if own == Handle::NONE { low(handle) } else { own.get() };
        match slot.handles.target(handle)? {
            Target::Session(number) => slot.home(number).map(|(node, own)| (node, known(own))),
            Target::Token(own) => Ok((slot.sight(self.world())?.any_node(slot.turn(usize::MAX)), own.get())),
            Target::Profile(number) => Ok((slot.sight(self.world())?.any_node(0), low(ObjectHandle(number)))),
        }
    }
}

/// Handles of applications are counted from 1.
fn low(handle: ObjectHandle) -> u32 {
    u32::try_from(handle.0 & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}
