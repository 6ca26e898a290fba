//! cloudhsmv2 DeleteCluster: deletes a cluster without HSMs.

use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::audit::recorded;
use super::{Cluster, shapes};
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// What DeleteCluster takes.
#[derive(Deserialize, Serialize)]
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

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        recorded(backend, caller, request, |clusters, request| {
            let cluster = request.cluster_id.unwrap_or_default().parse()?;
            Ok(Response { cluster: clusters.delete_cluster(&cluster)?.into() })
        })
    }
}
