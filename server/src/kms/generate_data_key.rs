//! KMS GenerateDataKey: a data key, in the clear and under a key.

use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Blob, Object, Operation, SecretBlob, StringMap, Violations};
use crate::{Backend, Caller, ServiceError};

/// What GenerateDataKey takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub key_id: Option<String>,
    pub encryption_context: Option<StringMap>,
    pub number_of_bytes: Option<i32>,
    pub key_spec: Option<String>,
    pub grant_tokens: Option<Vec<String>>,
    pub recipient: Option<Object<shapes::Recipient>>,
    pub dry_run: Option<bool>,
}

/// What GenerateDataKey answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub ciphertext_blob: Blob,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plaintext: Option<SecretBlob>,
    pub key_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ciphertext_for_recipient: Option<Blob>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_material_id: Option<String>,
}

impl Operation for Request {
    const NAME: &'static str = "GenerateDataKey";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("keyId", self.key_id.as_ref(), &shapes::KEY_ID);
        v.number("numberOfBytes", self.number_of_bytes, &(1..=1024));
        v.choice("keySpec", self.key_spec.as_ref(), &shapes::DATA_KEY_SPEC);
        v.texts("grantTokens", self.grant_tokens.as_ref(), 0, 10, &shapes::GRANT_TOKEN);
        shapes::recipient(v, self.recipient.as_ref());
    }

    fn rules(&self) -> Result<(), ServiceError> {
        shapes::one_length(self.number_of_bytes, self.key_spec.as_deref())
    }

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}
