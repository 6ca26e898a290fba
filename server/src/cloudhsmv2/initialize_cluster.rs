//! cloudhsmv2 InitializeCluster: claims a cluster with the signed certificate and its trust anchor.

use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::audit::recorded;
use super::shapes;
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// What InitializeCluster takes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub cluster_id: Option<String>,
    pub signed_cert: Option<String>,
    pub trust_anchor: Option<String>,
}

/// What InitializeCluster answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub state: &'static str,
    pub state_message: String,
}

impl Operation for Request {
    const NAME: &'static str = "InitializeCluster";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("clusterId", self.cluster_id.as_ref(), &shapes::CLUSTER_ID);
        v.required_text("signedCert", self.signed_cert.as_ref(), &shapes::CERTIFICATE);
        v.required_text("trustAnchor", self.trust_anchor.as_ref(), &shapes::CERTIFICATE);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        recorded(backend, caller, request, |clusters, request| {
            let cluster = request.cluster_id.unwrap_or_default().parse()?;
            let (signed, anchor) = (request.signed_cert.unwrap_or_default(), request.trust_anchor.unwrap_or_default());
            let (state, message) = clusters.initialize_cluster(&cluster, &signed, &anchor)?;
            Ok(Response { state: state.as_str(), state_message: message })
        })
    }
}
