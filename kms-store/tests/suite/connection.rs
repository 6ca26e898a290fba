//! The connection procedure: every `ConnectionErrorCode` by its real cause, the rotation, and what stays afterwards.

use std::time::Duration;

use hsm_sim::fault::{FaultKind, FaultSpec};
use hsm_sim::user::LoginType;
use hsm_sim::{HsmError, Password};
use kms_store::{ConnectionErrorCode as Code, ConnectionState, KeyState};

use crate::drill::{Drill, exception};

#[test]
fn causes_of_the_network_and_the_cluster() {
    let drill = Drill::disconnected();
    let cluster = drill.cluster_id();
    let subnet = drill.view().cluster.subnets.values().next().unwrap().clone();
    let table = [
        (FaultKind::ClusterDeleted { cluster: cluster.clone() }, Code::ClusterNotFound),
        (FaultKind::SubnetRemoved { subnet: subnet.clone() }, Code::SubnetNotFound),
        (FaultKind::SubnetFull { subnet }, Code::InsufficientFreeAddressesInSubnet),
        (FaultKind::NetworkCut { cluster }, Code::NetworkErrors),
    ];
    for (kind, code) in table {
        drill.fault(kind.clone());
        assert_eq!(drill.try_connect(), (ConnectionState::Failed, Some(code)), "{}", kind.name());
        drill.heal();
        drill.disconnect();
        assert_eq!(drill.describe().unwrap().error, Some(code), "the code survives the disconnect (seed 004)");
    }
    drill.reconnect();
    drill.disconnect();
    assert_eq!(drill.describe().unwrap().error, None, "an accepted connect forgets it");
}

#[test]
fn an_internal_error_when_connecting_shows_as_the_code() {
    let drill = Drill::disconnected();
    let once = FaultSpec::new(FaultKind::KmsInternalError).times(1);
    drill.world().faults().set(&once).unwrap();
    assert_eq!(drill.try_connect(), (ConnectionState::Failed, Some(Code::InternalError)));
    assert_eq!(drill.world().faults().list().unwrap(), [], "one call, one count");
}

#[test]
fn no_active_hsm() {
    let drill = Drill::disconnected();
    for node in drill.nodes() {
        drill.fault(FaultKind::NodeFailed { cluster: drill.cluster_id(), node });
    }
    assert_eq!(drill.try_connect().1, Some(Code::InsufficientCloudHsmHsms));
    drill.heal();
    drill.disconnect();
    // Nodes that are down look active; nobody answers.
    for node in drill.nodes() {
        drill.fault(FaultKind::NodeDown { cluster: drill.cluster_id(), node });
    }
    assert_eq!(drill.try_connect().1, Some(Code::NetworkErrors));
    drill.heal();
    drill.disconnect();
    drill.delete_all_hsms();
    assert_eq!(drill.try_connect().1, Some(Code::InsufficientCloudHsmHsms));
}

#[test]
fn wrong_password_then_repaired_as_in_the_seed() {
    let drill = Drill::disconnected();
    drill.update_password("wrongPassword");
    assert_eq!(drill.try_connect(), (ConnectionState::Failed, Some(Code::InvalidCredentials)));
    drill.disconnect();
    drill.reset_password(&drill.cluster_id(), "tempPassword");
    drill.update_password("tempPassword");
    drill.reconnect();
}

#[test]
fn five_wrong_passwords_lock_the_account() {
    let drill = Drill::disconnected();
    drill.update_password("wrongPassword");
    for attempt in 1..=5 {
        assert_eq!(drill.try_connect().1, Some(Code::InvalidCredentials), "attempt {attempt}");
        drill.disconnect();
    }
    assert_eq!(drill.try_connect().1, Some(Code::UserLockedOut));
    drill.disconnect();
    drill.reset_password(&drill.cluster_id(), "tempPassword");
    drill.update_password("tempPassword");
    drill.reconnect();
}

#[test]
fn kmsuser_logged_in_elsewhere() {
    let drill = Drill::disconnected();
    drill.reset_password(&drill.cluster_id(), "tempPassword");
    drill.update_password("tempPassword");
    let client = drill.log_in("tempPassword");
    assert_eq!(drill.try_connect().1, Some(Code::UserLoggedIn));
    drop(client);
    drill.disconnect();
    drill.reconnect();
}

#[test]
fn kmsuser_missing_on_one_hsm() {
    let drill = Drill::disconnected();
    let mut officer = drill.officer(&drill.cluster_id());
    assert!(officer.select(Some(1)));
    officer.delete_user(LoginType::Cu, "kmsuser").unwrap();
    assert_eq!(drill.try_connect().1, Some(Code::UserNotFound));
}

#[test]
fn each_connect_rotates_the_password() {
    let drill = Drill::disconnected();
    drill.reset_password(&drill.cluster_id(), "tempPassword");
    drill.update_password("tempPassword");
    drill.reconnect();
    drill.disconnect();
    let mut client = drill.world().client(&drill.cluster_id(), hsm_sim::fault::ClientClass::Tools).unwrap();
    let logins = client.login("kmsuser", &Password::from("tempPassword"));
    let refused = logins.map_or(true, |nodes| nodes.iter().all(|node| node.result == Err(HsmError::LoginFailure)));
    assert!(refused, "only KMS knows the password");
    drill.reconnect();
}

#[test]
fn while_connected_nobody_else_is_kmsuser() {
    let drill = Drill::new();
    let mut officer = drill.officer(&drill.cluster_id());
    let changed = officer.change_password(LoginType::Cu, "kmsuser", &Password::from("tempPassword")).unwrap();
    assert!(changed.iter().all(|node| node.result == Err(HsmError::UserLoggedIn)), "{changed:?}");
    drill.disconnect();
    let changed = officer.change_password(LoginType::Cu, "kmsuser", &Password::from("tempPassword")).unwrap();
    assert!(changed.iter().all(|node| node.result.is_ok()));
}

#[test]
fn a_password_changed_on_one_node_only_shows_and_is_repaired() {
    let drill = Drill::disconnected();
    let mut officer = drill.officer(&drill.cluster_id());
    officer.select(Some(0));
    officer.change_password(LoginType::Cu, "kmsuser", &Password::from("tempPassword")).unwrap();
    drill.update_password("tempPassword");
    assert_eq!(drill.try_connect().1, Some(Code::InvalidCredentials));
    drill.disconnect();
    officer.select(None);
    officer.change_password(LoginType::Cu, "kmsuser", &Password::from("tempPassword")).unwrap();
    drill.reconnect();
}

#[test]
fn a_node_that_missed_the_rotation_is_divergent_until_it_is_repaired() {
    let drill = Drill::disconnected();
    let key = {
        drill.reconnect();
        drill.create_key().unwrap().arn
    };
    drill.disconnect();
    let node = drill.nodes()[1].clone();
    drill.fault(FaultKind::NodeDown { cluster: drill.cluster_id(), node });
    drill.reconnect();
    drill.heal();
    drill.encrypt(&key, b"x").expect("the others serve");
    drill.disconnect();
    assert_eq!(drill.try_connect().1, Some(Code::InvalidCredentials));
    drill.disconnect();
    drill.reset_password(&drill.cluster_id(), "tempPassword");
    drill.update_password("tempPassword");
    drill.reconnect();
}

#[test]
fn connected_is_sticky_and_the_last_hsm_can_be_replaced() {
    let drill = Drill::new();
    let key = drill.create_key().unwrap().arn;
    let ciphertext = drill.encrypt(&key, b"plain").unwrap();
    drill.delete_all_hsms();
    assert_eq!(exception(drill.decrypt(&ciphertext)), "KMSInvalidStateException");
    assert_eq!(drill.describe().unwrap().state, ConnectionState::Connected);
    assert_eq!(drill.key_state(&key), KeyState::Enabled);
    drill.kms().advance(drill.audit_period() * 2).unwrap();
    assert_eq!(drill.key_state(&key), KeyState::Enabled, "no node answered, so nothing is known");
    let zone = &drill.realm().zones()[0];
    drill.cluster().control().create_hsm(&drill.cluster_id(), zone, None).unwrap();
    assert_eq!(drill.decrypt(&ciphertext).unwrap(), b"plain", "KMS logs in again by itself");
}

#[test]
fn a_network_fault_may_heal_by_itself() {
    let drill = Drill::new();
    let key = drill.create_key().unwrap().arn;
    let cut = FaultKind::NetworkCut { cluster: drill.cluster_id() };
    let spec = FaultSpec::new(cut).lasting(Duration::from_secs(600));
    drill.world().faults().set(&spec).unwrap();
    let error = drill.encrypt(&key, b"x").unwrap_err();
    assert_eq!(error.to_string(), "KMS cannot communicate with your CloudHSM cluster");
    drill.kms().advance(Duration::from_secs(600)).unwrap();
    drill.encrypt(&key, b"x").unwrap();
}

#[test]
fn a_disconnect_hides_keys_and_a_reconnect_restores_them() {
    let drill = Drill::new();
    let (enabled, disabled) = (drill.create_key().unwrap().arn, drill.create_key().unwrap().arn);
    drill.kms().disable_key(drill.caller(), &disabled).unwrap();
    drill.disconnect();
    assert_eq!((drill.key_state(&enabled), drill.key_state(&disabled)), (KeyState::Unavailable, KeyState::Unavailable));
    assert_eq!(exception(drill.encrypt(&disabled, b"x")), "KMSInvalidStateException");
    // What is changed meanwhile shows afterwards.
    drill.kms().disable_key(drill.caller(), &enabled).unwrap();
    drill.kms().enable_key(drill.caller(), &disabled).unwrap();
    drill.reconnect();
    assert_eq!((drill.key_state(&enabled), drill.key_state(&disabled)), (KeyState::Disabled, KeyState::Enabled));
}

#[test]
fn a_restarted_service_goes_on() {
    let drill = Drill::new();
    let key = drill.create_key().unwrap().arn;
    let ciphertext = drill.encrypt(&key, b"plain").unwrap();
    let again = drill.reopened();
    let opened = again.decrypt(drill.caller(), &kms_store::Decrypt::new(&ciphertext)).unwrap();
    assert_eq!(opened.plaintext.expose(), b"plain");
}

#[test]
fn cryptography_needs_one_hsm_that_answers() {
    let drill = Drill::new();
    let key = drill.create_key().unwrap().arn;
    let ciphertext = drill.encrypt(&key, b"plain").unwrap();
    let cluster = drill.cluster_id();
    let each = |fault: fn(hsm_sim::ClusterId, hsm_sim::NodeId) -> FaultKind| {
        drill.nodes().into_iter().map(|node| fault(cluster.clone(), node)).collect::<Vec<_>>()
    };
    let table = [
        vec![FaultKind::ClusterDeleted { cluster: cluster.clone() }],
        vec![FaultKind::NetworkCut { cluster: cluster.clone() }],
        vec![FaultKind::SecurityGroupRuleRemoved { cluster: cluster.clone() }],
        each(|cluster, node| FaultKind::NodeDown { cluster, node }),
        each(|cluster, node| FaultKind::NodeFailed { cluster, node }),
        each(|cluster, node| FaultKind::NodeRemoved { cluster, node }),
    ];
    for faults in table {
        let name = faults[0].name();
        let spared = faults.len() - 1;
        for (number, fault) in faults.into_iter().enumerate() {
            if number == spared && number > 0 {
                assert_eq!(drill.decrypt(&ciphertext).unwrap(), b"plain", "{name}: one node is left");
            }
            drill.fault(fault);
        }
        let error = drill.decrypt(&ciphertext).unwrap_err();
        assert_eq!(error.to_string(), "KMS cannot communicate with your CloudHSM cluster", "{name}");
        assert_eq!(error.exception(), "KMSInvalidStateException");
        assert_eq!(drill.describe().unwrap().state, ConnectionState::Connected, "{name}");
        assert_eq!(drill.key_state(&key), KeyState::Enabled, "{name}");
        drill.heal();
        assert_eq!(drill.decrypt(&ciphertext).unwrap(), b"plain", "{name}");
    }
}

#[test]
fn many_threads_at_once() {
    let drill = Drill::new();
    let keys: Vec<String> = (0..4).map(|_| drill.create_key().unwrap().arn).collect();
    std::thread::scope(|scope| {
        for key in &keys {
            let drill = &drill;
            scope.spawn(move || {
                for round in 0..50_u32 {
                    let plaintext = round.to_be_bytes();
                    let ciphertext = drill.encrypt(key, &plaintext).unwrap();
                    if round % 10 == 0 {
                        drill.create_key().unwrap();
                        drill.kms().disable_key(drill.caller(), key).unwrap();
                        drill.kms().enable_key(drill.caller(), key).unwrap();
                    }
                    assert_eq!(drill.decrypt(&ciphertext).unwrap(), plaintext);
                }
            });
        }
    });
    let all = drill.kms().list_keys(drill.caller(), &kms_store::Page::ALL).unwrap().items;
    assert_eq!(all.len(), 4 + 4 * 5);
}
