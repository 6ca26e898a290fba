//! KMS ListAliases: the names of an account's keys, or of one key.

use kms_store::{AliasEntry, Caller, ListAliases};
use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::paging::List;
use crate::protocol::{Operation, Timestamp, Violations};
use crate::{Backend, ServiceError};

/// The page that is answered unless another is asked for (documented).
const PAGE: usize = 50;

/// What ListAliases takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub key_id: Option<String>,
    pub limit: Option<i32>,
    pub marker: Option<String>,
}

/// What ListAliases answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub aliases: Vec<Alias>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
    pub truncated: bool,
}

impl Operation for Request {
    const NAME: &'static str = "ListAliases";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.text("keyId", self.key_id.as_ref(), &shapes::KEY_ID);
        v.number("limit", self.limit, &(1..=100));
        v.text("marker", self.marker.as_ref(), &shapes::MARKER);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let list = List::of(Self::NAME, caller);
        let page = list.page(request.limit, PAGE, request.marker.as_deref())?;
        let listed = backend.kms().list_aliases(caller, &ListAliases { key_id: request.key_id }, &page)?;
        Ok(Response {
            aliases: listed.items.into_iter().map(Alias::from).collect(),
            truncated: listed.next.is_some(),
            next_marker: listed.next.map(|last| list.marker(&last)),
        })
    }
}

/// A name and the key that it stands for.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Alias {
    pub alias_name: String,
    pub alias_arn: String,
    pub target_key_id: String,
    pub creation_date: Timestamp,
    pub last_updated_date: Timestamp,
}

impl From<AliasEntry> for Alias {
    fn from(alias: AliasEntry) -> Self {
        Self {
            alias_name: alias.name,
            alias_arn: alias.arn,
            target_key_id: alias.target.to_string(),
            creation_date: alias.created.into(),
            last_updated_date: alias.updated.into(),
        }
    }
}
