//! KMS DeleteAlias: removes a name, in any state of its key.

use kms_store::Caller;
use serde::Deserialize;

use super::shapes;
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// What DeleteAlias takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub alias_name: Option<String>,
}

impl Operation for Request {
    const NAME: &'static str = "DeleteAlias";
    type Response = ();

    fn validate(&self, v: &mut Violations) {
        v.required_text("aliasName", self.alias_name.as_ref(), &shapes::ALIAS_NAME);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<(), ServiceError> {
        Ok(backend.kms().delete_alias(caller, request.alias_name.as_deref().unwrap_or_default())?)
    }
}
