//! cloudhsmv2 CopyBackupToRegion: copies a backup to another Region.

use hsm_sim::control::CopyBackup;
use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::audit::recorded;
use super::objects::tag_map;
use super::{DestinationBackup, Tag, shapes};
use crate::protocol::{Object, Operation, Violations};
use crate::{Backend, ServiceError};

/// What CopyBackupToRegion takes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub destination_region: Option<String>,
    pub backup_id: Option<String>,
    pub tag_list: Option<Vec<Object<Tag>>>,
}

/// What CopyBackupToRegion answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub destination_backup: DestinationBackup,
}

impl Operation for Request {
    const NAME: &'static str = "CopyBackupToRegion";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("destinationRegion", self.destination_region.as_ref(), &shapes::REGION);
        v.required_text("backupId", self.backup_id.as_ref(), &shapes::BACKUP_ID);
        shapes::tags(v, self.tag_list.as_ref());
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        recorded(backend, caller, request, |clusters, request| {
            let copy = clusters.copy_backup(CopyBackup {
                backup: request.backup_id.unwrap_or_default().parse()?,
                region: request.destination_region.unwrap_or_default(),
                tags: request.tag_list.map(tag_map).transpose()?,
            })?;
            Ok(Response { destination_backup: copy.into() })
        })
    }
}
