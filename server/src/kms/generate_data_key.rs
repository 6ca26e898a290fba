//! KMS GenerateDataKey: a data key, in the clear and under a key.

use kms_store::{Caller, GenerateDataKey};
use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Blob, Object, Operation, SecretBlob, StringMap, Violations};
use crate::{Backend, ServiceError};

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
    pub plaintext: SecretBlob,
    pub key_id: String,
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
        shapes::no_recipient(self.recipient.as_ref())
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let lengths = shapes::lengths(request.number_of_bytes, request.key_spec.as_deref());
        let key = backend.kms().generate_data_key(
            caller,
            &GenerateDataKey {
                key_id: request.key_id.as_deref().unwrap_or_default(),
                length: &lengths,
                context: shapes::context(request.encryption_context),
                dry_run: request.dry_run.unwrap_or(false),
            },
        )?;
        Ok(Response {
            ciphertext_blob: Blob(key.sealed.ciphertext),
            plaintext: key.plaintext.into(),
            key_id: key.sealed.key_arn,
            key_material_id: key.sealed.key_material_id,
        })
    }
}
