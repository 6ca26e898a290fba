//! Encrypt (documented).

use crate::caller::Caller;
use crate::cipher::{EncryptionAlgorithm, EncryptionContext, audited};
use crate::error::{Error, Result};
use crate::kms::Kms;

/// Up to 4096 bytes to encrypt.
#[derive(Clone)]
pub struct Encrypt<'a> {
    /// `KeyId`: id, ARN, alias name or alias ARN.
    pub key_id: &'a str,
    /// `Plaintext`.
    pub plaintext: &'a [u8],
    /// `EncryptionContext`.
    pub context: EncryptionContext,
    /// `EncryptionAlgorithm`, SYMMETRIC_DEFAULT if absent.
    pub algorithm: Option<EncryptionAlgorithm>,
    /// `DryRun`.
    pub dry_run: bool,
}

impl<'a> Encrypt<'a> {
    /// Encryption without context.
    pub const fn new(key_id: &'a str, plaintext: &'a [u8]) -> Self {
        Self { key_id, plaintext, context: EncryptionContext::new(), algorithm: None, dry_run: false }
    }
}

/// The plaintext does not show.
impl std::fmt::Debug for Encrypt<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encrypt").field("key_id", &self.key_id).field("context", &self.context).finish_non_exhaustive()
    }
}

/// What Encrypt answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encrypted {
    /// `CiphertextBlob`.
    pub ciphertext: Vec<u8>,
    /// `KeyId`: the key's ARN.
    pub key_arn: String,
}

impl Kms {
    /// Encrypts.
    ///
    /// # Errors
    /// `NotFoundException`, `InvalidArnException`, `InvalidKeyUsageException`, `DisabledException`,
    /// `KMSInvalidStateException`, `ValidationException` (context too large), `DryRunOperationException`,
    /// `KMSInternalException`.
    pub fn encrypt(&self, caller: &Caller, request: &Encrypt<'_>) -> Result<Encrypted> {
        let call = audited("Encrypt", Some(request.key_id), &request.context);
        self.observe(caller, call, |seen| {
            let key = self.usable_key(seen, &caller.realm, request.key_id, request.algorithm)?;
            let ciphertext = self.seal(&key, &request.context, request.plaintext)?;
            if request.dry_run { Err(Error::DryRunOperation) } else { Ok(Encrypted { ciphertext, key_arn: key.arn }) }
        })
    }
}
