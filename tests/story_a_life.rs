//! The life of a custom key store, from no cluster at all to its deletion (seeds 000-003, the guides' "create", "edit" and "delete" pages).

use crate::support::{Aws, Client, Customer, Options, Sim, both_clients, decode, text};

both_clients!(life_from_nothing);

const CMK_CONTEXT: &str = "purpose=test";

fn life_from_nothing(client: Client) {
    let sim = Sim::start(&client.options().arg("--empty").connect_delay("300ms"));
    let aws = sim.aws(client);
    let customer = Customer::new(&aws, "customer");
    let cluster = prepare_cluster(&aws, &customer);
    let store = create_store(&aws, &customer, &cluster);
    let (key, blob) = use_store(&aws, &store, &cluster);
    edit_store(&aws, &store, &key, &blob);
    delete_store(&aws, &store, &key);
}

/// An ACTIVE cluster with kmsuser; what is not yet possible is refused on the way.
fn prepare_cluster(aws: &Aws<'_>, customer: &Customer<'_>) -> String {
    let listed = aws.json(&["kms", "describe-custom-key-stores"]);
    assert_eq!(listed["CustomKeyStores"].as_array().map(Vec::len), Some(0), "{listed}");
    let cluster = customer.create();
    customer.initialize(&cluster);
    let second = ["cloudhsmv2", "create-hsm", "--cluster-id", &cluster, "--availability-zone", "us-east-1b"];
    let message = aws.fails(&second, "CloudHsmInvalidRequestException");
    assert_eq!(message, format!("Cluster '{cluster}' already contains an HSM but has not yet been fully activated"));
    aws.fails(&create_args(&cluster, &customer.trust_anchor()), "CloudHsmClusterNotActiveException");
    customer.activate(&cluster);
    aws.fails(&create_args(&cluster, &customer.trust_anchor()), "CloudHsmClusterInvalidConfigurationException");
    aws.add_hsm(&cluster, 1);
    let created = "Creating User kmsuser(CU) on 2 nodes";
    let script = format!(
        "loginHSM CO admin {}\ncreateUser CU kmsuser kmsPswd\ny\nlistUsers\nquit\n",
        crate::support::CO_PASSWORD
    );
    let users = aws.sim().cmu_on(&cluster, &script).ok().has(created).times(2, "Number of users found:3");
    assert_eq!(users.strikes("kmsuser"), [0, 0]);
    cluster
}

fn create_args<'a>(cluster: &'a str, trust_anchor: &'a str) -> [&'a str; 10] {
    [
        "kms",
        "create-custom-key-store",
        "--custom-key-store-name",
        "ExampleKeyStore",
        "--cloud-hsm-cluster-id",
        cluster,
        "--key-store-password",
        "kmsPswd",
        "--trust-anchor-certificate",
        trust_anchor,
    ]
}

fn create_store(aws: &Aws<'_>, customer: &Customer<'_>, cluster: &str) -> String {
    let stranger = Customer::new(aws, "stranger");
    aws.fails(&create_args(cluster, &stranger.trust_anchor()), "IncorrectTrustAnchorException");
    let anchor = customer.trust_anchor();
    let args = create_args(cluster, &anchor);
    let id = text(&aws.json(&args), &["CustomKeyStoreId"]);
    assert!(id.starts_with("cks-"), "{id}");
    // The same request again while DISCONNECTED gives the same store (documented).
    assert_eq!(text(&aws.json(&args), &["CustomKeyStoreId"]), id);
    let shown = aws.store(&id);
    assert_eq!(shown["CustomKeyStoreName"], "ExampleKeyStore", "{shown}");
    assert_eq!(shown["CustomKeyStoreType"], "AWS_CLOUDHSM", "{shown}");
    assert_eq!(shown["CloudHsmClusterId"], *cluster, "{shown}");
    assert_eq!(shown["ConnectionState"], "DISCONNECTED", "{shown}");
    let pem = std::fs::read_to_string(anchor.trim_start_matches("file://")).expect("the trust anchor is a file");
    assert_eq!(shown["TrustAnchorCertificate"], *pem, "returned verbatim");
    let key = ["kms", "create-key", "--origin", "AWS_CLOUDHSM", "--custom-key-store-id", &id];
    aws.fails(&key, "CustomKeyStoreInvalidStateException");
    aws.connect_ok(&id);
    id
}

/// Creates a key and performs every cryptographic operation with it.
fn use_store(aws: &Aws<'_>, store: &str, cluster: &str) -> (String, String) {
    let created = aws.json(&[
        "kms",
        "create-key",
        "--origin",
        "AWS_CLOUDHSM",
        "--custom-key-store-id",
        store,
        "--description",
        "story",
    ]);
    let metadata = &created["KeyMetadata"];
    for (member, value) in [
        ("Origin", "AWS_CLOUDHSM"),
        ("CustomKeyStoreId", store),
        ("CloudHsmClusterId", cluster),
        ("KeyState", "Enabled"),
        ("KeySpec", "SYMMETRIC_DEFAULT"),
        ("CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"),
        ("KeyUsage", "ENCRYPT_DECRYPT"),
        ("KeyManager", "CUSTOMER"),
        ("Description", "story"),
        ("AWSAccountId", "111122223333"),
    ] {
        assert_eq!(metadata[member], value, "{member} in {created}");
    }
    assert_eq!(metadata["EncryptionAlgorithms"], serde_json::json!(["SYMMETRIC_DEFAULT"]), "{created}");
    let arn = text(metadata, &["Arn"]);
    assert_eq!(arn, format!("arn:aws:kms:us-east-1:111122223333:key/{}", text(metadata, &["KeyId"])));

    aws.quiet(&["kms", "create-alias", "--alias-name", "alias/story", "--target-key-id", &arn]);
    let blob = aws.encrypt("alias/story", "Hello, HSM");
    let clear = aws.json(&Aws::decrypt_args(&blob));
    assert_eq!(decode(&clear["Plaintext"]), b"Hello, HSM");
    assert_eq!(clear["KeyId"], *arn, "an ARN although an alias was used");
    assert_eq!(aws.fails(&["kms", "decrypt", "--ciphertext-blob", &blob], "InvalidCiphertextException"), "");

    let data_key = aws.json(&[
        "kms",
        "generate-data-key",
        "--key-id",
        &arn,
        "--key-spec",
        "AES_256",
        "--encryption-context",
        CMK_CONTEXT,
    ]);
    let sealed = aws.blob(&decode(&data_key["CiphertextBlob"]));
    assert_eq!(aws.json(&Aws::decrypt_args(&sealed))["Plaintext"], data_key["Plaintext"]);
    let without =
        aws.json(&["kms", "generate-data-key-without-plaintext", "--key-id", &arn, "--number-of-bytes", "48"]);
    assert!(without["Plaintext"].is_null() && without["CiphertextBlob"].is_string(), "{without}");
    let random = aws.json(&["kms", "generate-random", "--number-of-bytes", "32", "--custom-key-store-id", store]);
    assert_eq!(decode(&random["Plaintext"]).len(), 32);

    let plain_key = text(&aws.json(&["kms", "create-key"]), &["KeyMetadata", "Arn"]);
    let moved = aws.json(&[
        "kms",
        "re-encrypt",
        "--ciphertext-blob",
        &blob,
        "--source-encryption-context",
        CMK_CONTEXT,
        "--destination-key-id",
        &plain_key,
        "--destination-encryption-context",
        CMK_CONTEXT,
    ]);
    assert_eq!((&moved["SourceKeyId"], &moved["KeyId"]), (&arn.clone().into(), &plain_key.into()), "{moved}");
    let moved = aws.blob(&decode(&moved["CiphertextBlob"]));
    aws.assert_decrypts(&moved, "Hello, HSM");
    (arn, blob)
}

/// Renames the store; its key is Unavailable while it is disconnected, and as before afterwards.
fn edit_store(aws: &Aws<'_>, store: &str, key: &str, blob: &str) {
    let rename = [
        "kms",
        "update-custom-key-store",
        "--custom-key-store-id",
        store,
        "--new-custom-key-store-name",
        "DevelopmentKeys",
    ];
    aws.fails(&rename, "CustomKeyStoreInvalidStateException");
    aws.disconnect(store);
    aws.assert_key_state(key, "Unavailable");
    let message = aws.decrypt_fails(blob, "KMSInvalidStateException");
    assert_eq!(message, format!("{key} is unavailable."));
    aws.quiet(&rename);
    assert_eq!(aws.store(store)["CustomKeyStoreName"], "DevelopmentKeys");
    aws.fails(
        &["kms", "describe-custom-key-stores", "--custom-key-store-name", "ExampleKeyStore"],
        "CustomKeyStoreNotFoundException",
    );
    // Accepted, but seen only when the key becomes available (seed 004).
    aws.quiet(&["kms", "disable-key", "--key-id", key]);
    aws.assert_key_state(key, "Unavailable");
    aws.connect_ok(store);
    aws.assert_key_state(key, "Disabled");
    let message = aws.decrypt_fails(blob, "DisabledException");
    assert_eq!(message, format!("{key} is disabled."));
    aws.quiet(&["kms", "enable-key", "--key-id", key]);
    aws.assert_key_state(key, "Enabled");
    aws.assert_decrypts(blob, "Hello, HSM");
}

/// Deletion is refused while connected and while keys exist, those pending deletion included.
fn delete_store(aws: &Aws<'_>, store: &str, key: &str) {
    let delete = ["kms", "delete-custom-key-store", "--custom-key-store-id", store];
    aws.fails(&delete, "CustomKeyStoreInvalidStateException");
    aws.disconnect(store);
    aws.fails(&delete, "CustomKeyStoreHasCMKsException");
    aws.connect_ok(store);
    let scheduled = aws.json(&["kms", "schedule-key-deletion", "--key-id", key, "--pending-window-in-days", "7"]);
    assert_eq!(scheduled["KeyState"], "PendingDeletion", "{scheduled}");
    aws.disconnect(store);
    aws.assert_key_state(key, "PendingDeletion");
    aws.fails(&delete, "CustomKeyStoreHasCMKsException");
    aws.connect_ok(store);
    aws.sim().clock_advance("8d");
    aws.fails(&["kms", "describe-key", "--key-id", key], "NotFoundException");
    let aliases = aws.json(&["kms", "list-aliases"]);
    assert!(!aliases.to_string().contains("alias/story"), "the alias goes with its key: {aliases}");
    aws.disconnect(store);
    aws.quiet(&delete);
    aws.fails(
        &["kms", "describe-custom-key-stores", "--custom-key-store-id", store],
        "CustomKeyStoreNotFoundException",
    );
}

/// The environment that `up` makes by itself is ready for use, also under strict signatures with version 1.
#[test]
fn ready_environment() {
    let sim = Sim::start(&Options::ephemeral().auth("strict"));
    let aws = sim.aws(Client::V1);
    aws.assert_store(sim.store(), "CONNECTED", "");
    aws.assert_key_state(sim.key(), "Enabled");
    assert_eq!(aws.key("alias/demo")["KeyId"], *sim.ready("key_id"));
    let blob = aws.encrypt("alias/demo", "ready");
    aws.assert_decrypts(&blob, "ready");
    let cluster = aws.cluster(sim.cluster());
    assert_eq!(cluster["State"], "ACTIVE", "{cluster}");
    let zones: std::collections::BTreeSet<_> = cluster["Hsms"]
        .as_array()
        .expect("a list of HSMs")
        .iter()
        .map(|hsm| text(hsm, &["AvailabilityZone"]))
        .collect();
    assert_eq!(zones.len(), 3, "{cluster}");
    let anchor = std::fs::read_to_string(sim.ready("trust_anchor_path")).expect("the trust anchor is a file");
    assert_eq!(aws.store(sim.store())["TrustAnchorCertificate"], *anchor);

    aws.with_key(sim.ready("access_key_id"), "wrong").fails(&["kms", "list-keys"], "InvalidSignatureException");
    aws.with_key("AKIAUNKNOWNUNKNOWN12", "wrong").fails(&["kms", "list-keys"], "UnrecognizedClientException");
    aws.with_key(sim.ready("access_key_id"), "wrong")
        .fails(&["cloudhsmv2", "describe-clusters"], "InvalidSignatureException");
}
