//! KMS DisableKey: keeps a key from being used.

use kms_store::Caller;
use serde::Deserialize;

use super::shapes;
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// What DisableKey takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub key_id: Option<String>,
}

impl Operation for Request {
    const NAME: &'static str = "DisableKey";
    type Response = ();

    fn validate(&self, v: &mut Violations) {
        v.required_text("keyId", self.key_id.as_ref(), &shapes::KEY_ID);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<(), ServiceError> {
        Ok(backend.kms().disable_key(caller, request.key_id.as_deref().unwrap_or_default())?)
    }
}
