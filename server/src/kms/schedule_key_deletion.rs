//! KMS ScheduleKeyDeletion: starts a key's waiting period, 7 to 30 days (documented; the model's shape is wider).

use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Operation, Timestamp, Violations};
use crate::{Backend, ServiceError};

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
    pub deletion_date: Timestamp,
    pub key_state: &'static str,
    pub pending_window_in_days: u16,
}

impl Operation for Request {
    const NAME: &'static str = "ScheduleKeyDeletion";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("keyId", self.key_id.as_ref(), &shapes::KEY_ID);
        v.number("pendingWindowInDays", self.pending_window_in_days, &(7..=30));
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let days = request.pending_window_in_days.and_then(|days| u16::try_from(days).ok());
        let scheduled =
            backend.kms().schedule_key_deletion(caller, request.key_id.as_deref().unwrap_or_default(), days)?;
        Ok(Response {
            key_id: scheduled.arn,
            deletion_date: scheduled.deletion_date.into(),
            key_state: scheduled.state.as_str(),
            pending_window_in_days: scheduled.window_days,
        })
    }
}
