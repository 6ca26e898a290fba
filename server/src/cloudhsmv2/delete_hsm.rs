//! cloudhsmv2 DeleteHsm: removes an HSM, named by its id, its interface or its address.

use hsm_sim::ControlError;
use hsm_sim::control::HsmSelector;
use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::audit::recorded;
use super::objects::ip_address;
use super::shapes;
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// What DeleteHsm takes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub cluster_id: Option<String>,
    pub hsm_id: Option<String>,
    pub eni_id: Option<String>,
    pub eni_ip: Option<String>,
}

/// What DeleteHsm answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub hsm_id: String,
}

impl Operation for Request {
    const NAME: &'static str = "DeleteHsm";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("clusterId", self.cluster_id.as_ref(), &shapes::CLUSTER_ID);
        v.text("hsmId", self.hsm_id.as_ref(), &shapes::HSM_ID);
        v.text("eniId", self.eni_id.as_ref(), &shapes::ENI_ID);
        v.text("eniIp", self.eni_ip.as_ref(), &shapes::IP_ADDRESS);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        recorded(backend, caller, request, |clusters, request| {
            let cluster = request.cluster_id.unwrap_or_default().parse()?;
            let selector = match (request.hsm_id, request.eni_id, request.eni_ip) {
                (Some(id), None, None) => HsmSelector::Id(id.parse()?),
                (None, Some(eni), None) => HsmSelector::Eni(eni.parse()?),
                (None, None, Some(ip)) => HsmSelector::Ip(ip_address(&ip)?),
                _ => return Err(ControlError::HsmSelector.into()),
            };
            let hsm_id = clusters.delete_hsm(&cluster, &selector)?.to_string();
            Ok(Response { hsm_id })
        })
    }
}
