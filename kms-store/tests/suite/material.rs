//! Lost key material: calls fail at once, the key becomes Unavailable in the end (seed 004).

use hsm_sim::fault::FaultKind;
use kms_store::KeyState;

use crate::drill::{Drill, exception};

#[test]
fn the_audit_marks_what_is_lost() {
    let drill = Drill::new();
    let (lost, kept) = (drill.create_key().unwrap().arn, drill.create_key().unwrap().arn);
    let ciphertext = drill.encrypt(&lost, b"plain").unwrap();

    drill.destroy_material(&lost);
    assert_eq!(exception(drill.decrypt(&ciphertext)), "KMSInvalidStateException");
    assert_eq!(drill.key_state(&lost), KeyState::Enabled, "neither a connect nor a failed call flips the state");
    drill.kms().advance(drill.audit_period()).unwrap();
    assert_eq!(drill.key_state(&lost), KeyState::Unavailable);
    assert_eq!(exception(drill.decrypt(&ciphertext)), "KMSInvalidStateException");
    assert_eq!(drill.key_state(&kept), KeyState::Enabled);
    drill.encrypt(&kept, b"x").unwrap();
    drill.kms().disable_key(drill.caller(), &lost).unwrap();
    assert_eq!(drill.key_state(&lost), KeyState::Unavailable);
    drill.kms().schedule_key_deletion(drill.caller(), &lost, None).unwrap();
    assert_eq!(drill.key_state(&lost), KeyState::PendingDeletion, "PendingDeletion wins");
}

#[test]
fn a_silent_node_leaves_the_mark() {
    let drill = Drill::new();
    let key = drill.create_key().unwrap().arn;
    drill.destroy_material(&key);
    drill.fault(FaultKind::NodeDown { cluster: drill.cluster_id(), node: drill.nodes()[0].clone() });
    drill.kms().advance(drill.audit_period()).unwrap();
    assert_eq!(drill.key_state(&key), KeyState::Enabled);
    drill.heal();
    drill.kms().advance(drill.audit_period()).unwrap();
    assert_eq!(drill.key_state(&key), KeyState::Unavailable);
    drill.fault(FaultKind::NodeDown { cluster: drill.cluster_id(), node: drill.nodes()[0].clone() });
    drill.kms().advance(drill.audit_period()).unwrap();
    assert_eq!(drill.key_state(&key), KeyState::Unavailable);
}

#[test]
fn audits_stop_while_the_key_store_is_disconnected() {
    let drill = Drill::new();
    drill.create_key().unwrap();
    drill.disconnect();
    assert_eq!(drill.kms().advance(drill.audit_period() * 2).unwrap(), 0);
}

#[test]
fn audits_that_a_jump_of_the_clock_would_repeat_are_skipped() {
    let drill = Drill::new();
    let key = drill.create_key().unwrap().arn;
    let jobs = drill.kms().advance(drill.audit_period() * 1000).unwrap();
    assert!(jobs < 10, "{jobs}");
    assert_eq!(drill.key_state(&key), KeyState::Enabled);
    assert_eq!(drill.kms().advance(drill.audit_period()).unwrap(), 1);
}
