//! KMS CreateKey: a key in KMS, in a custom key store, or for imported material.

use serde::{Deserialize, Serialize};

use super::{KeyMetadata, shapes};
use crate::protocol::{Object, Operation, Violations};
use crate::{Backend, Caller, ServiceError};

/// What CreateKey takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub policy: Option<String>,
    pub description: Option<String>,
    pub key_usage: Option<String>,
    pub customer_master_key_spec: Option<String>,
    pub key_spec: Option<String>,
    pub origin: Option<String>,
    pub custom_key_store_id: Option<String>,
    pub bypass_policy_lockout_safety_check: Option<bool>,
    pub tags: Option<Vec<Object<shapes::Tag>>>,
    pub multi_region: Option<bool>,
    pub xks_key_id: Option<String>,
}

/// What CreateKey answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub key_metadata: KeyMetadata,
}

impl Operation for Request {
    const NAME: &'static str = "CreateKey";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.text("policy", self.policy.as_ref(), &shapes::POLICY);
        v.text("description", self.description.as_ref(), &shapes::DESCRIPTION);
        v.choice("keyUsage", self.key_usage.as_ref(), &shapes::KEY_USAGE);
        v.choice("customerMasterKeySpec", self.customer_master_key_spec.as_ref(), &shapes::CUSTOMER_MASTER_KEY_SPEC);
        v.choice("keySpec", self.key_spec.as_ref(), &shapes::KEY_SPEC);
        v.choice("origin", self.origin.as_ref(), &shapes::ORIGIN);
        v.text("customKeyStoreId", self.custom_key_store_id.as_ref(), &shapes::CUSTOM_KEY_STORE_ID);
        shapes::tags(v, self.tags.as_ref());
        v.text("xksKeyId", self.xks_key_id.as_ref(), &shapes::XKS_KEY_ID);
    }

    fn rules(&self) -> Result<(), ServiceError> {
        if self.key_spec.is_some() && self.customer_master_key_spec.is_some() {
            return Err(ServiceError::Validation(
                "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.".to_owned(),
            ));
        }
        Ok(())
    }

    fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<Response, ServiceError> {
        Err(ServiceError::UnknownOperation)
    }
}
