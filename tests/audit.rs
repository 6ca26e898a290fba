//! The trail: every call leaves a record, failed and reading ones too, and no record holds a secret.

use serde_json::{Value, json};

use crate::support::{Http, Sim, until};

/// The records of one event name, newest first; waits until there are `count`, since those of cryptographic calls are written with a delay.
fn records(http: &mut Http, name: &str, count: usize) -> Vec<Value> {
    let mut found = Vec::new();
    until(&format!("{count} {name} in the trail"), || {
        let attribute = json!({ "AttributeKey": "EventName", "AttributeValue": name });
        let events = http.cloudtrail("LookupEvents", &json!({ "LookupAttributes": [attribute] })).ok();
        let events = events["Events"].as_array().expect("a list of events").clone();
        found = events.iter().map(record).collect();
        found.len() >= count
    });
    found
}

/// The record inside an event, after comparing what both say.
fn record(event: &Value) -> Value {
    let record: Value =
        serde_json::from_str(event["CloudTrailEvent"].as_str().expect("a record")).expect("the record is JSON");
    assert_eq!(event["EventName"], record["eventName"], "{event}");
    assert_eq!(event["EventId"], record["eventID"], "{event}");
    assert_eq!(event["EventSource"], record["eventSource"], "{event}");
    assert_eq!(event["ReadOnly"].as_str(), Some(if record["readOnly"] == true { "true" } else { "false" }), "{event}");
    assert!(event["EventTime"].is_number(), "{event}");
    record
}

#[test]
fn key_management_is_recorded() {
    let sim = Sim::new();
    let mut http = sim.http();
    let made = http.kms(
        "CreateKey",
        &json!({ "Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": sim.store(), "Description": "audited" }),
    );
    let request = made.header("x-amzn-requestid").map(str::to_owned);
    let arn = made.ok()["KeyMetadata"]["Arn"].as_str().expect("an ARN").to_owned();
    let created = records(&mut http, "CreateKey", 1)
        .into_iter()
        .find(|record| record["responseElements"]["keyMetadata"]["arn"] == *arn);
    let created = created.expect("the call is in the trail");
    assert_eq!(created["requestID"].as_str(), request.as_deref(), "{created}");
    assert_eq!(created["requestParameters"]["customKeyStoreId"], sim.store(), "{created}");
    assert_eq!(created["resources"][0]["ARN"], *arn, "{created}");
    assert_eq!(created["recipientAccountId"], "111122223333", "{created}");
    let backing = created["additionalEventData"]["backingKey"].as_str().expect("JSON in a string");
    let backing: Value = serde_json::from_str(backing).expect("JSON in a string");
    assert!(backing["keyHandle"].as_str().is_some_and(|handle| handle.parse::<u64>().is_ok()), "{created}");

    http.kms("DisableKey", &json!({ "KeyId": arn })).ok();
    let reply = http.kms("EnableKey", &json!({ "KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab" }));
    assert_eq!(reply.error().as_deref(), Some("NotFoundException"));
    let failed = &records(&mut http, "EnableKey", 1)[0];
    assert_eq!(failed["errorCode"], "NotFoundException", "{failed}");
    assert!(failed["errorMessage"].is_string(), "{failed}");
    let scheduled = http.kms("ScheduleKeyDeletion", &json!({ "KeyId": arn, "PendingWindowInDays": 7 })).ok();
    assert_eq!(scheduled["KeyState"], "PendingDeletion");
    let event = &records(&mut http, "ScheduleKeyDeletion", 1)[0];
    assert_eq!(event["requestParameters"]["pendingWindowInDays"], 7, "{event}");
    assert_eq!(event["additionalEventData"]["clusterId"], sim.cluster(), "{event}");
}

#[test]
fn cryptography_is_recorded_without_its_data() {
    let sim = Sim::new();
    let mut http = sim.http();
    let encrypt =
        json!({ "KeyId": sim.key(), "Plaintext": "VG9wU2VjcmV0", "EncryptionContext": { "purpose": "audit" } });
    let blob = http.kms("Encrypt", &encrypt).ok()["CiphertextBlob"].as_str().expect("a blob").to_owned();
    assert_eq!(
        http.kms("Decrypt", &json!({ "CiphertextBlob": blob })).error().as_deref(),
        Some("InvalidCiphertextException")
    );
    let encrypted = &records(&mut http, "Encrypt", 1)[0];
    assert_eq!(encrypted["readOnly"], true, "{encrypted}");
    assert_eq!(encrypted["requestParameters"]["encryptionContext"]["purpose"], "audit", "the context is in clear");
    assert_eq!(encrypted["responseElements"], Value::Null, "{encrypted}");
    assert_eq!(encrypted["additionalEventData"]["customKeyStoreId"], sim.store(), "{encrypted}");
    let decrypted = &records(&mut http, "Decrypt", 1)[0];
    assert_eq!(decrypted["errorCode"], "InvalidCiphertextException", "{decrypted}");
    let all = http.cloudtrail("LookupEvents", &json!({ "MaxResults": 50 })).ok().to_string();
    for secret in ["VG9wU2VjcmV0", "TopSecret", blob.as_str()] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

#[test]
fn key_stores_are_recorded_without_their_passwords() {
    let sim = Sim::new();
    let mut http = sim.http();
    let store = json!({ "CustomKeyStoreId": sim.store() });
    http.kms("DisconnectCustomKeyStore", &store).ok();
    until("the password is accepted", || {
        http.kms("UpdateCustomKeyStore", &json!({ "CustomKeyStoreId": sim.store(), "KeyStorePassword": "VerySecret1" }))
            .status
            == 200
    });
    let disconnected = &records(&mut http, "DisconnectCustomKeyStore", 1)[0];
    assert_eq!(disconnected["requestParameters"]["customKeyStoreId"], sim.store(), "{disconnected}");
    assert_eq!(disconnected["responseElements"], Value::Null, "{disconnected}");
    assert_eq!(disconnected["additionalEventData"]["clusterId"], sim.cluster(), "{disconnected}");
    records(&mut http, "UpdateCustomKeyStore", 1);
    assert!(!http.cloudtrail("LookupEvents", &json!({})).ok().to_string().contains("VerySecret1"));
}

/// Pages of one, newest first, each event once.
#[test]
fn pages() {
    let sim = Sim::new();
    let mut http = sim.http();
    for _ in 0..5 {
        http.kms("CreateKey", &json!({})).ok();
    }
    let (mut ids, mut times, mut page) = (Vec::new(), Vec::new(), json!({}));
    loop {
        page["LookupAttributes"] = json!([{ "AttributeKey": "EventName", "AttributeValue": "CreateKey" }]);
        page["MaxResults"] = json!(2);
        let found = http.cloudtrail("LookupEvents", &page).ok();
        let events = found["Events"].as_array().expect("a list of events");
        assert!(events.len() <= 2, "{found}");
        ids.extend(events.iter().map(|event| event["EventId"].to_string()));
        times.extend(events.iter().map(|event| event["EventTime"].as_f64().expect("a number")));
        if found["NextToken"].is_null() {
            break;
        }
        page["NextToken"] = found["NextToken"].clone();
    }
    let unique: std::collections::BTreeSet<_> = ids.iter().collect();
    assert!(ids.len() >= 5 && unique.len() == ids.len(), "{ids:?}");
    assert!(times.is_sorted_by(|earlier, later| earlier >= later), "newest first: {times:?}");
}
