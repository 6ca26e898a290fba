//! KMS DescribeCustomKeyStores: the stores of an account and Region, or one of them.

use kms_store::{Caller, ConnectionErrorCode, DescribeCustomKeyStores, KeyStoreDescription};
use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::paging::List;
use crate::protocol::{Operation, Timestamp, Violations};
use crate::{Backend, ServiceError};

/// The page that is answered unless another is asked for (inferred).
const PAGE: usize = 100;

/// What DescribeCustomKeyStores takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub custom_key_store_id: Option<String>,
    pub custom_key_store_name: Option<String>,
    pub limit: Option<i32>,
    pub marker: Option<String>,
}

/// What DescribeCustomKeyStores answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub custom_key_stores: Vec<CustomKeyStore>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
    pub truncated: bool,
}

impl Operation for Request {
    const NAME: &'static str = "DescribeCustomKeyStores";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.text("customKeyStoreId", self.custom_key_store_id.as_ref(), &shapes::CUSTOM_KEY_STORE_ID);
        v.text("customKeyStoreName", self.custom_key_store_name.as_ref(), &shapes::CUSTOM_KEY_STORE_NAME);
        v.number("limit", self.limit, &(1..=1000));
        v.text("marker", self.marker.as_ref(), &shapes::MARKER);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let list = List::of(Self::NAME, caller);
        let page = list.page(request.limit, PAGE, request.marker.as_deref())?;
        let wanted = DescribeCustomKeyStores { id: request.custom_key_store_id, name: request.custom_key_store_name };
        let listed = backend.kms().describe_custom_key_stores(caller, &wanted, &page)?;
        Ok(Response {
            custom_key_stores: listed.items.into_iter().map(CustomKeyStore::from).collect(),
            truncated: listed.next.is_some(),
            next_marker: listed.next.map(|last| list.marker(&last)),
        })
    }
}

/// A store as Describe shows it; which members it has depends on its type and state.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomKeyStore {
    pub custom_key_store_id: String,
    pub custom_key_store_name: String,
    pub cloud_hsm_cluster_id: String,
    pub trust_anchor_certificate: String,
    pub connection_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_error_code: Option<&'static str>,
    pub creation_date: Timestamp,
    pub custom_key_store_type: &'static str,
}

impl From<KeyStoreDescription> for CustomKeyStore {
    fn from(store: KeyStoreDescription) -> Self {
        Self {
            custom_key_store_id: store.id,
            custom_key_store_name: store.name,
            cloud_hsm_cluster_id: store.cluster_id.to_string(),
            trust_anchor_certificate: store.trust_anchor,
            connection_state: store.state.as_str(),
            connection_error_code: store.error.map(ConnectionErrorCode::as_str),
            creation_date: store.created.into(),
            custom_key_store_type: "AWS_CLOUDHSM",
        }
    }
}
