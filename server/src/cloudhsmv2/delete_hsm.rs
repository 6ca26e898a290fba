//! cloudhsmv2 DeleteHsm: removes an HSM, named by its id, its interface or its address.

use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Operation, Violations};
use crate::{Backend, Caller, ServiceError};

/// What DeleteHsm takes.
#[derive(Deserialize)]
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

    fn rules(&self) -> Result<(), ServiceError> {
        match [&self.hsm_id, &self.eni_id, &self.eni_ip].into_iter().flatten().count() {
            1 => Ok(()),
            _ => Err(ServiceError::Validation("Exactly one of HsmId, EniId and EniIp is required.".to_owned())),
        }
    }

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}
