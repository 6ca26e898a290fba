//! cloudhsmv2 GetResourcePolicy: the policy of a backup.

use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::audit::recorded;
use super::{arn, shapes};
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// What GetResourcePolicy takes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub resource_arn: Option<String>,
}

/// What GetResourcePolicy answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}

impl Operation for Request {
    const NAME: &'static str = "GetResourcePolicy";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.text("resourceArn", self.resource_arn.as_ref(), &shapes::ARN);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let realm = caller.realm.clone();
        recorded(backend, caller, request, |clusters, request| {
            let backup = arn::own_backup(request.resource_arn.as_deref(), &realm)?;
            Ok(Response { policy: clusters.resource_policy(&backup)? })
        })
    }
}
