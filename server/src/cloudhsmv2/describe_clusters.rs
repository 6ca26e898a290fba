//! cloudhsmv2 DescribeClusters: the clusters that pass all filters.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Cluster, shapes};
use crate::protocol::{Operation, Violations};
use crate::{Backend, Caller, ServiceError};

/// What DescribeClusters takes.
#[derive(Deserialize)]
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

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}
