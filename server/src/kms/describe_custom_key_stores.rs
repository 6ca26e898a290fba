//! KMS DescribeCustomKeyStores: the stores of an account and Region, or one of them.

use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Operation, Timestamp, Violations};
use crate::{Backend, Caller, ServiceError};

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

    fn rules(&self) -> Result<(), ServiceError> {
        if self.custom_key_store_id.is_some() && self.custom_key_store_name.is_some() {
            return Err(ServiceError::Validation(
                "Please specify either CustomKeyStoreId or CustomKeyStoreName, not both.".to_owned(),
            ));
        }
        Ok(())
    }

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}

/// A store as Describe shows it; which members it has depends on its type and state.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomKeyStore {
    pub custom_key_store_id: String,
    pub custom_key_store_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud_hsm_cluster_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_anchor_certificate: Option<String>,
    pub connection_state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_error_code: Option<String>,
    pub creation_date: Timestamp,
    pub custom_key_store_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xks_proxy_configuration: Option<XksProxyConfiguration>,
}

/// How KMS reaches an external key store's proxy; the secret half of the credential is never shown.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct XksProxyConfiguration {
    pub connectivity: String,
    pub access_key_id: String,
    pub uri_endpoint: String,
    pub uri_path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_endpoint_service_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_endpoint_service_owner: Option<String>,
}
