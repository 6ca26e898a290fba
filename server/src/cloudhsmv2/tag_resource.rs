//! cloudhsmv2 TagResource: adds tags to a cluster or a backup, or overwrites them.

use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::audit::recorded;
use super::objects::tag_map;
use super::{Tag, shapes};
use crate::protocol::{Object, Operation, Violations};
use crate::{Backend, ServiceError};

/// What TagResource takes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub resource_id: Option<String>,
    pub tag_list: Option<Vec<Object<Tag>>>,
}

/// What TagResource answers.
#[derive(Serialize)]
pub struct Response {}

impl Operation for Request {
    const NAME: &'static str = "TagResource";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("resourceId", self.resource_id.as_ref(), &shapes::RESOURCE_ID);
        v.required("tagList", self.tag_list.as_ref());
        shapes::tags(v, self.tag_list.as_ref());
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        recorded(backend, caller, request, |clusters, request| {
            let resource = request.resource_id.unwrap_or_default().parse()?;
            clusters.tag_resource(&resource, &tag_map(request.tag_list.unwrap_or_default())?)?;
            Ok(Response {})
        })
    }
}
