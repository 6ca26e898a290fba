//! KMS Encrypt: up to 4096 bytes under a key.

use kms_store::{Caller, Encrypt, EncryptionAlgorithm};
use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Blob, Operation, SecretBlob, StringMap, Violations};
use crate::{Backend, ServiceError};

/// What Encrypt takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub key_id: Option<String>,
    pub plaintext: Option<SecretBlob>,
    pub encryption_context: Option<StringMap>,
    pub grant_tokens: Option<Vec<String>>,
    pub encryption_algorithm: Option<String>,
    pub dry_run: Option<bool>,
}

/// What Encrypt answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub ciphertext_blob: Blob,
    pub key_id: String,
    pub encryption_algorithm: &'static str,
}

impl Operation for Request {
    const NAME: &'static str = "Encrypt";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("keyId", self.key_id.as_ref(), &shapes::KEY_ID);
        v.required("plaintext", self.plaintext.as_ref());
        v.secret_blob("plaintext", self.plaintext.as_ref(), 1, 4096);
        v.texts("grantTokens", self.grant_tokens.as_ref(), 0, 10, &shapes::GRANT_TOKEN);
        v.choice("encryptionAlgorithm", self.encryption_algorithm.as_ref(), &shapes::ENCRYPTION_ALGORITHM);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let algorithm = request.encryption_algorithm.as_deref().and_then(EncryptionAlgorithm::from_name);
        let encrypted = backend.kms().encrypt(
            caller,
            &Encrypt {
                key_id: request.key_id.as_deref().unwrap_or_default(),
                plaintext: request.plaintext.as_ref().map(SecretBlob::expose).unwrap_or_default(),
                context: shapes::context(request.encryption_context),
                algorithm,
                dry_run: request.dry_run.unwrap_or(false),
            },
        )?;
        Ok(Response {
            ciphertext_blob: Blob(encrypted.ciphertext),
            key_id: encrypted.key_arn,
            encryption_algorithm: shapes::USED_ALGORITHM,
        })
    }
}
