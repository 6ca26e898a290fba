//! cloudhsmv2 CreateCluster: a new cluster, or one from a backup.

use serde::{Deserialize, Serialize};

use super::{BackupRetentionPolicy, Cluster, Tag, shapes};
use crate::protocol::{Object, Operation, Violations};
use crate::{Backend, Caller, ServiceError};

/// What CreateCluster takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub backup_retention_policy: Option<Object<BackupRetentionPolicy>>,
    pub hsm_type: Option<String>,
    pub source_backup_id: Option<String>,
    pub subnet_ids: Option<Vec<String>>,
    pub network_type: Option<String>,
    pub tag_list: Option<Vec<Object<Tag>>>,
    pub mode: Option<String>,
}

/// What CreateCluster answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub cluster: Cluster,
}

impl Operation for Request {
    const NAME: &'static str = "CreateCluster";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.nested("backupRetentionPolicy", self.backup_retention_policy.as_ref(), |policy, v| {
            v.choice("type", policy.0.r#type.as_ref(), &shapes::RETENTION_TYPE);
            v.text("value", policy.0.value.as_ref(), &shapes::RETENTION_VALUE);
        });
        v.required_text("hsmType", self.hsm_type.as_ref(), &shapes::HSM_TYPE);
        v.text("sourceBackupId", self.source_backup_id.as_ref(), &shapes::BACKUP_ARN);
        v.required("subnetIds", self.subnet_ids.as_ref());
        v.texts("subnetIds", self.subnet_ids.as_ref(), 1, 10, &shapes::SUBNET_ID);
        v.choice("networkType", self.network_type.as_ref(), &shapes::NETWORK_TYPE);
        shapes::tags(v, self.tag_list.as_ref());
        v.choice("mode", self.mode.as_ref(), &shapes::MODE);
    }

    fn rules(&self) -> Result<(), ServiceError> {
        let days = self.backup_retention_policy.as_ref().and_then(|policy| policy.0.value.as_deref());
        match days.map(str::parse::<u32>) {
            None | Some(Ok(7..=379)) => Ok(()),
            Some(_) => {
                Err(ServiceError::Validation("BackupRetentionPolicy Value must be from 7 to 379 days.".to_owned()))
            }
        }
    }

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}
