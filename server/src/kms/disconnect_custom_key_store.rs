//! KMS DisconnectCustomKeyStore: ends or aborts a store's connection.

use kms_store::Caller;
use serde::Deserialize;

use super::{Empty, shapes};
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// What DisconnectCustomKeyStore takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub custom_key_store_id: Option<String>,
}

impl Operation for Request {
    const NAME: &'static str = "DisconnectCustomKeyStore";
    type Response = Empty;

    fn validate(&self, v: &mut Violations) {
        v.required_text("customKeyStoreId", self.custom_key_store_id.as_ref(), &shapes::CUSTOM_KEY_STORE_ID);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Empty, ServiceError> {
        backend
            .kms()
            .disconnect_custom_key_store(caller, request.custom_key_store_id.as_deref().unwrap_or_default())?;
        Ok(Empty {})
    }
}
