//! Messages that are signed, and their signatures checked.

use crate::object::Flags;
use crate::token::application::Application;
use crate::token::digest::{room, writes};
use crate::token::keys::Purpose;
use crate::token::mechanism::{Mechanism, Uses};
use crate::token::message::active;
use crate::token::operation::{require_confirmed, require_none};
use crate::token::sign::{Signer, Verifier};
use crate::token::{Error, ObjectHandle, Output, Result, SessionId};

/// A message-based signature.
#[derive(Debug)]
pub(crate) struct MessageSigner {
    signer: Signer,
    takes_pieces: bool,
    /// A message in pieces has begun.
    begun: bool,
    /// Each message needs its user to log in once more (PKCS#11 v3.1 §4.9).
    always_authenticate: bool,
}

/// A message-based verification.
#[derive(Debug)]
pub(crate) struct MessageVerifier {
    verifier: Verifier,
    takes_pieces: bool,
    begun: bool,
}

fn between_messages(begun: bool) -> Result<()> {
    if begun { Err(Error::OperationActive) } else { Ok(()) }
}

fn in_message(begun: bool) -> Result<()> {
    if begun { Ok(()) } else { Err(Error::OperationNotInitialized) }
}

fn begin(begun: &mut bool, takes_pieces: bool) -> Result<()> {
    between_messages(*begun)?;
    if !takes_pieces {
        return Err(Error::FunctionNotSupported);
    }
    *begun = true;
    Ok(())
}

impl MessageSigner {
    fn last(&mut self, data: &[u8], out: Output<'_>) -> Result<usize> {
        in_message(self.begun)?;
        let length = self.signer.signature_len()?;
        let Some(room) = room(out, length)? else { return Ok(length) };
        self.begun = false;
        let signed = self.signer.update(data).and_then(|()| self.signer.finish(Output::Buffer(room)));
        self.signer.rewind();
        signed
    }
}

impl MessageVerifier {
    fn last(&mut self, data: &[u8], signature: &[u8]) -> Result<()> {
        in_message(self.begun)?;
        self.begun = false;
        let verified = self.verifier.update(data).and_then(|()| self.verifier.finish(signature));
        self.verifier.rewind();
        verified
    }
}

impl Application {
    /// Starts the signing of messages.
    ///
    /// # Errors
    /// As [`Application::sign_init`].
    pub fn message_sign_init(&self, session: SessionId, mechanism: &Mechanism, key: ObjectHandle) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (session, state) = entered.parts();
        require_none(state.operations.message_sign.is_some())?;
        let purpose = Purpose { uses: Uses::MESSAGE_SIGN, flag: Flags::SIGN };
        let holder = self.key(session, &mut state.recent, key, mechanism.kind, purpose)?;
        let takes_pieces = mechanism.kind.body().signs_pieces();
        let signer = Signer::new(session.slot.personality, mechanism, &holder.key)?;
        let always_authenticate = holder.object.flags.has(Flags::ALWAYS_AUTHENTICATE);
        state.operations.unconfirmed.message_sign = always_authenticate;
        state.operations.message_sign = Some(MessageSigner { signer, takes_pieces, begun: false, always_authenticate });
        Ok(())
    }

    /// The signature of a message.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`], [`Error::OperationActive`] between the pieces of a message,
    /// [`Error::BufferTooSmall`], [`Error::DataLenRange`], [`Error::DataInvalid`]; [`Error::UserNotLoggedIn`] for a key whose
    /// every use wants a login of its own.
    pub fn sign_message(&self, session: SessionId, data: &[u8], out: Output<'_>) -> Result<usize> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let operations = &mut state.operations;
        let signing = active(&mut operations.message_sign)?;
        between_messages(signing.begun)?;
        require_confirmed(operations.unconfirmed.message_sign)?;
        let ends = writes(&out);
        let signed = signing.signer.one_shot(data, out);
        signing.signer.rewind();
        operations.unconfirmed.message_sign = signing.always_authenticate && ends && signed.is_ok();
        signed
    }

    /// Begins a message in pieces.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`], [`Error::OperationActive`], [`Error::FunctionNotSupported`] for mechanisms of one
    /// piece.
    pub fn sign_message_begin(&self, session: SessionId) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let operations = &mut state.operations;
        let signing = active(&mut operations.message_sign)?;
        require_confirmed(operations.unconfirmed.message_sign)?;
        begin(&mut signing.begun, signing.takes_pieces)
    }

    /// A piece of a message.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`].
    pub fn sign_message_next(&self, session: SessionId, data: &[u8]) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let signing = active(&mut state.operations.message_sign)?;
        in_message(signing.begun)?;
        signing.signer.update(data)
    }

    /// The last piece of a message: the signature.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`], [`Error::BufferTooSmall`].
    pub fn sign_message_last(&self, session: SessionId, data: &[u8], out: Output<'_>) -> Result<usize> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let operations = &mut state.operations;
        let signing = active(&mut operations.message_sign)?;
        let signed = signing.last(data, out);
        operations.unconfirmed.message_sign = signing.always_authenticate && !signing.begun;
        signed
    }

    /// Ends the signing of messages.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`], [`Error::OperationActive`] between the pieces of a message.
    pub fn message_sign_final(&self, session: SessionId) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        between_messages(active(&mut state.operations.message_sign)?.begun)?;
        (state.operations.message_sign, state.operations.unconfirmed.message_sign) = (None, false);
        Ok(())
    }

    /// Starts the checking of messages' signatures.
    ///
    /// # Errors
    /// As [`Application::verify_init`].
    pub fn message_verify_init(&self, session: SessionId, mechanism: &Mechanism, key: ObjectHandle) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (session, state) = entered.parts();
        require_none(state.operations.message_verify.is_some())?;
        let purpose = Purpose { uses: Uses::MESSAGE_VERIFY, flag: Flags::VERIFY };
        let holder = self.key(session, &mut state.recent, key, mechanism.kind, purpose)?;
        let takes_pieces = mechanism.kind.body().signs_pieces();
        let verifier = Verifier::new(session.slot.personality, mechanism, &holder.key)?;
        state.operations.message_verify = Some(MessageVerifier { verifier, takes_pieces, begun: false });
        Ok(())
    }

    /// Checks the signature of a message.
    ///
    /// # Errors
    /// [`Error::SignatureInvalid`], [`Error::SignatureLenRange`], and as [`Application::sign_message`].
    pub fn verify_message(&self, session: SessionId, data: &[u8], signature: &[u8]) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let verifying = active(&mut state.operations.message_verify)?;
        between_messages(verifying.begun)?;
        verifying.verifier.one_shot(data, signature)
    }

    /// Begins a message in pieces.
    ///
    /// # Errors
    /// As [`Application::sign_message_begin`].
    pub fn verify_message_begin(&self, session: SessionId) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let verifying = active(&mut state.operations.message_verify)?;
        begin(&mut verifying.begun, verifying.takes_pieces)
    }

    /// A piece of a message.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`].
    pub fn verify_message_next(&self, session: SessionId, data: &[u8]) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let verifying = active(&mut state.operations.message_verify)?;
        in_message(verifying.begun)?;
        verifying.verifier.update(data)
    }

    /// The last piece of a message, with the signature.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`], [`Error::SignatureInvalid`], [`Error::SignatureLenRange`].
    pub fn verify_message_last(&self, session: SessionId, data: &[u8], signature: &[u8]) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        active(&mut state.operations.message_verify)?.last(data, signature)
    }

    /// Ends the checking of messages' signatures.
    ///
    /// # Errors
    /// As [`Application::message_sign_final`].
    pub fn message_verify_final(&self, session: SessionId) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        between_messages(active(&mut state.operations.message_verify)?.begun)?;
        state.operations.message_verify = None;
        Ok(())
    }
}
