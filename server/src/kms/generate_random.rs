//! KMS GenerateRandom: random bytes of KMS or of a store's cluster.

use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Blob, Object, Operation, SecretBlob, Violations};
use crate::{Backend, Caller, ServiceError};

/// What GenerateRandom takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub number_of_bytes: Option<i32>,
    pub custom_key_store_id: Option<String>,
    pub recipient: Option<Object<shapes::Recipient>>,
}

/// What GenerateRandom answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plaintext: Option<SecretBlob>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ciphertext_for_recipient: Option<Blob>,
}

impl Operation for Request {
    const NAME: &'static str = "GenerateRandom";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.number("numberOfBytes", self.number_of_bytes, &(1..=1024));
        v.text("customKeyStoreId", self.custom_key_store_id.as_ref(), &shapes::CUSTOM_KEY_STORE_ID);
        shapes::recipient(v, self.recipient.as_ref());
    }

    fn rules(&self) -> Result<(), ServiceError> {
        match self.number_of_bytes {
            Some(_) => Ok(()),
            None => Err(ServiceError::Validation("NumberOfBytes is required.".to_owned())),
        }
    }

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}
