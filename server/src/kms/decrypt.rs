//! KMS Decrypt: the plaintext of a symmetric or asymmetric ciphertext.

use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Blob, Object, Operation, SecretBlob, StringMap, Violations};
use crate::{Backend, Caller, ServiceError};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plaintext: Option<SecretBlob>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_algorithm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ciphertext_for_recipient: Option<Blob>,
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
        shapes::modifiers_need_dry_run(self.dry_run, self.dry_run_modifiers.as_deref())
    }

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}
