//! cloudhsmv2 DescribeClusters: the clusters that pass all filters.

use std::collections::BTreeMap;

use hsm_sim::cluster::ClusterState;
use hsm_sim::control::ClusterFilter;
use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::audit::recorded;
use super::{Cluster, shapes};
use crate::protocol::paging::{List, part};
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// The longest page (documented), and the one that is answered unless another is asked for (inferred).
const PAGE: usize = 25;

/// What DescribeClusters takes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub filters: Option<BTreeMap<String, Vec<String>>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}

/// What DescribeClusters answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub clusters: Vec<Cluster>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Operation for Request {
    const NAME: &'static str = "DescribeClusters";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.text("nextToken", self.next_token.as_ref(), &shapes::NEXT_TOKEN);
        v.number("maxResults", self.max_results, &(1..=25));
    }

    fn rules(&self) -> Result<(), ServiceError> {
        shapes::filters(self.filters.as_ref(), &["clusterIds", "vpcIds", "states"])
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let list = List::of(Self::NAME, caller);
        recorded(backend, caller, request, |clusters, request| {
            let page = list.page(request.max_results, PAGE, request.next_token.as_deref())?;
            let filters = request.filters.unwrap_or_default();
            let filter = ClusterFilter {
                ids: shapes::wanted(&filters, "clusterIds", |id| id.parse().ok()),
                vpc_ids: shapes::wanted(&filters, "vpcIds", |id| id.parse().ok()),
                states: shapes::wanted(&filters, "states", ClusterState::of_name),
            };
            let listed = part(clusters.clusters(&filter)?, &page, |view| view.cluster.id.as_str())?;
            Ok(Response {
                clusters: listed.items.into_iter().map(Cluster::from).collect(),
                next_token: listed.next.map(|id| list.marker(&id)),
            })
        })
    }
}
