//! Every ConnectionErrorCode of a CloudHSM key store, reached by its real cause and repaired as the troubleshooting page says (seed 004).

use crate::support::{Aws, Client, Sim, both_clients, text};

both_clients!(
    invalid_credentials,
    cluster_not_found,
    network_errors,
    internal_error,
    insufficient_cloudhsm_hsms,
    user_locked_out,
    user_not_found,
    user_logged_in,
    subnet_not_found,
    insufficient_free_addresses_in_subnet,
    security_group_rule_removed,
);

/// A disconnected store, and a ciphertext that must be readable again after the repair.
fn broken_down(sim: &Sim, client: Client) -> (Aws<'_>, String) {
    let aws = sim.aws(client);
    let blob = aws.encrypt(sim.key(), "kept");
    aws.disconnect(sim.store());
    (aws, blob)
}

/// The store FAILED with `code`: its keys are Unavailable, and it can only be disconnected, after which the code is still shown (documented).
fn fails_with(aws: &Aws<'_>, code: &str) {
    let sim = aws.sim();
    aws.connect_fails(sim.store(), code);
    aws.assert_key_state(sim.key(), "Unavailable");
    aws.disconnect(sim.store());
    aws.assert_store(sim.store(), "DISCONNECTED", code);
}

/// The store connects, shows no error any more, and decrypts.
fn repaired(aws: &Aws<'_>, blob: &str) {
    aws.connect_ok(aws.sim().store());
    aws.assert_decrypts(blob, "kept");
}

fn reset_password(aws: &Aws<'_>) {
    aws.sim().set_kmsuser_password("tempPassword");
    aws.tell_password(aws.sim().store(), "tempPassword");
}

fn invalid_credentials(client: Client) {
    let sim = Sim::for_client(client);
    let (aws, blob) = broken_down(&sim, client);
    sim.set_kmsuser_password("OnlyTheOfficerKnows1");
    fails_with(&aws, "INVALID_CREDENTIALS");
    aws.tell_password(sim.store(), "OnlyTheOfficerKnows1");
    repaired(&aws, &blob);
}

fn cluster_not_found(client: Client) {
    let sim = Sim::for_client(client);
    let (aws, blob) = broken_down(&sim, client);
    let original = aws.cluster(sim.cluster());
    let delete = ["cloudhsmv2", "delete-cluster", "--cluster-id", sim.cluster()];
    aws.fails(&delete, "CloudHsmInvalidRequestException");
    for hsm in aws.hsms(sim.cluster()) {
        aws.remove_hsm(sim.cluster(), &hsm);
    }
    let backup = text(&aws.backups(sim.cluster())[0], &["BackupId"]);
    aws.json(&delete);
    crate::support::until("the cluster is gone", || {
        let shown = aws.cluster(sim.cluster());
        shown.is_null() || shown["State"] == "DELETED"
    });
    fails_with(&aws, "CLUSTER_NOT_FOUND");
    // The backup of the last removal holds the password that KMS has.
    let mapping = original["SubnetMapping"].as_object().expect("a map of subnets");
    let subnets: Vec<_> = mapping.values().filter_map(|subnet| subnet.as_str()).collect();
    let restored = aws.restore_into(&backup, &subnets, &original, 2);
    aws.point_at(sim.store(), &restored);
    repaired(&aws, &blob);
}

fn network_errors(client: Client) {
    let sim = Sim::for_client(client);
    let (aws, blob) = broken_down(&sim, client);
    sim.fault_set(&["network-cut", "--cluster", sim.cluster(), "--for", "10m"]);
    fails_with(&aws, "NETWORK_ERRORS");
    // It heals by itself: "wait a few minutes, and try to connect again".
    sim.clock_advance("10m");
    repaired(&aws, &blob);

    aws.disconnect(sim.store());
    for hsm in aws.hsms(sim.cluster()) {
        sim.fault_set(&["node-down", "--cluster", sim.cluster(), "--node", &hsm]);
    }
    let states = aws.cluster(sim.cluster());
    assert!(
        states["Hsms"].as_array().is_some_and(|hsms| hsms.iter().all(|hsm| hsm["State"] == "ACTIVE")),
        "the control plane does not notice: {states}"
    );
    fails_with(&aws, "NETWORK_ERRORS");
    sim.faults_clear();
    repaired(&aws, &blob);
}

fn internal_error(client: Client) {
    let sim = Sim::for_client(client);
    let (aws, blob) = broken_down(&sim, client);
    sim.fault_set(&["kms-internal-error", "--count", "1"]);
    fails_with(&aws, "INTERNAL_ERROR");
    repaired(&aws, &blob);
}

fn insufficient_cloudhsm_hsms(client: Client) {
    let sim = Sim::for_client(client);
    let (aws, blob) = broken_down(&sim, client);
    let hsms = aws.hsms(sim.cluster());
    aws.remove_hsm(sim.cluster(), &hsms[0]);
    aws.remove_hsm(sim.cluster(), &hsms[1]);
    // A failed HSM is not an active one (documented).
    sim.fault_set(&["node-failed", "--cluster", sim.cluster(), "--node", &hsms[2]]);
    assert_eq!(aws.cluster(sim.cluster())["Hsms"][0]["State"], "DEGRADED");
    fails_with(&aws, "INSUFFICIENT_CLOUDHSM_HSMS");
    sim.faults_clear();
    aws.remove_hsm(sim.cluster(), &hsms[2]);
    fails_with(&aws, "INSUFFICIENT_CLOUDHSM_HSMS");
    aws.add_hsm(sim.cluster(), 0);
    repaired(&aws, &blob);
}

fn user_locked_out(client: Client) {
    let sim = Sim::for_client(client);
    let (aws, blob) = broken_down(&sim, client);
    let wrong = "loginHSM CU kmsuser WrongPassword1\n".repeat(5);
    sim.cmu(&format!("{wrong}quit\n")).failed();
    fails_with(&aws, "USER_LOCKED_OUT");
    reset_password(&aws);
    repaired(&aws, &blob);
}

/// A user that owns keys cannot be deleted, so the keys go first; they come back from a backup.
fn user_not_found(client: Client) {
    let sim = Sim::for_client(client);
    let (aws, _) = broken_down(&sim, client);
    sim.as_co("deleteUser CU kmsuser").failed().has_not("deleteUser success");
    sim.set_kmsuser_password("tempPassword");
    let handle = sim.handle_of("tempPassword", sim.key());
    sim.delete_material("tempPassword", &handle);
    sim.as_co("deleteUser CU kmsuser").ok().times(3, "deleteUser success on server ");
    fails_with(&aws, "USER_NOT_FOUND");
    let login = sim.co_login();
    // On one node only it is still missing elsewhere.
    sim.cmu(&format!("server 0\n{login}createUser CU kmsuser kmsPswd1\ny\nexit\nquit\n")).ok();
    aws.tell_password(sim.store(), "kmsPswd1");
    fails_with(&aws, "USER_NOT_FOUND");
    for node in [1, 2] {
        sim.cmu(&format!("server {node}\n{login}createUser CU kmsuser kmsPswd1\ny\nexit\nquit\n")).ok();
    }
    aws.connect_ok(sim.store());
    let key = aws.create_key(sim.store());
    let blob = aws.encrypt(&key, "new");
    aws.assert_decrypts(&blob, "new");
}

fn user_logged_in(client: Client) {
    let sim = Sim::for_client(client);
    let (aws, blob) = broken_down(&sim, client);
    reset_password(&aws);
    let mut tool = sim.kmu_open();
    tool.say("loginHSM -u CU -s kmsuser -p tempPassword", "Node id 2 and err state 0x00000000 : HSM Return: SUCCESS");
    fails_with(&aws, "USER_LOGGED_IN");
    tool.say("exit", "");
    tool.close();
    repaired(&aws, &blob);
}

fn subnet_not_found(client: Client) {
    let sim = Sim::for_client(client);
    let (aws, blob) = broken_down(&sim, client);
    let backup = {
        // "Use the most recent backup": one that holds the demo key and the current password.
        sim.clock_advance("25h");
        text(&aws.backups(sim.cluster())[0], &["BackupId"])
    };
    let original = aws.cluster(sim.cluster());
    let subnet = text(&original["Hsms"][0], &["SubnetId"]);
    sim.fault_set(&["subnet-removed", "--subnet", &subnet]);
    fails_with(&aws, "SUBNET_NOT_FOUND");
    let restored = aws.restore_into(&backup, &["subnet-0bbbbbbb1", "subnet-0bbbbbbb2"], &original, 2);
    aws.point_at(sim.store(), &restored);
    repaired(&aws, &blob);
}

fn insufficient_free_addresses_in_subnet(client: Client) {
    let sim = Sim::for_client(client);
    let (aws, blob) = broken_down(&sim, client);
    let subnet = text(&aws.cluster(sim.cluster())["Hsms"][0], &["SubnetId"]);
    sim.fault_set(&["subnet-full", "--subnet", &subnet]);
    fails_with(&aws, "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET");
    sim.faults_clear();
    repaired(&aws, &blob);
}

/// Easily detected mistakes are refused at once, and the state stays DISCONNECTED.
fn security_group_rule_removed(client: Client) {
    let sim = Sim::for_client(client);
    let (aws, blob) = broken_down(&sim, client);
    sim.fault_set(&["security-group-rule-removed", "--cluster", sim.cluster()]);
    let connect = ["kms", "connect-custom-key-store", "--custom-key-store-id", sim.store()];
    aws.fails(&connect, "CloudHsmClusterInvalidConfigurationException");
    aws.assert_store(sim.store(), "DISCONNECTED", "");
    sim.faults_clear();
    repaired(&aws, &blob);
}
