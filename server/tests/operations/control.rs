//! The control API.

use hsm_sim::SimTime;
use serde_json::{Value, json};

use crate::common::TestServer;
use crate::{CLOUD_HSM, KMS, Scene, members, text};

/// A GET, POST or DELETE of the control API.
pub(crate) struct Control<'a>(pub(crate) &'a TestServer);

impl Control<'_> {
    #[track_caller]
    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let mut client = self.0.connect();
        client.send(
            format!(
                "{method} /_sim/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .as_bytes(),
        );
        let answer = client.answer().unwrap();
        assert_eq!(answer.header("content-type"), Some("application/json"));
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    #[track_caller]
    pub(crate) fn ok(&self, method: &str, path: &str, body: &str) -> Value {
        let (status, answer) = self.send(method, path, body);
        assert_eq!(status, 200, "{method} {path} {body}: {answer}");
        answer
    }
}

#[test]
fn faults_are_set_listed_and_cleared() {
    let scene = Scene::new();
    let control = Control(&scene.server);
    let key = scene.key();
    let encrypt = || scene.post(KMS, "Encrypt", &json!({ "KeyId": key, "Plaintext": "AAAA" }));
    assert_eq!(control.ok("GET", "health", "")["status"], "ok");
    assert_eq!(control.ok("GET", "faults", ""), json!({ "faults": [] }));
    let cluster = scene.store.cluster().cluster_id().as_str();
    let body = json!({ "kind": "network-cut", "cluster": cluster, "for": "10m" }).to_string();
    let fault = control.ok("POST", "faults", &body);
    assert_eq!(
        members(&fault),
        [
            "call",
            "cluster",
            "code",
            "delay",
            "from",
            "id",
            "kind",
            "node",
            "operation",
            "remaining",
            "since",
            "subnet",
            "until"
        ]
    );
    assert_eq!((&fault["cluster"], &fault["node"]), (&json!(cluster), &Value::Null));
    assert_eq!(control.ok("GET", "faults", ""), json!({ "faults": [fault] }));
    assert_eq!(encrypt().code(), "KMSInvalidStateException");
    control.ok("POST", "clock", r#"{"advance":"11m"}"#);
    assert_eq!(encrypt().status, 200, "the network healed by itself");

    control.ok("POST", "faults", r#"{"kind":"kms-internal-error","count":1}"#);
    let failed = encrypt();
    assert_eq!((failed.code().as_str(), failed.status), ("KMSInternalException", 500));
    assert_eq!(encrypt().status, 200, "the count is used up");

    let fault = control.ok("POST", "faults", r#"{"kind":"store-failing"}"#);
    let answer = scene.post(KMS, "CreateKey", &json!({}));
    assert_eq!((answer.code().as_str(), answer.status), ("KMSInternalException", 500));
    let answer =
        scene.post(CLOUD_HSM, "CreateCluster", &json!({ "HsmType": "hsm1.medium", "SubnetIds": ["subnet-0aaaaaaa1"] }));
    assert_eq!((answer.code().as_str(), answer.status), ("CloudHsmInternalFailureException", 500));
    let path = format!("faults/{}", text(&fault["id"]));
    assert_eq!(control.ok("DELETE", &path, ""), json!({ "cleared": 1 }));
    assert_eq!(control.send("DELETE", &path, "").0, 404);
    scene.kms("CreateKey", json!({}));

    for (body, status) in [
        (r#"{"kind":"network-cut","cluster":"cluster-aaaaaaaaaaa"}"#, 404),
        (r#"{"kind":"network-cut"}"#, 400),
        (r#"{"kind":"earthquake"}"#, 400),
        ("", 400),
    ] {
        assert_eq!(control.send("POST", "faults", body).0, status, "{body}");
    }
    control.ok("POST", "faults", &body);
    assert_eq!(control.ok("DELETE", "faults", ""), json!({ "cleared": 1 }));
}

#[test]
fn operations_are_told_to_fail() {
    let scene = Scene::new();
    let control = Control(&scene.server);
    let told = |body: Value| control.send("POST", "faults", &body.to_string());
    let (status, fault) = told(json!({
        "kind": "operation-failing", "operation": "kms:ListKeys", "code": "ThrottlingException", "call": 2, "count": 1,
    }));
    assert_eq!((status, &fault["call"], &fault["remaining"]), (200, &json!(2), &json!(1)));
    scene.kms("ListKeys", json!({}));
    assert_eq!(scene.error(KMS, "ListKeys", json!({})), ("ThrottlingException".to_owned(), 400));
    assert_eq!(scene.trail("ListKeys").len(), 2);
    scene.kms("ListKeys", json!({}));
    told(json!({ "kind": "operation-failing", "operation": "cloudhsm:CreateHsm", "code": "ServiceUnavailable" }));
    assert_eq!(
        scene
            .error(
                CLOUD_HSM,
                "CreateHsm",
                json!({ "ClusterId": "cluster-igklspoyj5v", "AvailabilityZone": "us-east-1a" })
            )
            .1,
        503
    );
    for (operation, code, named) in [
        ("kms:Encrypted", "ThrottlingException", "there is no operation"),
        ("kms:Encrypt", "CKR_DEVICE_ERROR", "ThrottlingException"),
        ("C_Sing", "CKR_DEVICE_ERROR", "C_SignInit"),
        ("C_Sign", "CKR_NOTHING", "CKR_DEVICE_ERROR"),
        ("CN_LOGIN", "1", "187"),
        ("CN_NOTHING", "187", "CN_LOGIN"),
        ("Encrypt", "ThrottlingException", "kms:Encrypt"),
    ] {
        let (status, answer) = told(json!({ "kind": "operation-failing", "operation": operation, "code": code }));
        assert_eq!(status, 400, "{operation} {code}");
        assert!(text(&answer["message"]).contains(named), "{answer}");
    }
    for operation in ["C_Sign", "C_GetSlotList", "C_GenerateKeyPair", "C_InitPIN"] {
        assert_eq!(
            told(json!({ "kind": "operation-failing", "operation": operation, "code": "CKR_HOST_MEMORY" })).0,
            400
        );
        assert_eq!(
            told(json!({ "kind": "operation-failing", "operation": operation, "code": "CKR_DEVICE_ERROR" })).0,
            200
        );
    }
}

#[test]
fn moving_the_clock_runs_what_is_due() {
    let scene = Scene::new();
    let control = Control(&scene.server);
    let key = scene.key();
    let before = control.ok("GET", "clock", "");
    assert_eq!(members(&before), ["now", "now_millis", "rate"]);
    let millis = before["now_millis"].as_i64().unwrap();
    assert_eq!(before["now"], SimTime::from_millis(millis).to_string());
    scene.kms("ScheduleKeyDeletion", json!({ "KeyId": key, "PendingWindowInDays": 7 }));
    let after = control.ok("POST", "clock", r#"{"advance":"8d"}"#);
    assert_eq!(after["now_millis"], millis + 8 * 86_400_000);
    assert_eq!(scene.error(KMS, "DescribeKey", json!({ "KeyId": key })), ("NotFoundException".to_owned(), 400));
    assert_eq!(scene.trail("DeleteKey").len(), 1);
    let set = json!({ "set": SimTime::from_millis(millis + 9 * 86_400_000).to_string() }).to_string();
    assert_eq!(control.ok("POST", "clock", &set)["now_millis"], millis + 9 * 86_400_000);
    assert_eq!(control.send("POST", "clock", r#"{"set":"2001-01-01T00:00:00Z"}"#).0, 400, "never backwards");
}

#[test]
fn snapshots_and_reset() {
    let scene = Scene::new();
    let control = Control(&scene.server);
    let count = || scene.kms("ListKeys", json!({}))["Keys"].as_array().unwrap().len();
    let key = scene.key();
    let sealed = scene.kms("Encrypt", json!({ "KeyId": key, "Plaintext": "aGVsbG8=" }));
    control.ok("POST", "snapshots/initial", "");
    scene.kms("CreateKey", json!({}));
    control.ok("POST", "snapshots/later", "");
    assert_eq!(control.ok("GET", "snapshots", ""), json!({ "snapshots": ["initial", "later"] }));
    assert_eq!(control.ok("POST", "reset", ""), json!({ "restored": "initial" }));
    assert_eq!(count(), 1);
    let opened = scene.kms("Decrypt", json!({ "CiphertextBlob": sealed["CiphertextBlob"] }));
    assert_eq!(opened["Plaintext"], "aGVsbG8=");
    control.ok("POST", "snapshots/later/restore", "");
    assert_eq!(count(), 2);
    for (method, path) in [("POST", "snapshots/absent/restore"), ("DELETE", "snapshots/absent")] {
        assert_eq!(control.send(method, path, "").0, 404, "{path}");
    }
    for name in ["initial", "later"] {
        control.ok("DELETE", &format!("snapshots/{name}"), "");
    }
    assert_eq!(control.ok("POST", "reset", ""), json!({ "restored": null }));
    assert_eq!(count(), 0);
    assert_eq!(scene.kms("DescribeCustomKeyStores", json!({}))["CustomKeyStores"], json!([]));
}
