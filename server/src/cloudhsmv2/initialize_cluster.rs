//! cloudhsmv2 InitializeCluster: claims a cluster with the signed certificate and its trust anchor.

use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Operation, Violations};
use crate::{Backend, Caller, ServiceError};

/// What InitializeCluster takes.
#[derive(Deserialize)]
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
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_message: Option<String>,
}

impl Operation for Request {
    const NAME: &'static str = "InitializeCluster";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("clusterId", self.cluster_id.as_ref(), &shapes::CLUSTER_ID);
        v.required_text("signedCert", self.signed_cert.as_ref(), &shapes::CERTIFICATE);
        v.required_text("trustAnchor", self.trust_anchor.as_ref(), &shapes::CERTIFICATE);
    }

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}
