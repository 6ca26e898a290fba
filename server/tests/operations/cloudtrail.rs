//! The audit trail.

use serde_json::{Value, json};

use crate::{CLOUD_HSM, CLOUD_TRAIL, KMS, Scene};

#[test]
fn calls_leave_records() {
    let scene = Scene::new();
    let active = scene.store.cluster().cluster_id().as_str().to_owned();
    let made = scene.cloud_hsm("CreateCluster", json!({ "HsmType": "hsm1.medium", "SubnetIds": ["subnet-0aaaaaaa1"] }));
    scene.error(CLOUD_HSM, "DeleteCluster", json!({ "ClusterId": active }));
    scene.error(CLOUD_HSM, "DeleteHsm", json!({ "ClusterId": "nonsense" }));
    scene.error(KMS, "CreateKey", json!({ "Origin": "NOWHERE" }));
    scene.cloud_hsm("DescribeClusters", json!({}));

    let [created] = scene.trail("CreateCluster").try_into().unwrap();
    let created: Value = created;
    assert_eq!(created["eventSource"], "cloudhsm.amazonaws.com");
    assert_eq!(created["requestParameters"], json!({ "hsmType": "hsm1.medium", "subnetIds": ["subnet-0aaaaaaa1"] }));
    assert_eq!(created["responseElements"]["cluster"]["clusterId"], made["Cluster"]["ClusterId"]);
    assert_eq!(created["userIdentity"]["accountId"], "111122223333");
    for (name, error, read_only) in [
        ("DeleteCluster", json!("CloudHsmInvalidRequestException"), false),
        ("DeleteHsm", json!("CloudHsmInvalidRequestException"), false),
        ("CreateKey", json!("ValidationException"), false),
        ("DescribeClusters", Value::Null, true),
    ] {
        let records = scene.trail(name);
        assert_eq!(records.len(), 1, "{name}: {records:?}");
        assert_eq!((&records[0]["errorCode"], &records[0]["readOnly"]), (&error, &json!(read_only)), "{name}");
    }

    let (mut seen, mut token) = (0, Value::Null);
    loop {
        let page = scene.ok(CLOUD_TRAIL, "LookupEvents", json!({ "MaxResults": 2, "NextToken": token }));
        seen += page["Events"].as_array().unwrap().len();
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert!(seen >= 7, "the key store's own events too: {seen}");
    assert_eq!(
        scene.error(CLOUD_TRAIL, "LookupEvents", json!({ "NextToken": "garbage" })),
        ("InvalidNextTokenException".to_owned(), 400)
    );
}
