//! KMS ListKeys: the keys of an account and Region.

use kms_store::{Caller, KeyEntry};
use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::paging::List;
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// The page that is answered unless another is asked for (documented).
const PAGE: usize = 100;

/// What ListKeys takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub limit: Option<i32>,
    pub marker: Option<String>,
}

/// What ListKeys answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub keys: Vec<Key>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
    pub truncated: bool,
}

impl Operation for Request {
    const NAME: &'static str = "ListKeys";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.number("limit", self.limit, &(1..=1000));
        v.text("marker", self.marker.as_ref(), &shapes::MARKER);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let list = List::of(Self::NAME, caller);
        let page = list.page(request.limit, PAGE, request.marker.as_deref())?;
        let listed = backend.kms().list_keys(caller, &page)?;
        Ok(Response {
            keys: listed.items.into_iter().map(Key::from).collect(),
            truncated: listed.next.is_some(),
            next_marker: listed.next.map(|last| list.marker(&last)),
        })
    }
}

/// A key's id and name.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Key {
    pub key_id: String,
    pub key_arn: String,
}

impl From<KeyEntry> for Key {
    fn from(entry: KeyEntry) -> Self {
        Self { key_id: entry.id.to_string(), key_arn: entry.arn }
    }
}
