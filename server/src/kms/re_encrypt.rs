//! KMS ReEncrypt: a ciphertext under another key, the plaintext never leaving.

use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Blob, Operation, StringMap, Violations};
use crate::{Backend, Caller, ServiceError};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ciphertext_blob: Option<Blob>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_encryption_algorithm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_encryption_algorithm: Option<String>,
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

    fn rules(&self) -> Result<(), ServiceError> {
        shapes::modifiers_need_dry_run(self.dry_run, self.dry_run_modifiers.as_deref())
    }

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}
