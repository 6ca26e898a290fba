//! How to recover deleted key material for a key (seed 004).

use crate::support::{Aws, Client, Sim, both_clients, text};

both_clients!(backup_with_the_current_password, older_backup_needs_a_reset);

/// A backup taken after the last connect holds the password that KMS has: nothing is reset (seed 004's tip).
fn backup_with_the_current_password(client: Client) {
    let sim = Sim::for_client(client);
    let aws = sim.aws(client);
    let (key, blob) = key_in_a_backup(&aws);
    let backup = newest_backup(&aws);

    // The material is lost while the store is disconnected, and KMS is not told the password of the cluster that lost it.
    aws.disconnect(sim.store());
    lose_material(&aws, &key);
    aws.decrypt_fails(&blob, "KMSInvalidStateException");
    aws.assert_key_state(&key, "Unavailable");

    let restored = aws.restore(&backup, sim.cluster(), 2);
    aws.point_at(sim.store(), &restored);
    aws.connect_ok(sim.store());
    assert_recovered(&aws, &restored, &key, &blob);
}

/// The whole procedure of the page: the store is connected again after the loss, so that the backup's password is an old one.
fn older_backup_needs_a_reset(client: Client) {
    let sim = Sim::for_client(client);
    let aws = sim.aws(client);
    let (key, blob) = key_in_a_backup(&aws);
    let backup = newest_backup(&aws);

    aws.disconnect(sim.store());
    lose_material(&aws, &key);
    aws.tell_password(sim.store(), "tempPassword");
    aws.connect_ok(sim.store());

    // Fails at once; one failed call does not change the state, the next audit does (documented).
    aws.decrypt_fails(&blob, "KMSInvalidStateException");
    aws.assert_key_state(&key, "Enabled");
    sim.clock_advance("6m");
    aws.assert_key_state(&key, "Unavailable");
    let message = aws.decrypt_fails(&blob, "KMSInvalidStateException");
    assert_eq!(message, format!("{key} is unavailable."));
    aws.assert_key_state(sim.key(), "Enabled");

    let restored = aws.restore(&backup, sim.cluster(), 2);
    aws.disconnect(sim.store());
    aws.point_at(sim.store(), &restored);
    aws.connect_fails(sim.store(), "INVALID_CREDENTIALS");
    aws.disconnect(sim.store());
    sim.set_kmsuser_password_on(&restored, "NewPassword1");
    aws.tell_password(sim.store(), "NewPassword1");
    aws.connect_ok(sim.store());
    assert_recovered(&aws, &restored, &key, &blob);
}

/// A key with something encrypted under it, and a daily backup that holds it.
fn key_in_a_backup(aws: &Aws<'_>) -> (String, String) {
    let key = aws.create_key(aws.sim().store());
    let blob = aws.encrypt(&key, "irreplaceable");
    aws.sim().clock_advance("25h");
    (key, blob)
}

/// DescribeBackups lists the newest first; the timestamps decide which one to take.
fn newest_backup(aws: &Aws<'_>) -> String {
    let backups = aws.backups(aws.sim().cluster());
    assert!(backups.len() >= 2, "one of the cluster's making and a daily one: {backups:?}");
    let created: Vec<_> = backups.iter().map(|backup| backup["CreateTimestamp"].to_string()).collect();
    let mut sorted = created.clone();
    sorted.sort_by(|a, b| b.cmp(a));
    assert_eq!(created, sorted, "newest first");
    text(&backups[0], &["BackupId"])
}

/// Deletes the key's material with the utilities, as kmsuser.
fn lose_material(aws: &Aws<'_>, key: &str) {
    let sim = aws.sim();
    sim.set_kmsuser_password("tempPassword");
    let handle = sim.handle_of("tempPassword", key);
    sim.delete_material("tempPassword", &handle);
    sim.as_kmsuser("tempPassword", &format!("findKey -l {key}")).ok().has("Total number of keys present 0");
}

fn assert_recovered(aws: &Aws<'_>, restored: &str, key: &str, blob: &str) {
    aws.assert_decrypts(blob, "irreplaceable");
    aws.assert_key_state(key, "Enabled");
    assert_eq!(aws.key(key)["CloudHsmClusterId"], *restored);
    let shown = aws.store(aws.sim().store());
    assert_eq!(shown["CloudHsmClusterId"], *restored, "{shown}");
    assert!(shown["ConnectionErrorCode"].is_null(), "{shown}");
}
