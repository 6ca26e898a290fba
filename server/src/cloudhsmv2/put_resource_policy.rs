//! cloudhsmv2 PutResourcePolicy: says which accounts may describe and restore a backup.

use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::audit::recorded;
use super::{arn, policy, shapes};
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// What PutResourcePolicy takes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub resource_arn: Option<String>,
    pub policy: Option<String>,
}

/// What PutResourcePolicy answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub resource_arn: String,
    pub policy: String,
}

impl Operation for Request {
    const NAME: &'static str = "PutResourcePolicy";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.text("resourceArn", self.resource_arn.as_ref(), &shapes::ARN);
        v.text("policy", self.policy.as_ref(), &shapes::POLICY);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let realm = caller.realm.clone();
        recorded(backend, caller, request, |clusters, request| {
            let backup = arn::own_backup(request.resource_arn.as_deref(), &realm)?;
            let text = request.policy.ok_or_else(|| ServiceError::Validation("Specify Policy.".to_owned()))?;
            let policy = policy::parse(text)?;
            clusters.put_resource_policy(&backup, &policy)?;
            Ok(Response { resource_arn: request.resource_arn.unwrap_or_default(), policy: policy.text })
        })
    }
}
