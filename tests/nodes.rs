//! Nodes that are away for a while, and several processes on one directory.

use serde_json::{Value, json};

use crate::support::{Http, Options, Sim, until};

fn encrypts(http: &mut Http, key: &str) -> bool {
    http.kms("Encrypt", &json!({ "KeyId": key, "Plaintext": "aGVsbG8=" })).status == 200
}

fn create_key(http: &mut Http, store: &str) -> String {
    let made = http.kms("CreateKey", &json!({ "Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": store })).ok();
    made["KeyMetadata"]["Arn"].as_str().expect("an ARN").to_owned()
}

fn hsms(http: &mut Http, cluster: &str) -> Vec<String> {
    let shown = http.cloudhsm("DescribeClusters", &json!({ "Filters": { "clusterIds": [cluster] } })).ok();
    let hsms = shown["Clusters"][0]["Hsms"].as_array().expect("a list of HSMs").clone();
    hsms.iter().map(|hsm| hsm["HsmId"].as_str().expect("an id").to_owned()).collect()
}

fn store_state(http: &mut Http, store: &str) -> (String, Value) {
    let shown =
        http.kms("DescribeCustomKeyStores", &json!({ "CustomKeyStoreId": store })).ok()["CustomKeyStores"][0].take();
    (shown["ConnectionState"].as_str().expect("a state").to_owned(), shown["ConnectionErrorCode"].clone())
}

fn reconnect(http: &mut Http, store: &str) -> (String, Value) {
    http.kms("DisconnectCustomKeyStore", &json!({ "CustomKeyStoreId": store })).ok();
    until("the key store is DISCONNECTED", || store_state(http, store).0 == "DISCONNECTED");
    http.kms("ConnectCustomKeyStore", &json!({ "CustomKeyStoreId": store })).ok();
    until("connecting ends", || store_state(http, store).0 != "CONNECTING");
    store_state(http, store)
}

/// A key that was created while a node was away works all the same: the HSM that holds the key does the work (documented).
#[test]
fn key_created_while_a_node_is_down() {
    let sim = Sim::new();
    let mut http = sim.http();
    let nodes = hsms(&mut http, sim.cluster());
    sim.fault_set(&["node-down", "--cluster", sim.cluster(), "--node", &nodes[0]]);
    let key = create_key(&mut http, sim.store());
    assert!(encrypts(&mut http, &key) && encrypts(&mut http, sim.key()));
    sim.faults_clear();
    for _ in 0..20 {
        assert!(encrypts(&mut http, &key) && encrypts(&mut http, sim.key()));
    }
}

/// One node after the other goes away: the others serve until the last is gone, and all come back without a reconnect.
#[test]
fn nodes_go_and_come_back() {
    let sim = Sim::new();
    let mut http = sim.http();
    let nodes = hsms(&mut http, sim.cluster());
    for (gone, node) in nodes.iter().enumerate() {
        assert!(encrypts(&mut http, sim.key()), "with {gone} of {} nodes away", nodes.len());
        sim.fault_set(&["node-down", "--cluster", sim.cluster(), "--node", node]);
    }
    let reply = http.kms("Encrypt", &json!({ "KeyId": sim.key(), "Plaintext": "aGVsbG8=" }));
    assert_eq!(reply.error().as_deref(), Some("KMSInvalidStateException"), "{reply:?}");
    assert_eq!(store_state(&mut http, sim.store()).0, "CONNECTED");
    sim.clock_advance("10m");
    sim.faults_clear();
    assert!(encrypts(&mut http, sim.key()));
    let shown = http.kms("DescribeKey", &json!({ "KeyId": sim.key() })).ok();
    assert_eq!(
        shown["KeyMetadata"]["KeyState"], "Enabled",
        "a node that does not answer is no proof that the material is lost: {shown}"
    );
}

/// A node that missed the rotation of the password is divergent until a crypto officer repairs it (documented).
#[test]
fn node_that_missed_the_rotation() {
    let sim = Sim::new();
    let mut http = sim.http();
    let nodes = hsms(&mut http, sim.cluster());
    sim.fault_set(&["node-down", "--cluster", sim.cluster(), "--node", &nodes[1]]);
    assert_eq!(
        reconnect(&mut http, sim.store()),
        ("CONNECTED".to_owned(), Value::Null),
        "every reachable node is asked"
    );
    sim.faults_clear();
    assert!(encrypts(&mut http, sim.key()));
    assert_eq!(reconnect(&mut http, sim.store()), ("FAILED".to_owned(), "INVALID_CREDENTIALS".into()));
    http.kms("DisconnectCustomKeyStore", &json!({ "CustomKeyStoreId": sim.store() })).ok();
    sim.set_kmsuser_password("Repaired1");
    http.kms("UpdateCustomKeyStore", &json!({ "CustomKeyStoreId": sim.store(), "KeyStorePassword": "Repaired1" })).ok();
    http.kms("ConnectCustomKeyStore", &json!({ "CustomKeyStoreId": sim.store() })).ok();
    until("the key store is CONNECTED", || store_state(&mut http, sim.store()).0 == "CONNECTED");
    assert!(encrypts(&mut http, sim.key()));
}

/// A new HSM is made from a backup of the others: it has their users, passwords and keys.
#[test]
fn new_node_serves_at_once() {
    let sim = Sim::new();
    let mut http = sim.http();
    let key = create_key(&mut http, sim.store());
    let cluster = http.cloudhsm("DescribeClusters", &json!({})).ok();
    let zone = cluster["Clusters"][0]["Hsms"][0]["AvailabilityZone"].clone();
    let old = hsms(&mut http, sim.cluster());
    let new = http.cloudhsm("CreateHsm", &json!({ "ClusterId": sim.cluster(), "AvailabilityZone": zone })).ok();
    assert_eq!(new["Hsm"]["ClusterId"], sim.cluster(), "{new}");
    until("four HSMs are ACTIVE", || {
        let shown = http.cloudhsm("DescribeClusters", &json!({})).ok();
        let hsms = shown["Clusters"][0]["Hsms"].as_array().expect("a list of HSMs");
        hsms.len() == 4 && hsms.iter().all(|hsm| hsm["State"] == "ACTIVE")
    });
    for node in &old {
        http.cloudhsm("DeleteHsm", &json!({ "ClusterId": sim.cluster(), "HsmId": node })).ok();
    }
    until("one HSM is left", || hsms(&mut http, sim.cluster()).len() == 1);
    assert!(encrypts(&mut http, &key) && encrypts(&mut http, sim.key()));
    sim.as_co("listUsers").ok().times(1, "Number of users found:");
}

/// Two servers on one directory are one world; the death of one takes nothing from the other.
#[test]
fn two_servers_on_one_directory() {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let mut first = Sim::start(&Options::dir(dir.path()));
    let second = Sim::start(&Options::dir(dir.path()));
    let (mut one, mut two) = (first.http(), second.http());
    assert_eq!(first.key(), second.key());
    for _ in 0..5 {
        let key = create_key(&mut one, first.store());
        let sealed =
            two.kms("Encrypt", &json!({ "KeyId": key, "Plaintext": "aGVsbG8=" })).ok()["CiphertextBlob"].take();
        assert_eq!(one.kms("Decrypt", &json!({ "CiphertextBlob": sealed })).ok()["Plaintext"], "aGVsbG8=");
        two.kms("DisableKey", &json!({ "KeyId": key })).ok();
        assert!(!encrypts(&mut one, &key), "what one server has acknowledged, the other knows");
    }
    first.kill();
    assert_eq!(store_state(&mut two, second.store()), ("CONNECTED".to_owned(), Value::Null));
    assert!(encrypts(&mut two, second.key()));
    second.as_co("changePswd CU kmsuser tempPassword\ny").failed().has_not("changePswd success");
    assert_eq!(reconnect(&mut two, second.store()).0, "CONNECTED");
    assert!(encrypts(&mut two, second.key()));
}

/// A utility that is killed at any moment leaves each node with the old password or with the new one.
#[test]
fn utility_killed_while_changing_a_password() {
    let sim = Sim::new();
    let login = sim.co_login();
    sim.as_co("createUser CU alice AlicePass0\ny").ok();
    let mut password = "AlicePass0".to_owned();
    for round in 1..=6 {
        let next = format!("AlicePass{round}");
        let tool = sim.cmu_open();
        tool.write(&format!("{login}changePswd CU alice {next}\ny\n"));
        std::thread::sleep(std::time::Duration::from_millis(3 * round));
        tool.kill();
        let works =
            |password: &str| sim.cmu(&format!("loginHSM CU alice {password}\nquit\n")).count("loginHSM success");
        let (old, new) = (works(&password), works(&next));
        assert_eq!(old + new, 3, "each node has one of the two passwords: {old} the old one, {new} the new one");
        sim.as_co(&format!("changePswd CU alice {next}\ny")).ok().times(3, "changePswd success");
        password = next;
    }
}
