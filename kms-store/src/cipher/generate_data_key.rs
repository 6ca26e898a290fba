//! GenerateDataKey and GenerateDataKeyWithoutPlaintext (documented), also with keys in key stores.

use hsm_sim::SecretBytes;

use crate::caller::Caller;
use crate::cipher::{EncryptionContext, audited, material_id};
use crate::error::{Error, Invalid, Result};
use crate::key::Key;
use crate::kms::Kms;

/// How long a data key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataKeyLength {
    /// `KeySpec` AES_128.
    Aes128,
    /// `KeySpec` AES_256.
    Aes256,
    /// `NumberOfBytes`, 1 to 1024.
    Bytes(u16),
}

impl DataKeyLength {
    const fn bytes(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes256 => 32,
            Self::Bytes(count) => count as usize,
        }
    }
}

/// A data key to make.
#[derive(Debug, Clone)]
pub struct GenerateDataKey<'a> {
    /// `KeyId`: id, ARN, alias name or alias ARN.
    pub key_id: &'a str,
    /// `KeySpec` and `NumberOfBytes`: what the request holds of them; exactly one is allowed.
    pub length: &'a [DataKeyLength],
    /// `EncryptionContext`.
    pub context: EncryptionContext,
    /// `DryRun`.
    pub dry_run: bool,
}

impl<'a> GenerateDataKey<'a> {
    /// A 256-bit data key without context.
    pub const fn aes_256(key_id: &'a str) -> Self {
        Self { key_id, length: &[DataKeyLength::Aes256], context: EncryptionContext::new(), dry_run: false }
    }
}

/// What GenerateDataKey answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataKey {
    /// `Plaintext`.
    pub plaintext: SecretBytes,
    /// The rest.
    pub sealed: SealedDataKey,
}

/// What GenerateDataKeyWithoutPlaintext answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedDataKey {
    /// `CiphertextBlob`.
    pub ciphertext: Vec<u8>,
    /// `KeyId`: the key's ARN.
    pub key_arn: String,
    /// `KeyMaterialId`, for material that KMS holds.
    pub key_material_id: Option<String>,
}

impl Kms {
    /// Makes a data key and encrypts it.
    ///
    /// # Errors
    /// `ValidationException` unless exactly one length is given, and as [`Kms::encrypt`].
    pub fn generate_data_key(&self, caller: &Caller, request: &GenerateDataKey<'_>) -> Result<DataKey> {
        self.data_key(caller, "GenerateDataKey", request)
    }

    /// Makes a data key and answers only its ciphertext.
    ///
    /// # Errors
    /// As [`Kms::generate_data_key`].
    pub fn generate_data_key_without_plaintext(
        &self,
        caller: &Caller,
        request: &GenerateDataKey<'_>,
    ) -> Result<SealedDataKey> {
        Ok(self.data_key(caller, "GenerateDataKeyWithoutPlaintext", request)?.sealed)
    }

    fn data_key(&self, caller: &Caller, operation: &str, request: &GenerateDataKey<'_>) -> Result<DataKey> {
        let mut call = audited(operation, Some(request.key_id), &request.context);
        for length in request.length {
            call = match length {
                DataKeyLength::Aes128 => call.with("keySpec", "AES_128"),
                DataKeyLength::Aes256 => call.with("keySpec", "AES_256"),
                DataKeyLength::Bytes(count) => call.with("numberOfBytes", i64::from(*count)),
            };
        }
        self.observe(caller, call, |seen| {
            let [length] = request.length else { return Err(Invalid::DataKeyLength.into()) };
            let key: Key = self.usable_key(seen, &caller.realm, request.key_id, None)?;
            let mut plaintext = vec![0; length.bytes()];
            self.world().entropy().fill(&mut plaintext);
            let plaintext = SecretBytes::new(plaintext);
            let ciphertext = self.seal(&key, &request.context, plaintext.expose())?;
            if request.dry_run {
                return Err(Error::DryRunOperation);
            }
            let key_material_id = material_id(&key);
            Ok(DataKey { plaintext, sealed: SealedDataKey { ciphertext, key_arn: key.arn, key_material_id } })
        })
    }
}
