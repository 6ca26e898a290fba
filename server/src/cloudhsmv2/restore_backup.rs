//! cloudhsmv2 RestoreBackup: takes back the deletion of a backup.

use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::audit::recorded;
use super::{Backup, shapes};
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// What RestoreBackup takes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub backup_id: Option<String>,
}

/// What RestoreBackup answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub backup: Backup,
}

impl Operation for Request {
    const NAME: &'static str = "RestoreBackup";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("backupId", self.backup_id.as_ref(), &shapes::BACKUP_ID);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        recorded(backend, caller, request, |clusters, request| {
            let backup = request.backup_id.unwrap_or_default().parse()?;
            Ok(Response { backup: clusters.restore_backup(&backup)?.into() })
        })
    }
}
