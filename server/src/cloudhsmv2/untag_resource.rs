//! cloudhsmv2 UntagResource: removes tags from a cluster or a backup.

use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::audit::recorded;
use super::shapes;
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// What UntagResource takes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub resource_id: Option<String>,
    pub tag_key_list: Option<Vec<String>>,
}

/// What UntagResource answers.
#[derive(Serialize)]
pub struct Response {}

impl Operation for Request {
    const NAME: &'static str = "UntagResource";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("resourceId", self.resource_id.as_ref(), &shapes::RESOURCE_ID);
        v.required("tagKeyList", self.tag_key_list.as_ref());
        v.texts("tagKeyList", self.tag_key_list.as_ref(), 1, 50, &shapes::TAG_KEY);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        recorded(backend, caller, request, |clusters, request| {
            let resource = request.resource_id.unwrap_or_default().parse()?;
            clusters.untag_resource(&resource, &request.tag_key_list.unwrap_or_default())?;
            Ok(Response {})
        })
    }
}
