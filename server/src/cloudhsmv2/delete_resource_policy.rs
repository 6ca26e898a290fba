//! cloudhsmv2 DeleteResourcePolicy: ends the sharing of a backup.

use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::audit::recorded;
use super::{arn, shapes};
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// What DeleteResourcePolicy takes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub resource_arn: Option<String>,
}

/// What DeleteResourcePolicy answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub resource_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}

impl Operation for Request {
    const NAME: &'static str = "DeleteResourcePolicy";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.text("resourceArn", self.resource_arn.as_ref(), &shapes::ARN);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let realm = caller.realm.clone();
        recorded(backend, caller, request, |clusters, request| {
            let backup = arn::own_backup(request.resource_arn.as_deref(), &realm)?;
            let policy = clusters.delete_resource_policy(&backup)?;
            Ok(Response { resource_arn: request.resource_arn.unwrap_or_default(), policy })
        })
    }
}
