//! Every exception of every key store operation, and the order of the checks.

use std::time::Duration;

use hsm_sim::fault::FaultKind;
use hsm_sim::{ActiveCluster, Password};
use kms_store::{Caller, ConnectionState, CreateCustomKeyStore, DescribeCustomKeyStores, Page, UpdateCustomKeyStore};

use crate::drill::{Drill, exception};

const NOBODY: &str = "cks-00000000000000000";

#[test]
fn create() {
    let drill = Drill::new();
    let other = drill.other_cluster(2);
    let create = |request: &CreateCustomKeyStore| drill.kms().create_custom_key_store(drill.caller(), request);
    let good = drill.creation("second", &other);

    for password in ["short", "has-dash", "123456789012345678901234567890123"] {
        let request = CreateCustomKeyStore { password: Password::from(password), ..good.clone() };
        let error = create(&request).unwrap_err();
        assert_eq!(error.exception(), "ValidationException");
        assert!(!error.to_string().contains(password));
    }
    let table = [
        (CreateCustomKeyStore { name: "ExampleKeyStore".into(), ..good.clone() }, "CustomKeyStoreNameInUseException"),
        (
            CreateCustomKeyStore { cluster_id: "cluster-unknownabcd".parse().unwrap(), ..good.clone() },
            "CloudHsmClusterNotFoundException",
        ),
        (drill.creation("second", drill.cluster()), "CloudHsmClusterInUseException"),
        (
            CreateCustomKeyStore { trust_anchor: drill.cluster().trust_anchor().into(), ..good.clone() },
            "IncorrectTrustAnchorException",
        ),
        (
            CreateCustomKeyStore { trust_anchor: "no certificate".into(), ..good.clone() },
            "IncorrectTrustAnchorException",
        ),
    ];
    for (request, expected) in table {
        assert_eq!(exception(create(&request)), expected, "{}", request.cluster_id);
    }

    drill.fault(FaultKind::SecurityGroupRuleRemoved { cluster: good.cluster_id.clone() });
    assert_eq!(exception(create(&good)), "CloudHsmClusterInvalidConfigurationException");
    drill.heal();
    let node = drill.cluster().control().cluster(&good.cluster_id).unwrap().nodes[0].id.clone();
    drill.fault(FaultKind::NodeFailed { cluster: good.cluster_id.clone(), node });
    assert_eq!(exception(create(&good)), "CloudHsmClusterInvalidConfigurationException");
    drill.heal();

    let id = create(&good).unwrap();
    assert_eq!(create(&good).as_deref(), Ok(id.as_str()), "the same request finds the same store");
    let renamed = CreateCustomKeyStore { password: Password::from("otherPswd"), ..good.clone() };
    assert_eq!(exception(create(&renamed)), "CustomKeyStoreNameInUseException");
    // Another Region is another world.
    let elsewhere = Caller::internal(hsm_sim::Realm::new("111122223333", "eu-west-1").unwrap());
    assert_eq!(exception(drill.kms().create_custom_key_store(&elsewhere, &good)), "CloudHsmClusterNotFoundException");
}

#[test]
fn create_refuses_clusters_that_are_not_fit() {
    let drill = Drill::new();
    // Related clusters share a backup history, so the copy of a used cluster is in use too.
    let copy = drill.restore(&drill.newest_backup());
    let request = CreateCustomKeyStore { cluster_id: copy, ..drill.creation("second", drill.cluster()) };
    assert_eq!(
        exception(drill.kms().create_custom_key_store(drill.caller(), &request)),
        "CloudHsmClusterInUseException"
    );

    let subnets: Vec<_> = drill.view().cluster.subnets.values().cloned().collect();
    let control = drill.cluster().control();
    let new = control.create_cluster(hsm_sim::control::CreateCluster::new(subnets.clone())).unwrap();
    let request = CreateCustomKeyStore { cluster_id: new.cluster.id, ..drill.creation("third", drill.cluster()) };
    assert_eq!(
        exception(drill.kms().create_custom_key_store(drill.caller(), &request)),
        "CloudHsmClusterNotActiveException"
    );

    let narrow = ActiveCluster::builder().nodes(2).kmsuser("kmsPswd1").subnets(subnets[..1].to_vec());
    let narrow = narrow.build_in(drill.world(), drill.realm()).unwrap();
    let request = drill.creation("fourth", &narrow);
    let error = drill.kms().create_custom_key_store(drill.caller(), &request);
    assert_eq!(exception(error), "CloudHsmClusterInvalidConfigurationException");
}

#[test]
fn quotas_limit_key_stores_only_when_they_are_on() {
    let drill = Drill::new();
    for number in 1..10 {
        let cluster = drill.other_cluster(2);
        drill.kms().create_custom_key_store(drill.caller(), &drill.creation(&number.to_string(), &cluster)).unwrap();
    }
    let eleventh = drill.creation("eleventh", &drill.other_cluster(2));
    drill.settings(|settings| settings.quotas = true);
    assert_eq!(exception(drill.kms().create_custom_key_store(drill.caller(), &eleventh)), "LimitExceededException");
    drill.settings(|settings| settings.quotas = false);
    drill.kms().create_custom_key_store(drill.caller(), &eleventh).unwrap();
}

#[test]
fn describe() {
    let drill = Drill::new();
    let other = drill.other_cluster(2);
    let second = drill.kms().create_custom_key_store(drill.caller(), &drill.creation("second", &other)).unwrap();
    let look = |id: Option<&str>, name: Option<&str>, page: &Page| {
        let request = DescribeCustomKeyStores { id: id.map(str::to_owned), name: name.map(str::to_owned) };
        drill.kms().describe_custom_key_stores(drill.caller(), &request, page)
    };
    assert_eq!(exception(look(Some(NOBODY), None, &Page::ALL)), "CustomKeyStoreNotFoundException");
    assert_eq!(exception(look(Some("nonsense"), None, &Page::ALL)), "CustomKeyStoreNotFoundException");
    assert_eq!(exception(look(None, Some("third"), &Page::ALL)), "CustomKeyStoreNotFoundException");
    assert_eq!(exception(look(Some(&second), Some("second"), &Page::ALL)), "ValidationException");
    let nowhere = Page { limit: 1, after: Some(NOBODY.into()) };
    assert_eq!(exception(look(None, None, &nowhere)), "InvalidMarkerException");

    let first = look(None, None, &Page::first(1)).unwrap();
    assert_eq!((first.items[0].id.as_str(), first.next.as_deref()), (drill.id(), Some(drill.id())));
    let rest = look(None, None, &Page { limit: 1, after: first.next }).unwrap();
    assert_eq!((rest.items[0].id.as_str(), rest.next), (second.as_str(), None));
    assert_eq!(rest.items[0].state, ConnectionState::Disconnected);
    assert_eq!(rest.items[0].trust_anchor, other.trust_anchor());
    let elsewhere = Caller::internal(hsm_sim::Realm::new("999922223333", "us-east-1").unwrap());
    let none = drill.kms().describe_custom_key_stores(&elsewhere, &DescribeCustomKeyStores::default(), &Page::ALL);
    assert!(none.unwrap().items.is_empty());
}

#[test]
fn update() {
    let drill = Drill::new();
    let other = drill.other_cluster(2);
    drill.kms().create_custom_key_store(drill.caller(), &drill.creation("second", &other)).unwrap();
    let update = |request: &UpdateCustomKeyStore| drill.kms().update_custom_key_store(drill.caller(), request);
    let rename = UpdateCustomKeyStore { new_name: Some("renamed".into()), ..drill.update() };
    let password = UpdateCustomKeyStore { password: Some(Password::from("kmsPswd2")), ..drill.update() };

    // Not while CONNECTED (seeds 000 to 003), unless the newest behaviour is wanted, and then the name alone.
    assert_eq!(exception(update(&rename)), "CustomKeyStoreInvalidStateException");
    drill.settings(|settings| settings.newest_behaviour = true);
    let back = UpdateCustomKeyStore { new_name: Some("ExampleKeyStore".into()), ..drill.update() };
    update(&rename).unwrap();
    update(&back).unwrap();
    assert_eq!(exception(update(&password)), "CustomKeyStoreInvalidStateException");
    drill.disconnect();

    let unknown = "cluster-unknownabcd".parse().unwrap();
    let table = [
        (UpdateCustomKeyStore { password: Some(Password::from("bad-one")), ..drill.update() }, "ValidationException"),
        (UpdateCustomKeyStore { id: NOBODY.into(), ..rename.clone() }, "CustomKeyStoreNotFoundException"),
        (
            UpdateCustomKeyStore { new_name: Some("second".into()), ..drill.update() },
            "CustomKeyStoreNameInUseException",
        ),
        (UpdateCustomKeyStore { cluster_id: Some(unknown), ..drill.update() }, "CloudHsmClusterNotFoundException"),
        (
            UpdateCustomKeyStore { cluster_id: Some(other.cluster_id().clone()), ..drill.update() },
            "CloudHsmClusterNotRelatedException",
        ),
    ];
    for (request, expected) in table {
        assert_eq!(exception(update(&request)), expected, "{request:?}");
    }

    // A related cluster must be fit too; names and passwords do not look at the cluster, or nothing could be repaired.
    let copy = drill.restore(&drill.newest_backup());
    let repoint =
        UpdateCustomKeyStore { cluster_id: Some(copy.clone()), new_name: Some("moved".into()), ..drill.update() };
    drill.fault(FaultKind::SecurityGroupRuleRemoved { cluster: copy.clone() });
    assert_eq!(exception(update(&repoint)), "CloudHsmClusterInvalidConfigurationException");
    assert_eq!(drill.describe().unwrap().name, "ExampleKeyStore", "all members or none");
    drill.heal();
    update(&repoint).unwrap();
    assert_eq!(drill.describe().unwrap().cluster_id, copy);
    drill.fault(FaultKind::ClusterDeleted { cluster: copy });
    update(&password).unwrap();
    update(&rename).unwrap();
}

#[test]
fn a_related_cluster_that_is_not_active_is_refused() {
    let drill = Drill::disconnected();
    let subnets: Vec<_> = drill.view().cluster.subnets.values().cloned().collect();
    let request = hsm_sim::control::CreateCluster::new(subnets).restoring(drill.newest_backup());
    let empty = drill.cluster().control().create_cluster(request).unwrap().cluster;
    let request = UpdateCustomKeyStore { cluster_id: Some(empty.id), ..drill.update() };
    let refused = exception(drill.kms().update_custom_key_store(drill.caller(), &request));
    // A cluster restored from a backup may count as active before its first HSM; then the HSMs are what is missing.
    assert!(
        ["CloudHsmClusterNotActiveException", "CloudHsmClusterInvalidConfigurationException"].contains(&refused),
        "{refused}"
    );
}

#[test]
fn connect_and_disconnect() {
    let drill = Drill::new();
    let connect = |id: &str| drill.kms().connect_custom_key_store(drill.caller(), id);
    let disconnect = |id: &str| drill.kms().disconnect_custom_key_store(drill.caller(), id);
    assert_eq!(exception(connect(NOBODY)), "CustomKeyStoreNotFoundException");
    assert_eq!(exception(disconnect(NOBODY)), "CustomKeyStoreNotFoundException");
    connect(drill.id()).expect("connecting a connected store does nothing");

    disconnect(drill.id()).unwrap();
    assert_eq!(drill.describe().unwrap().state, ConnectionState::Disconnecting);
    assert_eq!(exception(connect(drill.id())), "CustomKeyStoreInvalidStateException");
    assert_eq!(exception(disconnect(drill.id())), "CustomKeyStoreInvalidStateException");
    drill.kms().advance(Duration::from_secs(1)).unwrap();
    assert_eq!(exception(disconnect(drill.id())), "CustomKeyStoreInvalidStateException");

    drill.fault(FaultKind::SecurityGroupRuleRemoved { cluster: drill.cluster_id() });
    assert_eq!(exception(connect(drill.id())), "CloudHsmClusterInvalidConfigurationException");
    assert_eq!(drill.describe().unwrap().state, ConnectionState::Disconnected, "a fast failure leaves the state");
    drill.heal();

    connect(drill.id()).unwrap();
    connect(drill.id()).expect("connecting a connecting store does nothing");
    disconnect(drill.id()).expect("a connection can be aborted");
    drill.kms().advance(Duration::from_secs(1)).unwrap();
    assert_eq!(drill.describe().unwrap().state, ConnectionState::Disconnected);
    drill.reconnect();

    drill.disconnect();
    drill.fault(FaultKind::KmsInternalError);
    connect(drill.id()).expect("the procedure meets the error");
    assert_eq!(exception(drill.describe()), "KMSInternalException");
    drill.heal();
    drill.kms().advance(Duration::from_secs(1)).unwrap();
    assert_eq!(drill.describe().unwrap().state, ConnectionState::Failed);
    assert_eq!(exception(connect(drill.id())), "CustomKeyStoreInvalidStateException");
}

#[test]
fn without_delay_connecting_is_done_when_it_returns() {
    let drill = Drill::disconnected();
    drill.settings(|settings| settings.connect_delay = Duration::ZERO);
    drill.kms().connect_custom_key_store(drill.caller(), drill.id()).unwrap();
    assert_eq!(drill.describe().unwrap().state, ConnectionState::Connected);
    drill.kms().disconnect_custom_key_store(drill.caller(), drill.id()).unwrap();
    assert_eq!(drill.describe().unwrap().state, ConnectionState::Disconnected);
}

#[test]
fn delete() {
    let drill = Drill::new();
    let delete = |id: &str| drill.kms().delete_custom_key_store(drill.caller(), id);
    let key = drill.create_key().unwrap();
    assert_eq!(exception(delete(NOBODY)), "CustomKeyStoreNotFoundException");
    assert_eq!(exception(delete(drill.id())), "CustomKeyStoreInvalidStateException");
    drill.disconnect();
    assert_eq!(exception(delete(drill.id())), "CustomKeyStoreHasCMKsException");
    drill.kms().schedule_key_deletion(drill.caller(), &key.arn, Some(7)).unwrap();
    assert_eq!(exception(delete(drill.id())), "CustomKeyStoreHasCMKsException", "scheduled is not deleted");
    drill.kms().advance(Duration::from_secs(7 * 24 * 3_600)).unwrap();
    delete(drill.id()).unwrap();
    assert_eq!(exception(delete(drill.id())), "CustomKeyStoreNotFoundException");
    // Name and cluster are free again; the cluster's password is the one that only KMS knew.
    let again = drill.creation("ExampleKeyStore", drill.cluster());
    drill.kms().create_custom_key_store(drill.caller(), &again).unwrap();
}

#[test]
fn a_failing_store_changes_nothing() {
    let drill = Drill::disconnected();
    drill.fault(FaultKind::StoreFailing);
    let rename = UpdateCustomKeyStore { new_name: Some("renamed".into()), ..drill.update() };
    assert_eq!(exception(drill.kms().update_custom_key_store(drill.caller(), &rename)), "KMSInternalException");
    drill.heal();
    assert_eq!(drill.describe().unwrap().name, "ExampleKeyStore");
    drill.kms().update_custom_key_store(drill.caller(), &rename).unwrap();
}
