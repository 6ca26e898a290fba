//! cloudhsmv2 DescribeBackups: the backups that pass all filters, newest first.

use std::collections::BTreeMap;

use hsm_sim::backup::BackupState;
use hsm_sim::control::BackupFilter;
use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::audit::recorded;
use super::{Backup, arn, shapes};
use crate::protocol::paging::{List, part};
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// The longest page (documented), and the one that is answered unless another is asked for (inferred).
const PAGE: usize = 50;

/// What DescribeBackups takes.
#[derive(Deserialize, Serialize)]
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

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let list = List::of(Self::NAME, caller);
        recorded(backend, caller, request, |clusters, request| {
            let page = list.page(request.max_results, PAGE, request.next_token.as_deref())?;
            let filters = request.filters.unwrap_or_default();
            let never = shapes::wanted(&filters, "neverExpires", |value| value.parse().ok());
            let filter = BackupFilter {
                ids: shapes::wanted(&filters, "backupIds", |id| arn::backup(id).ok().map(|(id, _)| id)),
                cluster_ids: shapes::wanted(&filters, "clusterIds", |id| id.parse().ok()),
                source_backup_ids: shapes::wanted(&filters, "sourceBackupIds", |id| id.parse().ok()),
                states: shapes::wanted(&filters, "states", state),
                never_expires: None,
                shared: request.shared.unwrap_or(false),
            };
            let mut backups = clusters.backups(&filter, request.sort_ascending.unwrap_or(false))?;
            backups.retain(|backup| never.as_ref().is_none_or(|never| never.contains(&backup.never_expires)));
            let listed = part(backups, &page, |backup| backup.id.as_str())?;
            Ok(Response {
                backups: listed.items.into_iter().map(Backup::from).collect(),
                next_token: listed.next.map(|id| list.marker(&id)),
            })
        })
    }
}

fn state(name: &str) -> Option<BackupState> {
    const STATES: [BackupState; 4] =
        [BackupState::CreateInProgress, BackupState::Ready, BackupState::PendingDeletion, BackupState::Deleted];
    STATES.into_iter().find(|state| state.as_str() == name)
}
