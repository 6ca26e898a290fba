//! How to fix invalid kmsuser credentials (seed 004).

use crate::support::{Client, Sim, both_clients};

both_clients!(wrong_password_and_its_repair);

fn wrong_password_and_its_repair(client: Client) {
    let sim = Sim::for_client(client);
    let aws = sim.aws(client);
    let store = sim.store();
    let blob = aws.encrypt(sim.key(), "kept");
    aws.disconnect(store);
    aws.tell_password(store, "WrongPassword1");
    aws.connect_fails(store, "INVALID_CREDENTIALS");
    aws.assert_key_state(sim.key(), "Unavailable");
    // One connect is one strike on each node (documented).
    assert_eq!(sim.cmu("listUsers\nquit\n").ok().strikes("kmsuser"), [1, 1, 1]);

    // A FAILED store can only be disconnected.
    for refused in [
        &["kms", "connect-custom-key-store", "--custom-key-store-id", store] as &[&str],
        &["kms", "update-custom-key-store", "--custom-key-store-id", store, "--key-store-password", "Another1"],
        &["kms", "delete-custom-key-store", "--custom-key-store-id", store],
    ] {
        aws.fails(refused, "CustomKeyStoreInvalidStateException");
    }

    // The seed's repair: disconnect, read the code, reset the password, tell KMS, connect.
    aws.disconnect(store);
    aws.assert_store(store, "DISCONNECTED", "INVALID_CREDENTIALS");
    sim.set_kmsuser_password("tempPassword");
    assert_eq!(sim.cmu("listUsers\nquit\n").ok().strikes("kmsuser"), [0, 0, 0]);
    aws.tell_password(store, "tempPassword");
    aws.connect_ok(store);
    aws.assert_store(store, "CONNECTED", "");
    aws.assert_decrypts(&blob, "kept");

    // KMS has rotated the password and is logged in, so the known one no longer works anywhere.
    sim.as_kmsuser("tempPassword", "listUsers").failed().has_not("Cfm3LoginHSM returned: 0x00");
}
