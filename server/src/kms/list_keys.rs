//! KMS ListKeys: the keys of an account and Region.

use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Operation, Violations};
use crate::{Backend, Caller, ServiceError};

/// What ListKeys takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub limit: Option<i32>,
    pub marker: Option<String>,
}

/// What ListKeys answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub keys: Vec<Key>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
    pub truncated: bool,
}

impl Operation for Request {
    const NAME: &'static str = "ListKeys";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.number("limit", self.limit, &(1..=1000));
        v.text("marker", self.marker.as_ref(), &shapes::MARKER);
    }

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}

/// A key's id and name.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Key {
    pub key_id: String,
    pub key_arn: String,
}
