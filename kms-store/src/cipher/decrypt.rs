//! Decrypt (documented). The ciphertext names its key, so the caller need not.

use hsm_sim::SecretBytes;

use crate::caller::Caller;
use crate::cipher::blob::Blob;
use crate::cipher::{EncryptionAlgorithm, EncryptionContext, Wanted, audited, material_id};
use crate::error::{Error, Invalid, Result};
use crate::kms::Kms;

/// A ciphertext to open.
#[derive(Debug, Clone)]
pub struct Decrypt<'a> {
    /// `CiphertextBlob`; only a dry run that ignores it goes without.
    pub ciphertext: Option<&'a [u8]>,
    /// `KeyId`: the key that it must be under.
    pub key_id: Option<&'a str>,
    /// `EncryptionContext`, the same as at encryption.
    pub context: EncryptionContext,
    /// `EncryptionAlgorithm`, SYMMETRIC_DEFAULT if absent.
    pub algorithm: Option<EncryptionAlgorithm>,
    /// `DryRun`.
    pub dry_run: bool,
    /// `DryRunModifiers` with IGNORE_CIPHERTEXT.
    pub ignore_ciphertext: bool,
}

impl<'a> Decrypt<'a> {
    /// Decryption without context, under whichever key.
    pub const fn new(ciphertext: &'a [u8]) -> Self {
        Self {
            ciphertext: Some(ciphertext),
            key_id: None,
            context: EncryptionContext::new(),
            algorithm: None,
            dry_run: false,
            ignore_ciphertext: false,
        }
    }
}

/// What Decrypt answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decrypted {
    /// `Plaintext`.
    pub plaintext: SecretBytes,
    /// `KeyId`: the key's ARN.
    pub key_arn: String,
    /// `KeyMaterialId`, for material that KMS holds.
    pub key_material_id: Option<String>,
}

impl Kms {
    /// Decrypts.
    ///
    /// # Errors
    /// `ValidationException`, `InvalidCiphertextException`, `NotFoundException`, `InvalidArnException`,
    /// `AccessDeniedException` when the ciphertext's key does not exist, `IncorrectKeyException`,
    /// `InvalidKeyUsageException`, `DisabledException`, `KMSInvalidStateException`, `DryRunOperationException`,
    /// `KMSInternalException`.
    pub fn decrypt(&self, caller: &Caller, request: &Decrypt<'_>) -> Result<Decrypted> {
        let call = audited("Decrypt", request.key_id, &request.context);
        self.observe(caller, call, |seen| {
            let blob = sent_blob(request.ciphertext, request.key_id, request.dry_run, request.ignore_ciphertext)?;
            let wanted = wanted(request.key_id, blob.as_ref())?;
            let fits = |[key]: &[crate::key::Key; 1]| check_key(key, blob.as_ref());
            let [key] = self.usable_keys(seen, &caller.realm, fits, [(wanted, request.algorithm)])?;
            let Some(blob) = blob else {
                // Whether the key could be used at all.
                self.seal(&key, &request.context, b"")?;
                return Err(Error::DryRunOperation);
            };
            let plaintext = self.unseal(&key, &request.context, &blob)?;
            if request.dry_run {
                return Err(Error::DryRunOperation);
            }
            Ok(Decrypted { plaintext, key_material_id: material_id(&key), key_arn: key.arn })
        })
    }
}

/// The blob to open, or `None` when the request says to ignore it (documented: then with DryRun and the key's id only).
pub(super) fn sent_blob<'a>(
    ciphertext: Option<&'a [u8]>,
    key_id: Option<&str>,
    dry_run: bool,
    ignored: bool,
) -> Result<Option<Blob<'a>>> {
    match (ignored, ciphertext) {
        (true, _) if !dry_run => Err(Invalid::ModifierWithoutDryRun.into()),
        (true, _) if key_id.is_none() => Err(Invalid::Required("KeyId").into()),
        (true, _) => Ok(None),
        (false, Some(bytes)) => Blob::parse(bytes).map(Some),
        (false, None) => Err(Invalid::Required("CiphertextBlob").into()),
    }
}

pub(super) fn wanted<'a>(key_id: Option<&'a str>, blob: Option<&Blob<'_>>) -> Result<Wanted<'a>> {
    match (key_id, blob) {
        (Some(text), _) => Ok(Wanted::Named(text)),
        (None, Some(blob)) => Ok(Wanted::Noted(blob.header.key)),
        (None, None) => Err(Invalid::Required("KeyId").into()),
    }
}

pub(super) fn check_key(key: &crate::key::Key, blob: Option<&Blob<'_>>) -> Result<()> {
    if blob.is_none_or(|blob| blob.header.key == key.record.id) { Ok(()) } else { Err(Error::IncorrectKey) }
}
