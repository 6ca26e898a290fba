//! cloudhsmv2 CreateHsm: adds an HSM to a cluster.

use serde::{Deserialize, Serialize};

use super::{Hsm, shapes};
use crate::protocol::{Operation, Violations};
use crate::{Backend, Caller, ServiceError};

/// What CreateHsm takes.
#[derive(Deserialize)]
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

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}
