//! KMS DescribeKey: all that KMS tells about a key.

use kms_store::Caller;
use serde::{Deserialize, Serialize};

use super::{KeyMetadata, shapes};
use crate::protocol::{Operation, Violations};
use crate::{Backend, ServiceError};

/// What DescribeKey takes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub key_id: Option<String>,
    pub grant_tokens: Option<Vec<String>>,
}

/// What DescribeKey answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    pub key_metadata: KeyMetadata,
}

impl Operation for Request {
    const NAME: &'static str = "DescribeKey";
    type Response = Response;

    fn validate(&self, v: &mut Violations) {
        v.required_text("keyId", self.key_id.as_ref(), &shapes::KEY_ID);
        v.texts("grantTokens", self.grant_tokens.as_ref(), 0, 10, &shapes::GRANT_TOKEN);
    }

    fn call(backend: &Backend, caller: &Caller, request: Self) -> Result<Response, ServiceError> {
        let key = backend.kms().describe_key(caller, request.key_id.as_deref().unwrap_or_default())?;
        Ok(Response { key_metadata: key.into() })
    }
}
