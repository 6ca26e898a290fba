//! cloudhsmv2 DescribeBackups: the backups that pass all filters, newest first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Backup, shapes};
use crate::protocol::{Operation, Violations};
use crate::{Backend, Caller, ServiceError};

/// What DescribeBackups takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub filters: Option<BTreeMap<String, Vec<String>>>,
    pub shared: Option<bool>,
    pub sort_ascending: Option<bool>,
}

/// What DescribeBackups answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub backups: Vec<Backup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Operation for Request {
    const NAME: &'static str = "DescribeBackups";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.text("nextToken", self.next_token.as_ref(), &shapes::NEXT_TOKEN);
        v.number("maxResults", self.max_results, &(1..=50));
    }

    fn rules(&self) -> Result<(), ServiceError> {
        shapes::filters(
            self.filters.as_ref(),
            &["backupIds", "sourceBackupIds", "clusterIds", "states", "neverExpires"],
        )
    }

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}
