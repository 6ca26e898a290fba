//! Nodes that differ, and a cluster that loses its last node.

use crate::support::{Client, Sim, both_clients};

both_clients!(password_on_one_node_only, last_hsm_deleted_and_one_added);

/// changePswd in server mode reaches one node only; nothing keeps the others equal.
fn password_on_one_node_only(client: Client) {
    let sim = Sim::for_client(client);
    let aws = sim.aws(client);
    let store = sim.store();
    let blob = aws.encrypt(sim.key(), "kept");
    aws.disconnect(store);
    sim.set_kmsuser_password("tempPassword");
    let login = sim.co_login();
    let changed = sim.cmu(&format!("server 1\n{login}changePswd CU kmsuser NewPass42\ny\nexit\nquit\n"));
    changed
        .ok()
        .has("Changing password for kmsuser(CU) on 1 nodes")
        .times(1, "changePswd success on server 1(")
        .times(1, "changePswd success");

    // The divergence shows per node.
    let divergent = sim.cmu("loginHSM CU kmsuser NewPass42\nquit\n").failed();
    divergent.times(1, "loginHSM success on server 1(").times(1, "loginHSM success").times(2, "RET_USER_LOGIN_FAILURE");
    assert_eq!(sim.cmu("listUsers\nquit\n").ok().strikes("kmsuser"), [1, 0, 1]);
    aws.tell_password(store, "NewPass42");
    aws.connect_fails(store, "INVALID_CREDENTIALS");
    aws.disconnect(store);
    aws.tell_password(store, "tempPassword");
    aws.connect_fails(store, "INVALID_CREDENTIALS");
    aws.disconnect(store);

    // Repaired by one command on all nodes.
    sim.set_kmsuser_password("Repaired1");
    sim.cmu("loginHSM CU kmsuser Repaired1\nlogoutHSM\nquit\n").ok().times(3, "loginHSM success on server ");
    aws.tell_password(store, "Repaired1");
    aws.connect_ok(store);
    aws.assert_decrypts(&blob, "kept");
}

/// The store stays CONNECTED without an HSM; with a new one, restored from the removal's backup, everything works again (documented).
fn last_hsm_deleted_and_one_added(client: Client) {
    let sim = Sim::for_client(client);
    let aws = sim.aws(client);
    let blob = aws.encrypt(sim.key(), "kept");
    for hsm in aws.hsms(sim.cluster()) {
        aws.remove_hsm(sim.cluster(), &hsm);
    }
    aws.decrypt_fails(&blob, "KMSInvalidStateException");
    aws.assert_store(sim.store(), "CONNECTED", "");
    aws.assert_key_state(sim.key(), "Enabled");
    let cluster = aws.cluster(sim.cluster());
    assert_eq!(cluster["State"], "ACTIVE", "{cluster}");

    aws.add_hsm(sim.cluster(), 0);
    aws.assert_decrypts(&blob, "kept");
    aws.assert_store(sim.store(), "CONNECTED", "");
    let create = ["kms", "create-key", "--origin", "AWS_CLOUDHSM", "--custom-key-store-id", sim.store()];
    aws.fails(&create, "CloudHsmClusterInvalidConfigurationException");
    aws.add_hsm(sim.cluster(), 1);
    let key = aws.create_key(sim.store());
    let blob = aws.encrypt(&key, "new");
    aws.assert_decrypts(&blob, "new");
}
