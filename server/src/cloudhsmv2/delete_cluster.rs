//! cloudhsmv2 DeleteCluster: deletes a cluster without HSMs.

use serde::{Deserialize, Serialize};

use super::{Cluster, shapes};
use crate::protocol::{Operation, Violations};
use crate::{Backend, Caller, ServiceError};

/// What DeleteCluster takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub cluster_id: Option<String>,
}

/// What DeleteCluster answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub cluster: Cluster,
}

impl Operation for Request {
    const NAME: &'static str = "DeleteCluster";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("clusterId", self.cluster_id.as_ref(), &shapes::CLUSTER_ID);
    }

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}
