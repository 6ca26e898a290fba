//! Eventual consistency, when it is switched on: new keys, aliases and store edits show late (seed 002).

use std::time::Duration;

use kms_store::{CreateKey, KeyState, Page, UpdateCustomKeyStore};

use crate::drill::{Drill, exception};

#[test]
fn edits_show_late() {
    let drill = Drill::disconnected();
    let (kms, caller) = (drill.kms(), drill.caller());
    let old = kms.create_key(caller, &CreateKey::default()).unwrap().arn;
    kms.create_alias(caller, "alias/old", &old).unwrap();
    drill.settings(|settings| settings.consistency_delay = Duration::from_secs(5));

    let new = kms.create_key(caller, &CreateKey::default()).unwrap();
    assert_eq!(new.state, KeyState::Enabled);
    kms.create_alias(caller, "alias/late", &old).unwrap();
    let rename = UpdateCustomKeyStore { new_name: Some("renamed".into()), ..drill.update() };
    kms.update_custom_key_store(caller, &rename).unwrap();
    let second = kms.create_custom_key_store(caller, &drill.creation("second", &drill.other_cluster(2))).unwrap();
    let find_second = || {
        let request = kms_store::DescribeCustomKeyStores::by_id(&second);
        kms.describe_custom_key_stores(caller, &request, &Page::ALL)
    };

    assert_eq!(exception(kms.describe_key(caller, &new.arn)), "NotFoundException");
    assert_eq!(exception(kms.describe_key(caller, "alias/late")), "NotFoundException");
    assert_eq!(kms.list_keys(caller, &Page::ALL).unwrap().items.len(), 1);
    assert_eq!(drill.describe().unwrap().name, "ExampleKeyStore");
    assert_eq!(exception(find_second()), "CustomKeyStoreNotFoundException");

    kms.advance(Duration::from_secs(5)).unwrap();
    kms.describe_key(caller, &new.arn).unwrap();
    kms.describe_key(caller, "alias/late").unwrap();
    assert_eq!(drill.describe().unwrap().name, "renamed");
    find_second().unwrap();

    kms.update_alias(caller, "alias/old", &new.arn).unwrap();
    assert_eq!(kms.describe_key(caller, "alias/old").unwrap().arn, old);
    kms.advance(Duration::from_secs(5)).unwrap();
    assert_eq!(kms.describe_key(caller, "alias/old").unwrap().arn, new.arn);
}
