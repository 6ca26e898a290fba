//! cloudhsmv2 CreateHsm: adds an HSM to a cluster.

use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::audit::recorded;
use super::objects::ip_address;
use super::{Hsm, shapes};
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// What CreateHsm takes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub cluster_id: Option<String>,
    pub availability_zone: Option<String>,
    pub ip_address: Option<String>,
}

/// What CreateHsm answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub hsm: Hsm,
}

impl Operation for Request {
    const NAME: &'static str = "CreateHsm";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("clusterId", self.cluster_id.as_ref(), &shapes::CLUSTER_ID);
        v.required_text("availabilityZone", self.availability_zone.as_ref(), &shapes::AVAILABILITY_ZONE);
        v.text("ipAddress", self.ip_address.as_ref(), &shapes::IP_ADDRESS);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        recorded(backend, caller, request, |clusters, request| {
            let cluster = request.cluster_id.unwrap_or_default().parse()?;
            let zone = request.availability_zone.unwrap_or_default().parse()?;
            let ip = request.ip_address.as_deref().map(ip_address).transpose()?;
            let node = clusters.create_hsm(&cluster, &zone, ip)?;
            Ok(Response { hsm: Hsm::of_node(node, None) })
        })
    }
}
