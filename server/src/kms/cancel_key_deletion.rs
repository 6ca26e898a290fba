//! KMS CancelKeyDeletion: takes a key out of its waiting period; it is Disabled afterwards.

use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// What CancelKeyDeletion takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub key_id: Option<String>,
}

/// What CancelKeyDeletion answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub key_id: String,
}

impl Operation for Request {
    const NAME: &'static str = "CancelKeyDeletion";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("keyId", self.key_id.as_ref(), &shapes::KEY_ID);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let key_id = backend.kms().cancel_key_deletion(caller, request.key_id.as_deref().unwrap_or_default())?;
        Ok(Response { key_id })
    }
}
