//! KMS ListAliases: the names of an account's keys, or of one key.

use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Operation, Timestamp, Violations};
use crate::{Backend, Caller, ServiceError};

/// What ListAliases takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub key_id: Option<String>,
    pub limit: Option<i32>,
    pub marker: Option<String>,
}

/// What ListAliases answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub aliases: Vec<Alias>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
    pub truncated: bool,
}

impl Operation for Request {
    const NAME: &'static str = "ListAliases";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.text("keyId", self.key_id.as_ref(), &shapes::KEY_ID);
        v.number("limit", self.limit, &(1..=100));
        v.text("marker", self.marker.as_ref(), &shapes::MARKER);
    }

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}

/// A name and the key that it stands for.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Alias {
    pub alias_name: String,
    pub alias_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_updated_date: Option<Timestamp>,
}
