//! ReEncrypt (documented): source and destination may be in different key stores; the plaintext never leaves KMS.

use crate::audit::Call;
use crate::caller::Caller;
use crate::cipher::decrypt::{check_key, sent_blob, wanted};
use crate::cipher::{EncryptionAlgorithm, EncryptionContext, Wanted, material_id};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::kms::Kms;

/// A ciphertext to move under another key or context.
#[derive(Debug, Clone)]
pub struct ReEncrypt<'a> {
    /// `CiphertextBlob`; only a dry run that ignores it goes without.
    pub ciphertext: Option<&'a [u8]>,
    /// `SourceKeyId`: the key that it must be under.
    pub source_key_id: Option<&'a str>,
    /// `SourceEncryptionContext`.
    pub source_context: EncryptionContext,
    /// `SourceEncryptionAlgorithm`.
    pub source_algorithm: Option<EncryptionAlgorithm>,
    /// `DestinationKeyId`.
    pub destination_key_id: &'a str,
    /// `DestinationEncryptionContext`.
    pub destination_context: EncryptionContext,
    /// `DestinationEncryptionAlgorithm`.
    pub destination_algorithm: Option<EncryptionAlgorithm>,
    /// `DryRun`.
    pub dry_run: bool,
    /// `DryRunModifiers` with IGNORE_CIPHERTEXT.
    pub ignore_ciphertext: bool,
}

impl<'a> ReEncrypt<'a> {
    /// Without contexts.
    pub const fn new(ciphertext: &'a [u8], destination_key_id: &'a str) -> Self {
        Self {
            ciphertext: Some(ciphertext),
            source_key_id: None,
            source_context: EncryptionContext::new(),
            source_algorithm: None,
            destination_key_id,
            destination_context: EncryptionContext::new(),
            destination_algorithm: None,
            dry_run: false,
            ignore_ciphertext: false,
        }
    }
}

/// What ReEncrypt answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReEncrypted {
    /// `CiphertextBlob`.
    pub ciphertext: Vec<u8>,
    /// `SourceKeyId`: an ARN.
    pub source_key_arn: String,
    /// `KeyId`: the destination's ARN.
    pub key_arn: String,
    /// `SourceKeyMaterialId`, for material that KMS holds.
    pub source_key_material_id: Option<String>,
    /// `DestinationKeyMaterialId`, for material that KMS holds.
    pub destination_key_material_id: Option<String>,
}

impl Kms {
    /// Decrypts under one key and encrypts under another.
    ///
    /// # Errors
    /// As [`Kms::decrypt`] for the source, then as [`Kms::encrypt`] for the destination.
    pub fn re_encrypt(&self, caller: &Caller, request: &ReEncrypt<'_>) -> Result<ReEncrypted> {
        let call = Call::reading("ReEncrypt")
            .with("sourceEncryptionAlgorithm", "SYMMETRIC_DEFAULT")
            .with_some("sourceKeyId", request.source_key_id)
            .with_some("sourceEncryptionContext", request.source_context.audited())
            .with("destinationKeyId", request.destination_key_id)
            .with("destinationEncryptionAlgorithm", "SYMMETRIC_DEFAULT")
            .with_some("destinationEncryptionContext", request.destination_context.audited());
        self.observe(caller, call, |seen| {
            let blob =
                sent_blob(request.ciphertext, request.source_key_id, request.dry_run, request.ignore_ciphertext)?;
            let both = [
                (wanted(request.source_key_id, blob.as_ref())?, request.source_algorithm),
                (Wanted::Named(request.destination_key_id), request.destination_algorithm),
            ];
            let fits = |[source, _]: &[Key; 2]| check_key(source, blob.as_ref());
            let [source, destination] = self.usable_keys(seen, &caller.realm, fits, both)?;
            let ciphertext = match blob {
                Some(blob) => {
                    let plaintext = self.unseal(&source, &request.source_context, &blob)?;
                    self.seal(&destination, &request.destination_context, plaintext.expose())?
                }
                None => {
                    self.seal(&source, &request.source_context, b"")?;
                    self.seal(&destination, &request.destination_context, b"")?
                }
            };
            if request.dry_run {
                return Err(Error::DryRunOperation);
            }
            Ok(ReEncrypted {
                ciphertext,
                source_key_material_id: material_id(&source),
                destination_key_material_id: material_id(&destination),
                source_key_arn: source.arn,
                key_arn: destination.arn,
            })
        })
    }
}
