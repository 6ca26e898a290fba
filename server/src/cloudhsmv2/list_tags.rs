//! cloudhsmv2 ListTags: the tags of a cluster or a backup, by key.

use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::audit::recorded;
use super::objects::tag_list;
use super::{Tag, shapes};
use crate::protocol::paging::{List, part};
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// The longest page (documented), and the one that is answered unless another is asked for (inferred).
const PAGE: usize = 100;

/// What ListTags takes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub resource_id: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}

/// What ListTags answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub tag_list: Vec<Tag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Operation for Request {
    const NAME: &'static str = "ListTags";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("resourceId", self.resource_id.as_ref(), &shapes::RESOURCE_ID);
        v.text("nextToken", self.next_token.as_ref(), &shapes::NEXT_TOKEN);
        v.number("maxResults", self.max_results, &(1..=100));
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let list = List::of(Self::NAME, caller);
        recorded(backend, caller, request, |clusters, request| {
            let page = list.page(request.max_results, PAGE, request.next_token.as_deref())?;
            let tags = clusters.tags(&request.resource_id.unwrap_or_default().parse()?)?;
            let listed = part(tag_list(tags), &page, |tag| tag.key.as_deref().unwrap_or_default())?;
            Ok(Response { tag_list: listed.items, next_token: listed.next.map(|key| list.marker(&key)) })
        })
    }
}
