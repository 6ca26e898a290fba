//! KMS Encrypt: up to 4096 bytes under a key.

use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Blob, Operation, SecretBlob, StringMap, Violations};
use crate::{Backend, Caller, ServiceError};

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
    pub encryption_algorithm: String,
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

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}
