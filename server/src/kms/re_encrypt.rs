//! KMS ReEncrypt: a ciphertext under another key, the plaintext never leaving.

use kms_store::{Caller, EncryptionAlgorithm, ReEncrypt};
use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Blob, Operation, StringMap, Violations};
use crate::{Backend, ServiceError};

/// What ReEncrypt takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub ciphertext_blob: Option<Blob>,
    pub source_encryption_context: Option<StringMap>,
    pub source_key_id: Option<String>,
    pub destination_key_id: Option<String>,
    pub destination_encryption_context: Option<StringMap>,
    pub source_encryption_algorithm: Option<String>,
    pub destination_encryption_algorithm: Option<String>,
    pub grant_tokens: Option<Vec<String>>,
    pub dry_run: Option<bool>,
    pub dry_run_modifiers: Option<Vec<String>>,
}

/// What ReEncrypt answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub ciphertext_blob: Blob,
    pub source_key_id: String,
    pub key_id: String,
    pub source_encryption_algorithm: &'static str,
    pub destination_encryption_algorithm: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_key_material_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_key_material_id: Option<String>,
}

impl Operation for Request {
    const NAME: &'static str = "ReEncrypt";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        let without_ciphertext = shapes::ignores_ciphertext(self.dry_run_modifiers.as_deref());
        if !without_ciphertext {
            v.required("ciphertextBlob", self.ciphertext_blob.as_ref());
        }
        v.blob("ciphertextBlob", self.ciphertext_blob.as_ref(), 1, 6144);
        if without_ciphertext {
            v.required("sourceKeyId", self.source_key_id.as_ref());
        }
        v.text("sourceKeyId", self.source_key_id.as_ref(), &shapes::KEY_ID);
        v.required_text("destinationKeyId", self.destination_key_id.as_ref(), &shapes::KEY_ID);
        v.choice("sourceEncryptionAlgorithm", self.source_encryption_algorithm.as_ref(), &shapes::ENCRYPTION_ALGORITHM);
        v.choice(
            "destinationEncryptionAlgorithm",
            self.destination_encryption_algorithm.as_ref(),
            &shapes::ENCRYPTION_ALGORITHM,
        );
        v.texts("grantTokens", self.grant_tokens.as_ref(), 0, 10, &shapes::GRANT_TOKEN);
        v.choices("dryRunModifiers", self.dry_run_modifiers.as_ref(), 0, usize::MAX, &shapes::DRY_RUN_MODIFIER);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let algorithm = |name: Option<&str>| name.and_then(EncryptionAlgorithm::from_name);
        let moved = backend.kms().re_encrypt(
            caller,
            &ReEncrypt {
                ciphertext: request.ciphertext_blob.as_ref().map(|blob| blob.0.as_slice()),
                source_key_id: request.source_key_id.as_deref(),
                source_context: shapes::context(request.source_encryption_context),
                source_algorithm: algorithm(request.source_encryption_algorithm.as_deref()),
                destination_key_id: request.destination_key_id.as_deref().unwrap_or_default(),
                destination_context: shapes::context(request.destination_encryption_context),
                destination_algorithm: algorithm(request.destination_encryption_algorithm.as_deref()),
                dry_run: request.dry_run.unwrap_or(false),
                ignore_ciphertext: shapes::ignores_ciphertext(request.dry_run_modifiers.as_deref()),
            },
        )?;
        Ok(Response {
            ciphertext_blob: Blob(moved.ciphertext),
            source_key_id: moved.source_key_arn,
            key_id: moved.key_arn,
            source_encryption_algorithm: shapes::USED_ALGORITHM,
            destination_encryption_algorithm: shapes::USED_ALGORITHM,
            source_key_material_id: moved.source_key_material_id,
            destination_key_material_id: moved.destination_key_material_id,
        })
    }
}
