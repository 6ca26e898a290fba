//! How to delete orphaned key material (seed 004).

use serde_json::Value;

use crate::support::{Aws, Client, Sim, both_clients, text};

both_clients!(orphaned_material, material_deleted_in_time);

/// The waiting period ends while the store is disconnected: KMS cannot delete the material and says so in the trail.
fn orphaned_material(client: Client) {
    let sim = Sim::for_client(client);
    let aws = sim.aws(client);
    let store = sim.store();
    let key = aws.create_key(store);
    let scheduled = aws.json(&["kms", "schedule-key-deletion", "--key-id", &key, "--pending-window-in-days", "30"]);
    assert_eq!(
        (&scheduled["KeyId"], &scheduled["KeyState"]),
        (&key.clone().into(), &"PendingDeletion".into()),
        "{scheduled}"
    );
    assert_eq!(scheduled["PendingWindowInDays"], 30, "{scheduled}");
    aws.disconnect(store);
    sim.clock_advance("29d");
    aws.assert_key_state(&key, "PendingDeletion");
    sim.clock_advance("1d");
    aws.fails(&["kms", "describe-key", "--key-id", &key], "NotFoundException");

    let event = delete_key_event(&aws, &key);
    assert_eq!(event["eventType"], "AwsServiceEvent", "{event}");
    let details = &event["additionalEventData"];
    assert_eq!(details["customKeyStoreId"], *store, "{event}");
    assert_eq!(details["clusterId"], *sim.cluster(), "{event}");
    let status = backing_keys(details, "backingKeysDeletionStatus");
    assert_eq!(status["deletionStatus"], "FAILURE", "{event}");
    let handle = text(&status, &["keyHandle"]);
    assert_eq!(backing_keys(details, "backingKeys")["keyHandle"], *handle, "{event}");

    // The handle leads to the material, with the key's ARN as its label.
    sim.set_kmsuser_password("tempPassword");
    assert_eq!(sim.handle_of("tempPassword", &key), handle);
    sim.delete_material("tempPassword", &handle);
    sim.as_kmsuser("tempPassword", &format!("findKey -l {key}")).ok().has("Total number of keys present 0");
    let gone = sim.as_kmsuser("tempPassword", &format!("deleteKey -k {handle}")).failed();
    gone.has("0xa8 : HSM Error: Invalid object handle is passed to this operation");
    aws.tell_password(store, "tempPassword");
    aws.connect_ok(store);
    aws.assert_key_state(sim.key(), "Enabled");
}

/// The store stays connected, so that the material goes with the key.
fn material_deleted_in_time(client: Client) {
    let sim = Sim::for_client(client);
    let aws = sim.aws(client);
    let key = aws.create_key(sim.store());
    aws.json(&["kms", "schedule-key-deletion", "--key-id", &key, "--pending-window-in-days", "7"]);
    sim.clock_advance("7d");
    aws.fails(&["kms", "describe-key", "--key-id", &key], "NotFoundException");
    let event = delete_key_event(&aws, &key);
    assert_eq!(
        backing_keys(&event["additionalEventData"], "backingKeysDeletionStatus")["deletionStatus"],
        "SUCCESS",
        "{event}"
    );
    aws.disconnect(sim.store());
    sim.set_kmsuser_password("tempPassword");
    sim.as_kmsuser("tempPassword", &format!("findKey -l {key}")).ok().has("Total number of keys present 0");
}

/// The record of the one DeleteKey event about a key.
fn delete_key_event(aws: &Aws<'_>, key: &str) -> Value {
    let found = aws.json(&[
        "cloudtrail",
        "lookup-events",
        "--lookup-attributes",
        "AttributeKey=EventName,AttributeValue=DeleteKey",
    ]);
    let events = found["Events"].as_array().unwrap_or_else(|| panic!("no Events in {found}"));
    let records: Vec<Value> = events
        .iter()
        .map(|event| {
            serde_json::from_str(event["CloudTrailEvent"].as_str().expect("a record")).expect("the record is JSON")
        })
        .filter(|record: &Value| record["resources"][0]["ARN"] == *key)
        .collect();
    assert_eq!(records.len(), 1, "{found}");
    records[0].clone()
}

/// The single entry of a list that the trail carries as JSON in a string.
fn backing_keys(details: &Value, name: &str) -> Value {
    let list: Value = serde_json::from_str(&text(details, &[name])).expect("a list as JSON in a string");
    assert_eq!(list.as_array().map(Vec::len), Some(1), "{list}");
    list[0].clone()
}
