//! Digests (PKCS#11 v3.1 §5.13), and saving their state (§5.6).

use crypto::hash::{Hash, Hasher};

use crate::object::Flags;
use crate::quorum::Subject;
use crate::token::application::Application;
use crate::token::mechanism::{Mechanism, Parameter, Uses};
use crate::token::operation::{require_none, step};
use crate::token::view::View;
use crate::token::{Error, ObjectHandle, Output, Result, SessionId};

/// A digest that was started.
#[derive(Debug)]
pub(crate) struct Digest {
    hash: Hash,
    running: Option<Hasher>,
}

impl Digest {
    fn hasher(&mut self) -> &mut Hasher {
        self.running.get_or_insert_with(|| Hasher::new(self.hash))
    }
}

/// Whether an answer to this output ends the operation.
pub(crate) fn writes(out: &Output<'_>) -> bool {
    matches!(out, Output::Buffer(_))
}

/// An output of known length: the length, or the room for it.
pub(crate) fn room<'a>(out: Output<'a>, length: usize) -> Result<Option<&'a mut [u8]>> {
    match out {
        Output::Length => Ok(None),
        Output::Buffer(buffer) => match buffer.get_mut(..length) {
            Some(room) => Ok(Some(room)),
            None => Err(Error::BufferTooSmall { needed: length }),
        },
    }
}

impl Application {
    /// Starts a digest.
    ///
    /// # Errors
    /// [`Error::OperationActive`], [`Error::MechanismInvalid`], [`Error::MechanismParamInvalid`].
    pub fn digest_init(&self, session: SessionId, mechanism: &Mechanism) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (session, state) = entered.parts();
        require_none(state.operations.digest.is_some())?;
        let hash = mechanism.kind.digest().ok_or(Error::MechanismInvalid)?;
        if !mechanism.kind.is_offered(session.slot.personality) || !mechanism.kind.uses().has(Uses::DIGEST) {
            return Err(Error::MechanismInvalid);
        }
        if mechanism.parameter != Parameter::None {
            return Err(Error::MechanismParamInvalid);
        }
        state.operations.digest = Some(Digest { hash, running: None });
        Ok(())
    }

    /// The digest of data in one piece.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`], [`Error::OperationActive`] after an update, [`Error::BufferTooSmall`].
    pub fn digest(&self, session: SessionId, data: &[u8], out: Output<'_>) -> Result<usize> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let ends = writes(&out);
        step(
            &mut state.operations.digest,
            |_| ends,
            |digest| {
                if digest.running.is_some() {
                    return Err(Error::OperationActive);
                }
                let length = digest.hash.output_len();
                if let Some(room) = room(out, length)? {
                    room.copy_from_slice(&digest.hash.digest(data));
                }
                Ok(length)
            },
        )
    }

    /// Digests a piece of data.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`].
    pub fn digest_update(&self, session: SessionId, data: &[u8]) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        step(
            &mut state.operations.digest,
            |()| false,
            |digest| {
                digest.hasher().update(data);
                Ok(())
            },
        )
    }

    /// Digests the value of a secret key.
    ///
    /// # Errors
    /// [`Error::KeyHandleInvalid`], [`Error::KeyIndigestible`] when it is no secret key or sensitive.
    pub fn digest_key(&self, session: SessionId, key: ObjectHandle) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (session, state) = entered.parts();
        let personality = session.slot.personality;
        let found = self.object(session, key).map_err(|error| match error {
            Error::ObjectHandleInvalid => Error::KeyHandleInvalid,
            error => error,
        });
        step(
            &mut state.operations.digest,
            |()| false,
            |digest| {
                let object = found?;
                if object.class != crate::object::Class::Secret || !object.flags.has(Flags::EXTRACTABLE) {
                    return Err(Error::KeyIndigestible);
                }
                if object.is_guarded() {
                    self.require_approval(Subject::UseKey(object.handle))?;
                }
                let view = View { world: self.world(), personality, object: &object };
                digest.hasher().update(view.material()?.expose());
                Ok(())
            },
        )
    }

    /// The digest of all pieces.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`], [`Error::BufferTooSmall`].
    pub fn digest_final(&self, session: SessionId, out: Output<'_>) -> Result<usize> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let ends = writes(&out);
        step(
            &mut state.operations.digest,
            |_| ends,
            |digest| {
                let length = digest.hash.output_len();
                if let Some(room) = room(out, length)? {
                    room.copy_from_slice(&digest.hasher().clone().finish());
                }
                Ok(length)
            },
        )
    }

    /// The state of a running digest, to go on from it in any session. No other operation may be active.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`], [`Error::StateUnsaveable`], [`Error::BufferTooSmall`].
    pub fn operation_state(&self, session: SessionId, out: Output<'_>) -> Result<usize> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let operations = &mut state.operations;
        let others = operations.others_than_digest();
        match &mut operations.digest {
            _ if others => Err(Error::StateUnsaveable),
            None => Err(Error::OperationNotInitialized),
            Some(digest) => out.write(digest.hasher().save().expose()),
        }
    }

    /// Goes on from a saved state; what was active ends.
    ///
    /// # Errors
    /// [`Error::SavedStateInvalid`].
    pub fn set_operation_state(&self, session: SessionId, saved: &[u8]) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let hasher = Hasher::restore(saved)?;
        state.operations = Default::default();
        state.operations.digest = Some(Digest { hash: hasher.hash(), running: Some(hasher) });
        Ok(())
    }
}
