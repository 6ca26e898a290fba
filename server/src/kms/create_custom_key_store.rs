//! KMS CreateCustomKeyStore: a store on a cluster or an external key manager, DISCONNECTED.

use crypto::Password;
use kms_store::{Caller, CreateCustomKeyStore};
use serde::{Deserialize, Serialize};

use super::shapes;
use crate::protocol::{Object, Operation, SecretText, Violations};
use crate::{Backend, ServiceError};

/// What CreateCustomKeyStore takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub custom_key_store_name: Option<String>,
    pub cloud_hsm_cluster_id: Option<String>,
    pub trust_anchor_certificate: Option<String>,
    pub key_store_password: Option<SecretText>,
    pub custom_key_store_type: Option<String>,
    pub xks_proxy_uri_endpoint: Option<String>,
    pub xks_proxy_uri_path: Option<String>,
    pub xks_proxy_vpc_endpoint_service_name: Option<String>,
    pub xks_proxy_vpc_endpoint_service_owner: Option<String>,
    pub xks_proxy_authentication_credential: Option<Object<shapes::XksProxyAuthenticationCredential>>,
    pub xks_proxy_connectivity: Option<String>,
}

/// What CreateCustomKeyStore answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub custom_key_store_id: String,
}

impl Operation for Request {
    const NAME: &'static str = "CreateCustomKeyStore";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("customKeyStoreName", self.custom_key_store_name.as_ref(), &shapes::CUSTOM_KEY_STORE_NAME);
        v.text("cloudHsmClusterId", self.cloud_hsm_cluster_id.as_ref(), &shapes::CLOUD_HSM_CLUSTER_ID);
        v.text("trustAnchorCertificate", self.trust_anchor_certificate.as_ref(), &shapes::TRUST_ANCHOR_CERTIFICATE);
        v.secret("keyStorePassword", self.key_store_password.as_ref(), &shapes::KEY_STORE_PASSWORD);
        v.choice("customKeyStoreType", self.custom_key_store_type.as_ref(), &shapes::CUSTOM_KEY_STORE_TYPE);
        v.text("xksProxyUriEndpoint", self.xks_proxy_uri_endpoint.as_ref(), &shapes::XKS_PROXY_URI_ENDPOINT);
        v.text("xksProxyUriPath", self.xks_proxy_uri_path.as_ref(), &shapes::XKS_PROXY_URI_PATH);
        v.text(
            "xksProxyVpcEndpointServiceName",
            self.xks_proxy_vpc_endpoint_service_name.as_ref(),
            &shapes::XKS_PROXY_VPC_ENDPOINT_SERVICE_NAME,
        );
        v.text(
            "xksProxyVpcEndpointServiceOwner",
            self.xks_proxy_vpc_endpoint_service_owner.as_ref(),
            &shapes::ACCOUNT_ID,
        );
        shapes::xks_credential(v, self.xks_proxy_authentication_credential.as_ref());
        v.choice("xksProxyConnectivity", self.xks_proxy_connectivity.as_ref(), &shapes::XKS_PROXY_CONNECTIVITY);
    }

    fn rules(&self) -> Result<(), ServiceError> {
        let cluster = [
            ("CloudHsmClusterId", self.cloud_hsm_cluster_id.is_some()),
            ("KeyStorePassword", self.key_store_password.is_some()),
            ("TrustAnchorCertificate", self.trust_anchor_certificate.is_some()),
        ];
        let proxy = [
            ("XksProxyConnectivity", self.xks_proxy_connectivity.is_some()),
            ("XksProxyAuthenticationCredential", self.xks_proxy_authentication_credential.is_some()),
            ("XksProxyUriEndpoint", self.xks_proxy_uri_endpoint.is_some()),
            ("XksProxyUriPath", self.xks_proxy_uri_path.is_some()),
        ];
        let service = [
            ("XksProxyVpcEndpointServiceName", self.xks_proxy_vpc_endpoint_service_name.is_some()),
            ("XksProxyVpcEndpointServiceOwner", self.xks_proxy_vpc_endpoint_service_owner.is_some()),
        ];
        if self.custom_key_store_type.as_deref() == Some("EXTERNAL_KEY_STORE") {
            shapes::needed("of type EXTERNAL_KEY_STORE", &proxy)?;
            shapes::foreign("of type EXTERNAL_KEY_STORE", &cluster)?;
            if self.xks_proxy_connectivity.as_deref() == Some("VPC_ENDPOINT_SERVICE") {
                shapes::needed("with VPC_ENDPOINT_SERVICE connectivity", &service[..1])
            } else {
                shapes::foreign("with PUBLIC_ENDPOINT connectivity", &service)
            }
        } else {
            shapes::needed("of type AWS_CLOUDHSM", &cluster)?;
            shapes::foreign("of type AWS_CLOUDHSM", &proxy)?;
            shapes::foreign("of type AWS_CLOUDHSM", &service)
        }
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        if request.custom_key_store_type.as_deref() == Some("EXTERNAL_KEY_STORE") {
            return Err(ServiceError::client(
                "UnsupportedOperationException",
                "Custom key stores of type EXTERNAL_KEY_STORE are not supported.",
            ));
        }
        let store = CreateCustomKeyStore {
            name: request.custom_key_store_name.unwrap_or_default(),
            cluster_id: shapes::cluster_id(&request.cloud_hsm_cluster_id.unwrap_or_default())?,
            trust_anchor: request.trust_anchor_certificate.unwrap_or_default(),
            password: request
                .key_store_password
                .map_or_else(|| Password::new(String::new()), SecretText::into_password),
        };
        Ok(Response { custom_key_store_id: backend.kms().create_custom_key_store(caller, &store)? })
    }
}
