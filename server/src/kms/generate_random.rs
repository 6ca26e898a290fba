//! KMS GenerateRandom: random bytes of KMS or of a store's cluster.

use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Object, Operation, SecretBlob, Violations};
use crate::{Backend, ServiceError};

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
    pub plaintext: SecretBlob,
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
        shapes::no_recipient(self.recipient.as_ref())
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let bytes = request.number_of_bytes.and_then(|bytes| u16::try_from(bytes).ok());
        let random = backend.kms().generate_random(caller, bytes, request.custom_key_store_id.as_deref())?;
        Ok(Response { plaintext: random.into() })
    }
}
