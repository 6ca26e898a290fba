//! cloudhsmv2 ModifyBackupAttributes: exempts a backup from retention, or subjects it to it.

use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::audit::recorded;
use super::{Backup, shapes};
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// What ModifyBackupAttributes takes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub backup_id: Option<String>,
    pub never_expires: Option<bool>,
}

/// What ModifyBackupAttributes answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub backup: Backup,
}

impl Operation for Request {
    const NAME: &'static str = "ModifyBackupAttributes";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("backupId", self.backup_id.as_ref(), &shapes::BACKUP_ID);
        v.required("neverExpires", self.never_expires.as_ref());
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        recorded(backend, caller, request, |clusters, request| {
            let backup = request.backup_id.unwrap_or_default().parse()?;
            let backup = clusters.modify_backup_attributes(&backup, request.never_expires.unwrap_or_default())?;
            Ok(Response { backup: backup.into() })
        })
    }
}
