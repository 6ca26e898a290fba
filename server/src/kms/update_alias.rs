//! KMS UpdateAlias: moves a name to another key.

use kms_store::Caller;
use serde::Deserialize;

use super::shapes;
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// What UpdateAlias takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub alias_name: Option<String>,
    pub target_key_id: Option<String>,
}

impl Operation for Request {
    const NAME: &'static str = "UpdateAlias";
    type Response = ();

    fn validate(&self, v: &mut Violations) {
        v.required_text("aliasName", self.alias_name.as_ref(), &shapes::ALIAS_NAME);
        v.required_text("targetKeyId", self.target_key_id.as_ref(), &shapes::KEY_ID);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<(), ServiceError> {
        let name = request.alias_name.as_deref().unwrap_or_default();
        Ok(backend.kms().update_alias(caller, name, request.target_key_id.as_deref().unwrap_or_default())?)
    }
}
