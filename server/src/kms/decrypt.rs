//! KMS Decrypt: the plaintext of a symmetric or asymmetric ciphertext.

use kms_store::{Caller, Decrypt, EncryptionAlgorithm};
use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Blob, Object, Operation, SecretBlob, StringMap, Violations};
use crate::{Backend, ServiceError};

/// What Decrypt takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub ciphertext_blob: Option<Blob>,
    pub encryption_context: Option<StringMap>,
    pub grant_tokens: Option<Vec<String>>,
    pub key_id: Option<String>,
    pub encryption_algorithm: Option<String>,
    pub recipient: Option<Object<shapes::Recipient>>,
    pub dry_run: Option<bool>,
    pub dry_run_modifiers: Option<Vec<String>>,
}

/// What Decrypt answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub key_id: String,
    pub plaintext: SecretBlob,
    pub encryption_algorithm: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_material_id: Option<String>,
}

impl Operation for Request {
    const NAME: &'static str = "Decrypt";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        let without_ciphertext = shapes::ignores_ciphertext(self.dry_run_modifiers.as_deref());
        if !without_ciphertext {
            v.required("ciphertextBlob", self.ciphertext_blob.as_ref());
        }
        v.blob("ciphertextBlob", self.ciphertext_blob.as_ref(), 1, 6144);
        v.texts("grantTokens", self.grant_tokens.as_ref(), 0, 10, &shapes::GRANT_TOKEN);
        if without_ciphertext {
            v.required("keyId", self.key_id.as_ref());
        }
        v.text("keyId", self.key_id.as_ref(), &shapes::KEY_ID);
        v.choice("encryptionAlgorithm", self.encryption_algorithm.as_ref(), &shapes::ENCRYPTION_ALGORITHM);
        shapes::recipient(v, self.recipient.as_ref());
        v.choices("dryRunModifiers", self.dry_run_modifiers.as_ref(), 0, usize::MAX, &shapes::DRY_RUN_MODIFIER);
    }

    fn rules(&self) -> Result<(), ServiceError> {
        shapes::no_recipient(self.recipient.as_ref())
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let algorithm = request.encryption_algorithm.as_deref().and_then(EncryptionAlgorithm::from_name);
        let decrypted = backend.kms().decrypt(
            caller,
            &Decrypt {
                ciphertext: request.ciphertext_blob.as_ref().map(|blob| blob.0.as_slice()),
                key_id: request.key_id.as_deref(),
                context: shapes::context(request.encryption_context),
                algorithm,
                dry_run: request.dry_run.unwrap_or(false),
                ignore_ciphertext: shapes::ignores_ciphertext(request.dry_run_modifiers.as_deref()),
            },
        )?;
        Ok(Response {
            key_id: decrypted.key_arn,
            plaintext: decrypted.plaintext.into(),
            encryption_algorithm: shapes::USED_ALGORITHM,
            key_material_id: decrypted.key_material_id,
        })
    }
}
