//! Every exception of the operations on keys.

use std::time::Duration;

use hsm_sim::fault::FaultKind;
use kms_store::{CreateKey, KeyOrigin, KeySpec, KeyState, KeyUsage, Page};

use crate::drill::{Drill, exception};

const DAY: Duration = Duration::from_secs(24 * 3_600);
const NO_KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

#[test]
fn create() {
    let drill = Drill::new();
    let id = drill.id().to_owned();
    let create = |request: &CreateKey| drill.kms().create_key(drill.caller(), request);
    let in_store = CreateKey::in_store(&id);
    let own = CreateKey::default();
    let tag = |key: &str| vec![(key.to_owned(), String::new())];
    let many = (0..51).map(|number| (number.to_string(), String::new())).collect();
    let twice = [tag("a"), tag("a")].concat();
    let table = [
        (CreateKey { custom_key_store_id: None, ..in_store.clone() }, "ValidationException"),
        (CreateKey { custom_key_store_id: Some(id.clone()), ..own.clone() }, "ValidationException"),
        (CreateKey { xks_key_id: Some("x".into()), ..own.clone() }, "ValidationException"),
        (
            CreateKey {
                spec: Some(KeySpec::SymmetricDefault),
                customer_master_key_spec: Some(KeySpec::SymmetricDefault),
                ..own.clone()
            },
            "ValidationException",
        ),
        (CreateKey { spec: Some(KeySpec::Rsa2048), ..own.clone() }, "ValidationException"),
        (
            CreateKey { spec: Some(KeySpec::Rsa2048), usage: Some(KeyUsage::SignVerify), ..own.clone() },
            "UnsupportedOperationException",
        ),
        (CreateKey { usage: Some(KeyUsage::SignVerify), ..own.clone() }, "ValidationException"),
        (CreateKey { origin: Some(KeyOrigin::External), ..own.clone() }, "UnsupportedOperationException"),
        (CreateKey { origin: Some(KeyOrigin::ExternalKeyStore), ..in_store.clone() }, "UnsupportedOperationException"),
        (CreateKey { spec: Some(KeySpec::Rsa2048), ..in_store.clone() }, "UnsupportedOperationException"),
        (CreateKey { usage: Some(KeyUsage::SignVerify), ..in_store.clone() }, "UnsupportedOperationException"),
        (CreateKey { multi_region: true, ..in_store.clone() }, "UnsupportedOperationException"),
        (CreateKey { tags: twice, ..own.clone() }, "TagException"),
        (CreateKey { tags: tag("aws:x"), ..own.clone() }, "TagException"),
        (CreateKey { tags: many, ..own.clone() }, "TagException"),
        (CreateKey { policy: Some("[]".into()), ..own.clone() }, "MalformedPolicyDocumentException"),
        (CreateKey { policy: Some("x".repeat(40_000)), ..own.clone() }, "LimitExceededException"),
        (CreateKey::in_store("cks-00000000000000000"), "CustomKeyStoreNotFoundException"),
    ];
    for (request, expected) in table {
        assert_eq!(exception(create(&request)), expected, "{request:?}");
    }

    drill.fault(FaultKind::KmsInternalError);
    assert_eq!(exception(create(&own)), "KMSInternalException");
    drill.heal();
    drill.fault(FaultKind::NetworkCut { cluster: drill.cluster_id() });
    assert_eq!(exception(create(&in_store)), "CustomKeyStoreInvalidStateException");
    drill.heal();
    for node in &drill.nodes()[1..] {
        drill.fault(FaultKind::NodeFailed { cluster: drill.cluster_id(), node: node.clone() });
    }
    assert_eq!(exception(create(&in_store)), "CloudHsmClusterInvalidConfigurationException");
    drill.heal();
    drill.disconnect();
    assert_eq!(exception(create(&in_store)), "CustomKeyStoreInvalidStateException");
    // Nothing of all that left a key behind.
    assert!(drill.kms().list_keys(drill.caller(), &Page::ALL).unwrap().items.is_empty());
    drill.kms().delete_custom_key_store(drill.caller(), &id).unwrap();
}

#[test]
fn metadata() {
    let drill = Drill::new();
    let key = drill.create_key().unwrap();
    assert_eq!((key.origin, key.state, key.material_id.as_ref()), (KeyOrigin::AwsCloudHsm, KeyState::Enabled, None));
    assert_eq!(
        (key.custom_key_store_id.as_deref(), key.cluster_id.as_ref()),
        (Some(drill.id()), Some(&drill.cluster_id()))
    );
    assert_eq!(drill.kms().describe_key(drill.caller(), &key.key_id.to_string()).unwrap(), key);

    let request = CreateKey { description: "mine".into(), ..CreateKey::default() };
    let own = drill.kms().create_key(drill.caller(), &request).unwrap();
    assert_eq!((own.origin, own.description.as_str(), own.custom_key_store_id), (KeyOrigin::AwsKms, "mine", None));
    assert_eq!(own.material_id.map(|id| id.len()), Some(64));
}

#[test]
fn names_that_lead_nowhere() {
    let drill = Drill::new();
    let describe = |id: &str| exception(drill.kms().describe_key(drill.caller(), id));
    assert_eq!(describe("fake-key-id"), "NotFoundException");
    assert_eq!(describe(NO_KEY), "NotFoundException");
    assert_eq!(describe("alias/none"), "NotFoundException");
    assert_eq!(describe("arn:aws:kms"), "InvalidArnException");
    let arn = drill.create_key().unwrap().arn;
    assert_eq!(describe(&arn.replace("us-east-1", "us-west-2")), "NotFoundException");
    assert_eq!(describe(&arn.replace("111122223333", "999922223333")), "NotFoundException");

    // Operations on keys take no aliases.
    drill.kms().create_alias(drill.caller(), "alias/a", &arn).unwrap();
    let alias_arn = "arn:aws:kms:us-east-1:111122223333:alias/a";
    for (id, expected) in
        [(NO_KEY, "NotFoundException"), ("alias/a", "NotFoundException"), (alias_arn, "InvalidArnException")]
    {
        assert_eq!(exception(drill.kms().enable_key(drill.caller(), id)), expected);
        assert_eq!(exception(drill.kms().disable_key(drill.caller(), id)), expected);
        assert_eq!(exception(drill.kms().schedule_key_deletion(drill.caller(), id, None)), expected);
        assert_eq!(exception(drill.kms().cancel_key_deletion(drill.caller(), id)), expected);
    }
}

#[test]
fn states_and_operations() {
    let drill = Drill::new();
    let key = drill.create_key().unwrap().arn;
    let (kms, caller) = (drill.kms(), drill.caller());
    assert_eq!(exception(kms.cancel_key_deletion(caller, &key)), "KMSInvalidStateException");

    kms.disable_key(caller, &key).unwrap();
    kms.disable_key(caller, &key).expect("idempotent");
    assert_eq!(exception(drill.encrypt(&key, b"x")), "DisabledException");
    kms.enable_key(caller, &key).unwrap();

    for days in [0, 6, 31, 365] {
        let error = kms.schedule_key_deletion(caller, &key, Some(days)).unwrap_err();
        assert_eq!(error.exception(), "ValidationException");
        assert!(error.to_string().contains(&format!("Value '{days}' at 'pendingWindowInDays'")), "{error}");
    }
    let scheduled = kms.schedule_key_deletion(caller, &key, Some(7)).unwrap();
    assert_eq!((scheduled.arn.as_str(), scheduled.window_days), (key.as_str(), 7));
    assert_eq!(drill.key_state(&key), KeyState::PendingDeletion);
    assert_eq!(kms.describe_key(caller, &key).unwrap().deletion_date, Some(scheduled.deletion_date));
    assert_eq!(exception(drill.encrypt(&key, b"x")), "KMSInvalidStateException");
    assert_eq!(exception(kms.enable_key(caller, &key)), "KMSInvalidStateException");
    assert_eq!(exception(kms.disable_key(caller, &key)), "KMSInvalidStateException");
    assert_eq!(exception(kms.schedule_key_deletion(caller, &key, None)), "KMSInvalidStateException");
    assert_eq!(exception(kms.create_alias(caller, "alias/a", &key)), "KMSInvalidStateException");

    drill.disconnect();
    assert_eq!(drill.key_state(&key), KeyState::PendingDeletion, "PendingDeletion wins over Unavailable");
    assert_eq!(kms.cancel_key_deletion(caller, &key).as_deref(), Ok(key.as_str()));
    assert_eq!(drill.key_state(&key), KeyState::Unavailable);
    kms.advance(DAY * 31).unwrap();
    drill.reconnect();
    assert_eq!(drill.key_state(&key), KeyState::Disabled);
}

#[test]
fn lists_have_pages() {
    let drill = Drill::new();
    let mut made: Vec<String> = (0..3).map(|_| drill.create_key().unwrap().key_id.to_string()).collect();
    made.sort();
    let list = |page: &Page| drill.kms().list_keys(drill.caller(), page);
    let first = list(&Page::first(2)).unwrap();
    assert_eq!(first.items.iter().map(|key| key.id.to_string()).collect::<Vec<_>>(), made[..2]);
    let rest = list(&Page { limit: 2, after: first.next }).unwrap();
    assert_eq!((rest.items[0].id.to_string(), rest.next), (made[2].clone(), None));
    assert_eq!(list(&Page::first(3)).unwrap().next, None);
    assert_eq!(exception(list(&Page { limit: 1, after: Some("x".into()) })), "InvalidMarkerException");
}

#[test]
fn deletion_takes_everything_with_it() {
    let drill = Drill::new();
    let (kms, caller) = (drill.kms(), drill.caller());
    let own = kms.create_key(caller, &CreateKey::default()).unwrap().arn;
    let hsm = drill.create_key().unwrap().arn;
    for (alias, key) in [("alias/own", &own), ("alias/hsm", &hsm)] {
        kms.create_alias(caller, alias, key).unwrap();
        kms.schedule_key_deletion(caller, key, None).unwrap();
    }
    kms.advance(DAY * 29).unwrap();
    assert_eq!(drill.key_state(&own), KeyState::PendingDeletion);
    kms.advance(DAY).unwrap();
    for name in [own.as_str(), hsm.as_str(), "alias/own", "alias/hsm"] {
        assert_eq!(exception(kms.describe_key(caller, name)), "NotFoundException", "{name}");
    }
    assert!(kms.list_keys(caller, &Page::ALL).unwrap().items.is_empty());
    // Nothing is left in the HSMs.
    drill.disconnect();
    drill.reset_password(&drill.cluster_id(), "tempPassword");
    let client = drill.log_in("tempPassword");
    assert!(drill.handles(&client, &hsm).is_empty());
}
