//! Every operation over a socket, on a key store that is connected to a three-node cluster in memory.

#![expect(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]

mod cloudhsmv2;
mod cloudtrail;
#[path = "../common/mod.rs"]
mod common;
mod control;
mod description;
mod kms;

use common::{Answer, TestServer};
use kms_store::{ConnectedKeyStore, TestKeyStore};
use serde_json::{Value, json};

pub(crate) const KMS: &str = "TrentService";
pub(crate) const CLOUD_HSM: &str = "BaldrApiService";
pub(crate) const CLOUD_TRAIL: &str = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101";

pub(crate) struct Scene {
    pub(crate) store: ConnectedKeyStore,
    pub(crate) server: TestServer,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let store = TestKeyStore::connected().unwrap();
        let server = TestServer::of(store.kms());
        Self { store, server }
    }

    pub(crate) fn post(&self, service: &str, operation: &str, body: &Value) -> Answer {
        self.server.post(&format!("{service}.{operation}"), body.to_string().as_bytes())
    }

    /// The answer of a call that succeeds; null for an empty body.
    #[track_caller]
    pub(crate) fn ok(&self, service: &str, operation: &str, body: Value) -> Value {
        let answer = self.post(service, operation, &body);
        assert_eq!(answer.status, 200, "{operation} {body}: {}", String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.header("content-type"), Some("application/x-amz-json-1.1"));
        if answer.body.is_empty() { Value::Null } else { serde_json::from_slice(&answer.body).unwrap() }
    }

    #[track_caller]
    pub(crate) fn kms(&self, operation: &str, body: Value) -> Value {
        self.ok(KMS, operation, body)
    }

    #[track_caller]
    pub(crate) fn cloud_hsm(&self, operation: &str, body: Value) -> Value {
        self.ok(CLOUD_HSM, operation, body)
    }

    /// Name and status of a call's error.
    #[track_caller]
    pub(crate) fn error(&self, service: &str, operation: &str, body: Value) -> (String, u16) {
        let answer = self.post(service, operation, &body);
        assert!(answer.status >= 400, "{operation} {body}: {}", String::from_utf8_lossy(&answer.body));
        (answer.code(), answer.status)
    }

    #[track_caller]
    pub(crate) fn key(&self) -> String {
        let made = self.kms("CreateKey", json!({ "Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": self.store.id() }));
        text(&made["KeyMetadata"]["KeyId"])
    }

    #[track_caller]
    pub(crate) fn trail(&self, name: &str) -> Vec<Value> {
        let wanted = json!({ "LookupAttributes": [{ "AttributeKey": "EventName", "AttributeValue": name }] });
        let found = self.ok(CLOUD_TRAIL, "LookupEvents", wanted);
        let events = found["Events"].as_array().unwrap();
        events.iter().map(|event| serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap()).collect()
    }
}

#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no string: {value}")).to_owned()
}

#[track_caller]
pub(crate) fn members(value: &Value) -> Vec<&str> {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    object.keys().map(String::as_str).collect()
}
