//! Checking a signature that is known before its data (PKCS#11 v3.2 §5.17).

use crate::object::Flags;
use crate::token::application::Application;
use crate::token::keys::Purpose;
use crate::token::mechanism::{Mechanism, Uses};
use crate::token::operation::{require_none, step};
use crate::token::sign::Verifier;
use crate::token::{ObjectHandle, Result, SessionId};

/// A verification that was started with its signature.
#[derive(Debug)]
pub(crate) struct SignatureVerifier {
    verifier: Verifier,
    signature: Vec<u8>,
}

impl Application {
    /// Starts the check of a signature.
    ///
    /// # Errors
    /// As [`Application::verify_init`].
    pub fn verify_signature_init(
        &self,
        session: SessionId,
        mechanism: &Mechanism,
        key: ObjectHandle,
        signature: &[u8],
    ) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (session, state) = entered.parts();
        require_none(state.operations.verify_signature.is_some())?;
        let purpose = Purpose { uses: Uses::VERIFY, flag: Flags::VERIFY };
        let holder = self.key(session, &mut state.recent, key, mechanism.kind, purpose)?;
        let verifier = Verifier::new(session.slot.personality, mechanism, &holder.key)?;
        state.operations.verify_signature = Some(SignatureVerifier { verifier, signature: signature.to_vec() });
        Ok(())
    }

    /// Checks it with data in one piece.
    ///
    /// # Errors
    /// As [`Application::verify`].
    pub fn verify_signature(&self, session: SessionId, data: &[u8]) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let check = |check: &mut SignatureVerifier| check.verifier.one_shot(data, &check.signature);
        step(&mut state.operations.verify_signature, |()| true, check)
    }

    /// A piece of what was signed.
    ///
    /// # Errors
    /// As [`Application::verify_update`].
    pub fn verify_signature_update(&self, session: SessionId, data: &[u8]) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        step(&mut state.operations.verify_signature, |()| false, |check| check.verifier.update(data))
    }

    /// Checks it with all pieces.
    ///
    /// # Errors
    /// As [`Application::verify`].
    pub fn verify_signature_final(&self, session: SessionId) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let check = |check: &mut SignatureVerifier| check.verifier.finish(&check.signature);
        step(&mut state.operations.verify_signature, |()| true, check)
    }
}
