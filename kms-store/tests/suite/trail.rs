//! The audit trail: every call leaves a record; mutations in their own transaction, the rest through files.

use std::time::Duration;

use hsm_sim::SimTime;
use hsm_sim::fault::FaultKind;
use kms_store::{Call, CreateKey, Decrypt, Encrypt, LookupAttribute, LookupEvents, LookupKey, Page, RecordedEvent};
use serde_json::Value;

use crate::drill::{Drill, exception};

const DAY: Duration = Duration::from_secs(24 * 3_600);

fn lookup(drill: &Drill, key: LookupKey, value: &str) -> Vec<RecordedEvent> {
    let attribute = Some(LookupAttribute { key, value: value.to_owned() });
    let request = LookupEvents { attribute, ..LookupEvents::default() };
    drill.kms().lookup_events(drill.caller(), &request, &Page::ALL).unwrap().items
}

fn named(drill: &Drill, name: &str) -> Vec<Value> {
    let events = lookup(drill, LookupKey::EventName, name);
    events.iter().map(|event| serde_json::from_str(&event.document).unwrap()).collect()
}

#[test]
fn records_of_keys() {
    let drill = Drill::new();
    let key = drill.create_key().unwrap();
    let created = &named(&drill, "CreateKey")[0];
    assert_eq!(created["requestParameters"]["customKeyStoreId"], drill.id());
    assert_eq!(created["responseElements"]["keyMetadata"]["arn"], key.arn.as_str());
    assert_eq!(created["resources"][0]["ARN"], key.arn.as_str());
    let backing: Value = serde_json::from_str(created["additionalEventData"]["backingKey"].as_str().unwrap()).unwrap();
    assert!(backing["keyHandle"].as_str().unwrap().parse::<u32>().is_ok());

    let context = [("purpose", "test")].into_iter().collect();
    let request = Encrypt { context, ..Encrypt::new(&key.arn, b"very secret") };
    drill.kms().encrypt(drill.caller(), &request).unwrap();
    let encrypted = &named(&drill, "Encrypt")[0];
    assert_eq!(encrypted["requestParameters"]["encryptionContext"]["purpose"], "test");
    assert_eq!(encrypted["requestParameters"]["encryptionAlgorithm"], "SYMMETRIC_DEFAULT");
    assert_eq!(encrypted["additionalEventData"]["customKeyStoreId"], drill.id());
    assert_eq!(encrypted["responseElements"], Value::Null);
    assert_eq!(encrypted["readOnly"], true);
    assert_eq!(encrypted["userIdentity"]["accessKeyId"], "111122223333");
    assert!(!encrypted.to_string().contains("very secret"));

    assert_eq!(exception(drill.kms().decrypt(drill.caller(), &Decrypt::new(b"garbage"))), "InvalidCiphertextException");
    assert_eq!(named(&drill, "Decrypt")[0]["errorCode"], "InvalidCiphertextException");
    assert_eq!(exception(drill.kms().enable_key(drill.caller(), "nonsense")), "NotFoundException");
    assert_eq!(named(&drill, "EnableKey")[0]["errorMessage"], "Invalid keyId 'nonsense'");
}

#[test]
fn records_of_key_stores() {
    let drill = Drill::disconnected();
    let connected = &named(&drill, "ConnectCustomKeyStore")[0];
    assert_eq!(connected["additionalEventData"]["clusterId"], drill.cluster_id().as_str());
    assert_eq!(connected["additionalEventData"]["customKeyStoreName"], "ExampleKeyStore");
    assert!(connected.get("resources").is_none());
    let created = &named(&drill, "CreateCustomKeyStore")[0];
    assert_eq!(created["responseElements"]["customKeyStoreId"], drill.id());
    assert!(!created.to_string().contains("kmsPswd"));
}

/// Orphaned key material (seed 004): the deletion of the material shows in the service event DeleteKey.
#[test]
fn deletion_of_material() {
    let drill = Drill::new();
    let [deleted, orphaned, own] = [
        drill.create_key().unwrap().arn,
        drill.create_key().unwrap().arn,
        drill.kms().create_key(drill.caller(), &CreateKey::default()).unwrap().arn,
    ];
    drill.kms().schedule_key_deletion(drill.caller(), &deleted, Some(7)).unwrap();
    drill.kms().schedule_key_deletion(drill.caller(), &own, Some(7)).unwrap();
    drill.kms().schedule_key_deletion(drill.caller(), &orphaned, Some(30)).unwrap();
    let scheduled = &named(&drill, "ScheduleKeyDeletion")[0];
    let handle = |event: &Value, field: &str| {
        let text = event["additionalEventData"][field].as_str().unwrap();
        serde_json::from_str::<Value>(text).unwrap()[0].clone()
    };
    drill.kms().advance(DAY * 7).unwrap();
    drill.disconnect();
    drill.kms().advance(DAY * 30).unwrap();

    let events = named(&drill, "DeleteKey");
    let of = |arn: &str| events.iter().find(|event| event["resources"][0]["ARN"] == arn).unwrap();
    for (arn, status) in [(&deleted, "SUCCESS"), (&orphaned, "FAILURE")] {
        let event = of(arn);
        assert_eq!(event["eventType"], "AwsServiceEvent");
        assert_eq!(event["userIdentity"]["invokedBy"], "AWS Internal");
        assert_eq!(event["additionalEventData"]["clusterId"], drill.cluster_id().as_str());
        let reported = handle(event, "backingKeysDeletionStatus");
        assert_eq!(reported["deletionStatus"], status, "{event}");
        assert_eq!(reported["keyHandle"], handle(event, "backingKeys")["keyHandle"]);
    }
    assert_eq!(handle(scheduled, "backingKeys")["keyHandle"], handle(of(&orphaned), "backingKeys")["keyHandle"]);
    assert!(of(&own).get("additionalEventData").is_none());

    // The orphan can be found and deleted by the handle of the event.
    drill.reset_password(&drill.cluster_id(), "tempPassword");
    let client = drill.log_in("tempPassword");
    let reported = handle(of(&orphaned), "backingKeys")["keyHandle"].as_str().unwrap().parse().unwrap();
    assert_eq!(drill.handles(&client, &orphaned), [reported]);
    assert!(client.delete_key(reported).unwrap().iter().all(|node| node.result.is_ok()));
}

#[test]
fn a_deletion_that_not_every_node_heard_is_a_failure() {
    let drill = Drill::new();
    let key = drill.create_key().unwrap().arn;
    drill.kms().schedule_key_deletion(drill.caller(), &key, Some(7)).unwrap();
    let node = drill.nodes()[2].clone();
    drill.fault(FaultKind::NodeDown { cluster: drill.cluster_id(), node });
    drill.kms().advance(DAY * 7).unwrap();
    let event = &named(&drill, "DeleteKey")[0];
    assert!(event["additionalEventData"]["backingKeysDeletionStatus"].as_str().unwrap().contains("FAILURE"));
}

#[test]
fn lookups() {
    let drill = Drill::new();
    let key = drill.create_key().unwrap().arn;
    for _ in 0..5 {
        drill.encrypt(&key, b"x").unwrap();
        drill.kms().advance(Duration::from_secs(1)).unwrap();
        drill.kms().disable_key(drill.caller(), &key).unwrap();
        drill.kms().enable_key(drill.caller(), &key).unwrap();
        drill.kms().advance(Duration::from_secs(1)).unwrap();
    }
    let all = LookupEvents::default();
    let whole = drill.kms().lookup_events(drill.caller(), &all, &Page::ALL).unwrap().items;
    assert!(whole.is_sorted_by_key(|event| std::cmp::Reverse(event.time)), "newest first");
    let mut paged = Vec::new();
    let mut page = Page::first(3);
    loop {
        let part = drill.kms().lookup_events(drill.caller(), &all, &page).unwrap();
        paged.extend(part.items);
        let Some(next) = part.next else { break };
        page.after = Some(next);
    }
    assert_eq!(paged, whole);

    let count = |key, value: &str| lookup(&drill, key, value).len();
    assert_eq!(count(LookupKey::EventName, "Encrypt"), 5);
    assert_eq!(count(LookupKey::EventId, &whole[4].id), 1);
    assert_eq!(count(LookupKey::ResourceName, &key), 16);
    assert_eq!(count(LookupKey::ResourceType, "AWS::KMS::Key"), 16);
    assert_eq!(count(LookupKey::EventSource, "kms.amazonaws.com"), whole.len());
    assert_eq!(count(LookupKey::AccessKeyId, "111122223333"), whole.len());
    assert_eq!(count(LookupKey::Username, "nobody"), 0);
    assert_eq!(count(LookupKey::ReadOnly, "true") + count(LookupKey::ReadOnly, "false"), whole.len());

    let newest = whole[0].time;
    let window = LookupEvents { start: Some(newest), end: Some(newest), attribute: None };
    let within = drill.kms().lookup_events(drill.caller(), &window, &Page::ALL).unwrap().items;
    assert!(!within.is_empty() && within.iter().all(|event| event.time == newest));
    let backwards = LookupEvents { start: Some(newest), end: Some(SimTime::EPOCH), attribute: None };
    assert_eq!(
        exception(drill.kms().lookup_events(drill.caller(), &backwards, &Page::ALL)),
        "InvalidTimeRangeException"
    );
    let nowhere = Page { limit: 1, after: Some("x".into()) };
    assert_eq!(exception(drill.kms().lookup_events(drill.caller(), &all, &nowhere)), "InvalidNextTokenException");

    drill.kms().advance(DAY * 91).unwrap();
    assert_eq!(count(LookupKey::EventName, "Encrypt"), 0, "kept for 90 days");
    assert_eq!(count(LookupKey::EventName, "CreateKey"), 0);
}

#[test]
fn other_services_are_recorded_too() {
    let drill = Drill::new();
    let call = Call::new("cloudhsm.amazonaws.com", "CreateCluster", false).with("hsmType", "hsm1.medium");
    drill.kms().record(drill.caller(), call).unwrap();
    let call = Call::new("cloudhsm.amazonaws.com", "DescribeClusters", true);
    drill.kms().record(drill.caller(), call).unwrap();
    assert_eq!(lookup(&drill, LookupKey::EventSource, "cloudhsm.amazonaws.com").len(), 2);
    assert_eq!(named(&drill, "CreateCluster")[0]["requestParameters"]["hsmType"], "hsm1.medium");
}

#[test]
fn the_writer_brings_records_to_the_disk() {
    let drill = Drill::new();
    let key = drill.create_key().unwrap().arn;
    let writer = drill.kms().start_trail_writer().unwrap();
    drill.encrypt(&key, b"x").unwrap();
    assert_eq!(writer.lost(), 0);
    drop(writer);
    let again = drill.reopened();
    let attribute = Some(LookupAttribute { key: LookupKey::EventName, value: "Encrypt".into() });
    let request = LookupEvents { attribute, ..LookupEvents::default() };
    assert_eq!(again.lookup_events(drill.caller(), &request, &Page::ALL).unwrap().items.len(), 1);
}

#[test]
fn a_rewind_takes_the_records_of_what_it_undid() {
    let drill = Drill::new();
    let key = drill.create_key().unwrap();
    let encrypt = |text: &[u8]| drill.kms().encrypt(drill.caller(), &Encrypt::new(&key.arn, text)).unwrap();
    encrypt(b"before");
    drill.world().snapshots().save("drill").unwrap();
    drill.create_key().unwrap();
    encrypt(b"undone");
    assert_eq!((named(&drill, "CreateKey").len(), named(&drill, "Encrypt").len()), (2, 2));
    drill.world().snapshots().restore("drill").unwrap();
    assert_eq!((named(&drill, "CreateKey").len(), named(&drill, "Encrypt").len()), (1, 1));
    encrypt(b"after");
    assert_eq!(named(&drill, "Encrypt").len(), 2);
    drill.world().snapshots().reset().unwrap();
    assert_eq!((named(&drill, "CreateKey").len(), named(&drill, "Encrypt").len()), (0, 0));
}
