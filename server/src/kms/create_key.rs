//! KMS CreateKey: a key in KMS, in a custom key store, or for imported material.

use kms_store::{Caller, CreateKey, KeyOrigin, KeySpec, KeyUsage};
use serde::{Deserialize, Serialize};

use super::{KeyMetadata, shapes};
use crate::protocol::{Object, Operation, Violations};
use crate::{Backend, ServiceError};

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

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let tags = request
            .tags
            .unwrap_or_default()
            .into_iter()
            .map(|Object(tag)| (tag.tag_key.unwrap_or_default(), tag.tag_value.unwrap_or_default()));
        let key = CreateKey {
            origin: request.origin.as_deref().and_then(KeyOrigin::from_name),
            custom_key_store_id: request.custom_key_store_id,
            spec: request.key_spec.as_deref().and_then(KeySpec::from_name),
            customer_master_key_spec: request.customer_master_key_spec.as_deref().and_then(KeySpec::from_name),
            usage: request.key_usage.as_deref().and_then(KeyUsage::from_name),
            description: request.description.unwrap_or_default(),
            policy: request.policy,
            tags: tags.collect(),
            multi_region: request.multi_region.unwrap_or(false),
            bypass_policy_lockout_safety_check: request.bypass_policy_lockout_safety_check.unwrap_or(false),
            xks_key_id: request.xks_key_id,
        };
        Ok(Response { key_metadata: backend.kms().create_key(caller, &key)?.into() })
    }
}
