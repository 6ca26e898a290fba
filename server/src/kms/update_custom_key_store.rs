//! KMS UpdateCustomKeyStore: changes a store's name, password, cluster or proxy.

use kms_store::{Caller, UpdateCustomKeyStore};
use serde::Deserialize;

use super::{Empty, shapes};
use crate::protocol::{Object, Operation, SecretText, Violations};
use crate::{Backend, ServiceError};

/// What UpdateCustomKeyStore takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub custom_key_store_id: Option<String>,
    pub new_custom_key_store_name: Option<String>,
    pub key_store_password: Option<SecretText>,
    pub cloud_hsm_cluster_id: Option<String>,
    pub xks_proxy_uri_endpoint: Option<String>,
    pub xks_proxy_uri_path: Option<String>,
    pub xks_proxy_vpc_endpoint_service_name: Option<String>,
    pub xks_proxy_vpc_endpoint_service_owner: Option<String>,
    pub xks_proxy_authentication_credential: Option<Object<shapes::XksProxyAuthenticationCredential>>,
    pub xks_proxy_connectivity: Option<String>,
}

impl Operation for Request {
    const NAME: &'static str = "UpdateCustomKeyStore";
    type Response = Empty;

    fn validate(&self, v: &mut Violations) {
        v.required_text("customKeyStoreId", self.custom_key_store_id.as_ref(), &shapes::CUSTOM_KEY_STORE_ID);
        v.text("newCustomKeyStoreName", self.new_custom_key_store_name.as_ref(), &shapes::CUSTOM_KEY_STORE_NAME);
        v.secret("keyStorePassword", self.key_store_password.as_ref(), &shapes::KEY_STORE_PASSWORD);
        v.text("cloudHsmClusterId", self.cloud_hsm_cluster_id.as_ref(), &shapes::CLOUD_HSM_CLUSTER_ID);
        v.text("xksProxyUriEndpoint", self.xks_proxy_uri_endpoint.as_ref(), &shapes::XKS_PROXY_URI_ENDPOINT);
        v.text("xksProxyUriPath", self.xks_proxy_uri_path.as_ref(), &shapes::XKS_PROXY_URI_PATH);
        // Empty clears the name when moving to PUBLIC_ENDPOINT (seed 002).
        let service_name = self.xks_proxy_vpc_endpoint_service_name.as_ref().filter(|name| !name.is_empty());
        v.text("xksProxyVpcEndpointServiceName", service_name, &shapes::XKS_PROXY_VPC_ENDPOINT_SERVICE_NAME);
        v.text(
            "xksProxyVpcEndpointServiceOwner",
            self.xks_proxy_vpc_endpoint_service_owner.as_ref(),
            &shapes::ACCOUNT_ID,
        );
        shapes::xks_credential(v, self.xks_proxy_authentication_credential.as_ref());
        v.choice("xksProxyConnectivity", self.xks_proxy_connectivity.as_ref(), &shapes::XKS_PROXY_CONNECTIVITY);
    }

    fn rules(&self) -> Result<(), ServiceError> {
        let proxy = [
            ("XksProxyUriEndpoint", self.xks_proxy_uri_endpoint.is_some()),
            ("XksProxyUriPath", self.xks_proxy_uri_path.is_some()),
            ("XksProxyVpcEndpointServiceName", self.xks_proxy_vpc_endpoint_service_name.is_some()),
            ("XksProxyVpcEndpointServiceOwner", self.xks_proxy_vpc_endpoint_service_owner.is_some()),
            ("XksProxyAuthenticationCredential", self.xks_proxy_authentication_credential.is_some()),
            ("XksProxyConnectivity", self.xks_proxy_connectivity.is_some()),
        ];
        shapes::foreign("of type AWS_CLOUDHSM", &proxy)
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Empty, ServiceError> {
        let change = UpdateCustomKeyStore {
            id: request.custom_key_store_id.unwrap_or_default(),
            new_name: request.new_custom_key_store_name,
            password: request.key_store_password.map(SecretText::into_password),
            cluster_id: request.cloud_hsm_cluster_id.as_deref().map(shapes::cluster_id).transpose()?,
        };
        backend.kms().update_custom_key_store(caller, &change)?;
        Ok(Empty {})
    }
}
