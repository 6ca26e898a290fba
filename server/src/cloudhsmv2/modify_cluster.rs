//! cloudhsmv2 ModifyCluster: another retention period or HSM type.

use hsm_sim::control::ModifyCluster;
use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::audit::recorded;
use super::{BackupRetentionPolicy, Cluster, shapes};
use crate::protocol::{Object, Operation, Violations};
use crate::{Backend, ServiceError};

/// What ModifyCluster takes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub hsm_type: Option<String>,
    pub backup_retention_policy: Option<Object<BackupRetentionPolicy>>,
    pub cluster_id: Option<String>,
}

/// What ModifyCluster answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub cluster: Cluster,
}

impl Operation for Request {
    const NAME: &'static str = "ModifyCluster";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.text("hsmType", self.hsm_type.as_ref(), &shapes::HSM_TYPE);
        shapes::retention(v, self.backup_retention_policy.as_ref());
        v.required_text("clusterId", self.cluster_id.as_ref(), &shapes::CLUSTER_ID);
    }

    fn rules(&self) -> Result<(), ServiceError> {
        shapes::retention_days(self.backup_retention_policy.as_ref())
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        recorded(backend, caller, request, |clusters, request| {
            let cluster = request.cluster_id.unwrap_or_default().parse()?;
            let retention_days = request.backup_retention_policy.and_then(|policy| policy.0.days());
            let change = ModifyCluster { hsm_type: request.hsm_type, retention_days };
            Ok(Response { cluster: clusters.modify_cluster(&cluster, &change)?.into() })
        })
    }
}
