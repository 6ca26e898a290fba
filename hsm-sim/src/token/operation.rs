//! The operations of a session: at most one of each kind.

use crate::token::cipher::Cipher;
use crate::token::digest::Digest;
use crate::token::message::{MessageCipher, MessageSigner, MessageVerifier};
use crate::token::recover::Recoverer;
use crate::token::sign::{Signer, Verifier};
use crate::token::verify_signature::SignatureVerifier;
use crate::token::{Error, ObjectHandle, OperationKind, Result};

/// The active operations.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    pub(crate) find: Option<Vec<ObjectHandle>>,
    pub(crate) encrypt: Kept<Cipher>,
    pub(crate) decrypt: Kept<Cipher>,
    pub(crate) digest: Option<Digest>,
    pub(crate) sign: Option<Signer>,
    pub(crate) sign_recover: Option<Signer>,
    pub(crate) verify: Option<Verifier>,
    pub(crate) verify_recover: Option<Recoverer>,
    pub(crate) verify_signature: Option<SignatureVerifier>,
    pub(crate) message_encrypt: Option<MessageCipher>,
    pub(crate) message_decrypt: Option<MessageCipher>,
    pub(crate) message_sign: Option<MessageSigner>,
    pub(crate) message_verify: Option<MessageVerifier>,
    pub(crate) unconfirmed: Unconfirmed,
}

/// Operations that wait for their user to log in once more, because their key is always authenticated (PKCS#11 v3.1 §4.9).
#[derive(Debug, Default)]
pub(crate) struct Unconfirmed {
    /// Never: public and secret keys have no such attribute.
    pub(crate) encrypt: bool,
    pub(crate) decrypt: bool,
    pub(crate) sign: bool,
    pub(crate) sign_recover: bool,
    pub(crate) message_sign: bool,
}

impl Unconfirmed {
    /// Whether none waits.
    pub(crate) fn is_empty(&self) -> bool {
        !(self.encrypt || self.decrypt || self.sign || self.sign_recover || self.message_sign)
    }
}

/// Refuses a step of an operation that waits, which stays active.
pub(crate) fn require_confirmed(unconfirmed: bool) -> Result<()> {
    if unconfirmed { Err(Error::UserNotLoggedIn) } else { Ok(()) }
}

impl Operations {
    /// Whether an operation of a kind is active.
    pub(crate) fn is_active(&self, kind: OperationKind) -> bool {
        match kind {
            OperationKind::Find => self.find.is_some(),
            OperationKind::Encrypt => self.encrypt.is_active(),
            OperationKind::Decrypt => self.decrypt.is_active(),
            OperationKind::Digest => self.digest.is_some(),
            OperationKind::Sign => self.sign.is_some(),
            OperationKind::SignRecover => self.sign_recover.is_some(),
            OperationKind::Verify => self.verify.is_some(),
            OperationKind::VerifyRecover => self.verify_recover.is_some(),
            OperationKind::VerifySignature => self.verify_signature.is_some(),
            OperationKind::MessageEncrypt => self.message_encrypt.is_some(),
            OperationKind::MessageDecrypt => self.message_decrypt.is_some(),
            OperationKind::MessageSign => self.message_sign.is_some(),
            OperationKind::MessageVerify => self.message_verify.is_some(),
        }
    }

    /// Whether any operation with a key is active.
    pub(crate) fn others_than_digest(&self) -> bool {
        OperationKind::WITH_KEY.into_iter().any(|kind| self.is_active(kind))
    }

    /// Ends an operation without a result.
    pub(crate) fn cancel(&mut self, kind: OperationKind) -> Result<()> {
        if !self.is_active(kind) {
            return Err(Error::OperationNotInitialized);
        }
        match kind {
            OperationKind::Find => self.find = None,
            OperationKind::Encrypt => self.encrypt.end(),
            OperationKind::Decrypt => {
                self.decrypt.end();
                self.unconfirmed.decrypt = false;
            }
            OperationKind::Digest => self.digest = None,
            OperationKind::Sign => (self.sign, self.unconfirmed.sign) = (None, false),
            OperationKind::SignRecover => (self.sign_recover, self.unconfirmed.sign_recover) = (None, false),
            OperationKind::Verify => self.verify = None,
            OperationKind::VerifyRecover => self.verify_recover = None,
            OperationKind::VerifySignature => self.verify_signature = None,
            OperationKind::MessageEncrypt => self.message_encrypt = None,
            OperationKind::MessageDecrypt => self.message_decrypt = None,
            OperationKind::MessageSign => (self.message_sign, self.unconfirmed.message_sign) = (None, false),
            OperationKind::MessageVerify => self.message_verify = None,
        }
        Ok(())
    }
}

/// What may start again where it is.
pub(crate) trait Again {
    /// Whether it is kept when it has ended.
    fn may_rest(&self) -> bool;
}

/// An operation that is kept when it has ended: the next with the same key and mechanism starts from it, with nothing to copy, count
/// or allocate.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    operation: Option<T>,
    active: bool,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { operation: None, active: false }
    }
}

impl<T: Again> Kept<T> {
    pub(crate) fn is_active(&self) -> bool {
        self.active
    }

    /// Starts, from the operation that ended if `again` can.
    #[inline]
    pub(crate) fn start(
        &mut self,
        again: impl FnOnce(&mut T) -> Result<bool>,
        anew: impl FnOnce() -> Result<T>,
    ) -> Result<()> {
        let begun = match &mut self.operation {
            Some(ended) => again(ended)?,
            None => false,
        };
        if !begun {
            self.operation = Some(anew()?);
        }
        self.active = true;
        Ok(())
    }

    #[inline]
    pub(crate) fn end(&mut self) {
        self.active = false;
        if self.operation.as_ref().is_some_and(|operation| !operation.may_rest()) {
            self.operation = None;
        }
    }

    /// [`step`].
    #[inline]
    pub(crate) fn step<R>(
        &mut self,
        ends: impl FnOnce(&R) -> bool,
        run: impl FnOnce(&mut T) -> Result<R>,
    ) -> Result<R> {
        let Some(active) = self.operation.as_mut().filter(|_| self.active) else {
            return Err(Error::OperationNotInitialized);
        };
        match run(active) {
            Ok(value) => {
                if ends(&value) {
                    self.end();
                }
                Ok(value)
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Apart, so that a success is not moved as a whole with room for an error, which the processor does slowly just after its parts
    /// were written.
    #[cold]
    #[inline(never)]
    fn failed(&mut self, error: Error) -> Error {
        if error.ends_operation() {
            self.end();
        }
        error
    }
}

/// Runs a step of an operation. It stays active when the step succeeds and does not end it, or when the caller's buffer is too
/// small; every other outcome ends it (PKCS#11 v3.1 §5.2).
#[inline]
pub(crate) fn step<T, R>(
    operation: &mut Option<T>,
    ends: impl FnOnce(&R) -> bool,
    run: impl FnOnce(&mut T) -> Result<R>,
) -> Result<R> {
    let Some(active) = operation.as_mut() else { return Err(Error::OperationNotInitialized) };
    let result = run(active);
    if result.as_ref().map_or_else(Error::ends_operation, ends) {
        *operation = None;
    }
    result
}

impl Error {
    fn ends_operation(&self) -> bool {
        !matches!(self, Self::BufferTooSmall { .. })
    }
}

/// Refuses a second operation of a kind.
pub(crate) fn require_none(active: bool) -> Result<()> {
    if active { Err(Error::OperationActive) } else { Ok(()) }
}
