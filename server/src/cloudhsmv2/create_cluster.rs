//! cloudhsmv2 CreateCluster: a new cluster, or one from a backup.

use hsm_sim::cluster::{Mode, Personality};
use hsm_sim::control::CreateCluster;
use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::audit::recorded;
use super::objects::tag_map;
use super::{BackupRetentionPolicy, Cluster, Tag, arn, shapes};
use crate::protocol::{Object, Operation, Violations};
use crate::{Backend, ServiceError};

/// What CreateCluster takes.
#[derive(Deserialize, Serialize)]
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

impl Request {
    fn into_new(self) -> Result<CreateCluster, ServiceError> {
        if self.network_type.as_deref() == Some("DUALSTACK") {
            // The simulated network has IPv4 addresses only.
            return Err(ServiceError::Validation("NetworkType DUALSTACK is not supported.".to_owned()));
        }
        let subnets = self.subnet_ids.unwrap_or_default();
        let source = self.source_backup_id.as_deref().map(arn::backup).transpose()?;
        let (source_backup, source_owner) = source.map_or((None, None), |(id, owner)| (Some(id), owner));
        let days = self.backup_retention_policy.and_then(|policy| policy.0.days());
        Ok(CreateCluster {
            hsm_type: self.hsm_type.unwrap_or_default(),
            subnet_ids: subnets.iter().map(|id| id.parse()).collect::<Result<_, _>>()?,
            source_backup,
            source_owner,
            mode: self.mode.map(|mode| if mode == "NON_FIPS" { Mode::NonFips } else { Mode::Fips }),
            retention_days: days,
            tags: tag_map(self.tag_list.unwrap_or_default())?,
            personality: Personality::CloudHsm,
        })
    }
}

impl Operation for Request {
    const NAME: &'static str = "CreateCluster";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        shapes::retention(v, self.backup_retention_policy.as_ref());
        v.required_text("hsmType", self.hsm_type.as_ref(), &shapes::HSM_TYPE);
        v.text("sourceBackupId", self.source_backup_id.as_ref(), &shapes::BACKUP_ARN);
        v.required("subnetIds", self.subnet_ids.as_ref());
        v.texts("subnetIds", self.subnet_ids.as_ref(), 1, 10, &shapes::SUBNET_ID);
        v.choice("networkType", self.network_type.as_ref(), &shapes::NETWORK_TYPE);
        shapes::tags(v, self.tag_list.as_ref());
        v.choice("mode", self.mode.as_ref(), &shapes::MODE);
    }

    fn rules(&self) -> Result<(), ServiceError> {
        shapes::retention_days(self.backup_retention_policy.as_ref())
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        recorded(backend, caller, request, |clusters, request| {
            let cluster = clusters.create_cluster(request.into_new()?)?.into();
            Ok(Response { cluster })
        })
    }
}
