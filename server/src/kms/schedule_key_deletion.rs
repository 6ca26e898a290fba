//! KMS ScheduleKeyDeletion: starts a key's waiting period, 7 to 30 days (documented; the model's shape is wider).

use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Operation, Timestamp, Violations};
use crate::{Backend, Caller, ServiceError};

/// What ScheduleKeyDeletion takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub key_id: Option<String>,
    pub pending_window_in_days: Option<i32>,
}

/// What ScheduleKeyDeletion answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub key_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_date: Option<Timestamp>,
    pub key_state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_window_in_days: Option<i32>,
}

impl Operation for Request {
    const NAME: &'static str = "ScheduleKeyDeletion";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("keyId", self.key_id.as_ref(), &shapes::KEY_ID);
        v.number("pendingWindowInDays", self.pending_window_in_days, &(7..=30));
    }

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}
