//! Signatures that carry their data (PKCS#11 v3.1 §5.14.5, §5.16.5): the two bare kinds of RSA, in one piece.

use std::sync::Arc;

use crypto::asymmetric::rsa::Scheme;

use crate::object::Flags;
use crate::token::application::Application;
use crate::token::digest::writes;
use crate::token::keys::{Body as KeyBody, Key, Purpose};
use crate::token::mechanism::{Body, Mechanism, Parameter, Uses};
use crate::token::operation::{require_confirmed, require_none, step};
use crate::token::sign::Signer;
use crate::token::{Error, ObjectHandle, Output, Result, SessionId};

/// A recovery that was started.
#[derive(Debug)]
pub(crate) struct Recoverer {
    key: Arc<Key>,
    scheme: Scheme,
}

impl Recoverer {
    fn new(mechanism: &Mechanism, key: Arc<Key>) -> Result<Self> {
        let scheme = match (mechanism.kind.body(), &mechanism.parameter) {
            (Body::RsaPkcs, Parameter::None) => Scheme::Pkcs1Data,
            (Body::RsaBare, Parameter::None) => Scheme::Bare,
            _ => return Err(Error::MechanismParamInvalid),
        };
        Ok(Self { key, scheme })
    }

    fn recover(&self, signature: &[u8], out: Output<'_>) -> Result<usize> {
        let KeyBody::RsaPublic(key) = &self.key.body else { return Err(Error::KeyTypeInconsistent) };
        match out {
            Output::Length => Ok(key.size()),
            out @ Output::Buffer(_) => out.write(&key.recover(self.scheme, signature)?),
        }
    }
}

impl Application {
    /// Starts a signature that carries its data.
    ///
    /// # Errors
    /// As [`Application::sign_init`]; in `cloudhsm` no mechanism is for this.
    pub fn sign_recover_init(&self, session: SessionId, mechanism: &Mechanism, key: ObjectHandle) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (session, state) = entered.parts();
        require_none(state.operations.sign_recover.is_some())?;
        let purpose = Purpose { uses: Uses::SIGN_RECOVER, flag: Flags::SIGN_RECOVER };
        let holder = self.key(session, &mut state.recent, key, mechanism.kind, purpose)?;
        state.operations.sign_recover = Some(Signer::new(session.slot.personality, mechanism, &holder.key)?);
        state.operations.unconfirmed.sign_recover = holder.object.flags.has(Flags::ALWAYS_AUTHENTICATE);
        Ok(())
    }

    /// The signature.
    ///
    /// # Errors
    /// As [`Application::sign`].
    pub fn sign_recover(&self, session: SessionId, data: &[u8], out: Output<'_>) -> Result<usize> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let ends = writes(&out);
        require_confirmed(state.operations.unconfirmed.sign_recover)?;
        step(&mut state.operations.sign_recover, |_| ends, |signer| signer.one_shot(data, out))
    }

    /// Starts the recovery of the data of a signature.
    ///
    /// # Errors
    /// As [`Application::sign_recover_init`].
    pub fn verify_recover_init(&self, session: SessionId, mechanism: &Mechanism, key: ObjectHandle) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (session, state) = entered.parts();
        require_none(state.operations.verify_recover.is_some())?;
        let purpose = Purpose { uses: Uses::VERIFY_RECOVER, flag: Flags::VERIFY_RECOVER };
        let holder = self.key(session, &mut state.recent, key, mechanism.kind, purpose)?;
        state.operations.verify_recover = Some(Recoverer::new(mechanism, Arc::clone(&holder.key))?);
        Ok(())
    }

    /// The data of a signature.
    ///
    /// # Errors
    /// [`Error::SignatureInvalid`], [`Error::SignatureLenRange`], [`Error::BufferTooSmall`].
    pub fn verify_recover(&self, session: SessionId, signature: &[u8], out: Output<'_>) -> Result<usize> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let ends = writes(&out);
        step(&mut state.operations.verify_recover, |_| ends, |recoverer| recoverer.recover(signature, out))
    }
}
