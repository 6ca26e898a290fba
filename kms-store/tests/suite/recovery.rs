//! The recovery of deleted key material from a backup (seed 004), in both branches: with a backup that holds the current
//! password of kmsuser, and with an older one.

use kms_store::{ConnectionErrorCode, ConnectionState, KeyState, UpdateCustomKeyStore};

use crate::drill::{Drill, exception};

fn recover(drill: &Drill, backup: &hsm_sim::BackupId, key: &str, ciphertext: &[u8]) {
    drill.destroy_material(key);
    assert_eq!(exception(drill.decrypt(ciphertext)), "KMSInvalidStateException");
    drill.kms().advance(drill.audit_period()).unwrap();
    assert_eq!(drill.key_state(key), KeyState::Unavailable);

    let restored = drill.restore(backup);
    drill.disconnect();
    let repoint = UpdateCustomKeyStore { cluster_id: Some(restored.clone()), ..drill.update() };
    drill.kms().update_custom_key_store(drill.caller(), &repoint).unwrap();
    // The backup is older than the connect at the end of the destruction: its password is one that KMS has discarded.
    assert_eq!(drill.try_connect(), (ConnectionState::Failed, Some(ConnectionErrorCode::InvalidCredentials)));
    drill.disconnect();
    drill.reset_password(&restored, "tempPassword");
    drill.update_password("tempPassword");
    drill.reconnect();
    assert_eq!(drill.key_state(key), KeyState::Enabled);
    assert_eq!(drill.decrypt(ciphertext).unwrap(), b"plain");
    assert_eq!(drill.kms().describe_key(drill.caller(), key).unwrap().cluster_id, Some(restored));
}

#[test]
fn with_an_older_backup() {
    let drill = Drill::new();
    let key = drill.create_key().unwrap().arn;
    let ciphertext = drill.encrypt(&key, b"plain").unwrap();
    let backup = drill.cluster().control().take_backup(&drill.cluster_id()).unwrap().id;
    recover(&drill, &backup, &key, &ciphertext);
}

#[test]
fn with_a_backup_that_holds_the_current_password() {
    let drill = Drill::new();
    let key = drill.create_key().unwrap().arn;
    let ciphertext = drill.encrypt(&key, b"plain").unwrap();
    let backup = drill.cluster().control().take_backup(&drill.cluster_id()).unwrap().id;
    drill.disconnect();
    let restored = drill.restore(&backup);
    let repoint = UpdateCustomKeyStore { cluster_id: Some(restored), ..drill.update() };
    drill.kms().update_custom_key_store(drill.caller(), &repoint).unwrap();
    drill.reconnect();
    assert_eq!(drill.decrypt(&ciphertext).unwrap(), b"plain");
}

#[test]
fn keys_younger_than_the_backup_are_missing() {
    let drill = Drill::new();
    let backup = drill.cluster().control().take_backup(&drill.cluster_id()).unwrap().id;
    let key = drill.create_key().unwrap().arn;
    let ciphertext = drill.encrypt(&key, b"plain").unwrap();
    drill.disconnect();
    let original = drill.cluster_id();
    let restored = drill.restore(&backup);
    let point = |to| UpdateCustomKeyStore { cluster_id: Some(to), ..drill.update() };
    drill.kms().update_custom_key_store(drill.caller(), &point(restored)).unwrap();
    drill.reconnect();
    assert_eq!(exception(drill.decrypt(&ciphertext)), "KMSInvalidStateException");
    assert_eq!(drill.key_state(&key), KeyState::Enabled, "until the audit");
    drill.kms().advance(drill.audit_period()).unwrap();
    assert_eq!(drill.key_state(&key), KeyState::Unavailable);
    // A new key may get the handle of the missing one; it is another key all the same.
    let young = drill.create_key().unwrap().arn;
    drill.encrypt(&young, b"x").unwrap();
    assert_eq!(exception(drill.encrypt(&key, b"x")), "KMSInvalidStateException");
    drill.disconnect();
    drill.kms().update_custom_key_store(drill.caller(), &point(original.clone())).unwrap();
    drill.reset_password(&original, "tempPassword");
    drill.update_password("tempPassword");
    drill.reconnect();
    assert_eq!(drill.decrypt(&ciphertext).unwrap(), b"plain");
}
