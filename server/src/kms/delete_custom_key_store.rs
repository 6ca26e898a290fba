//! KMS DeleteCustomKeyStore: removes a disconnected store without keys.

use serde::Deserialize;

use super::{Empty, shapes};
use crate::protocol::{Operation, Violations};
use crate::{Backend, Caller, ServiceError};

/// What DeleteCustomKeyStore takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub custom_key_store_id: Option<String>,
}

impl Operation for Request {
    const NAME: &'static str = "DeleteCustomKeyStore";
    type Response = Empty;

    fn validate(&self, v: &mut Violations) {
        v.required_text("customKeyStoreId", self.custom_key_store_id.as_ref(), &shapes::CUSTOM_KEY_STORE_ID);
    }

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Empty, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}
