//! A key store accepts only clusters that share a backup history with its own (seeds 000 and 004).

use crate::support::{Client, Customer, Sim, both_clients, text};

both_clients!(related_and_unrelated);

fn related_and_unrelated(client: Client) {
    let sim = Sim::for_client(client);
    let aws = sim.aws(client);
    let store = sim.store();
    let blob = aws.encrypt(sim.key(), "kept");
    let stranger = Customer::new(&aws, "stranger");
    let unrelated = stranger.active_cluster(2);
    let unready = stranger.create();
    let backup = text(&aws.backups(sim.cluster())[0], &["BackupId"]);
    let related = aws.restore(&backup, sim.cluster(), 0);
    let change =
        |cluster| ["kms", "update-custom-key-store", "--custom-key-store-id", store, "--cloud-hsm-cluster-id", cluster];

    aws.fails(&change(&related), "CustomKeyStoreInvalidStateException");
    aws.disconnect(store);
    aws.fails(&change(&unrelated), "CloudHsmClusterNotRelatedException");
    aws.fails(&change("cluster-aaaaaaaaaaa"), "CloudHsmClusterNotFoundException");
    aws.fails(&change(&unready), "CloudHsmClusterNotRelatedException");
    aws.fails(&change(&related), "CloudHsmClusterInvalidConfigurationException");
    aws.add_hsm(&related, 0);
    aws.fails(&change(&related), "CloudHsmClusterInvalidConfigurationException");
    aws.add_hsm(&related, 1);
    assert_eq!(aws.store(store)["CloudHsmClusterId"], *sim.cluster(), "nothing has changed so far");
    aws.quiet(&change(&related));
    assert_eq!(aws.store(store)["CloudHsmClusterId"], *related);

    // Neither a cluster in use nor its relative can serve a second key store.
    let anchor = format!("file://{}", sim.ready("trust_anchor_path"));
    for cluster in [related.as_str(), sim.cluster()] {
        let create =
            ["kms", "create-custom-key-store", "--custom-key-store-name", "Second", "--cloud-hsm-cluster-id", cluster];
        let more = ["--key-store-password", "kmsPswd1", "--trust-anchor-certificate", &anchor];
        aws.fails(&[&create[..], &more].concat(), "CloudHsmClusterInUseException");
    }

    // The relative really serves: the backup holds the demo key if it was taken after it, so go back to the first cluster for the rest.
    aws.quiet(&change(sim.cluster()));
    aws.connect_ok(store);
    aws.assert_decrypts(&blob, "kept");
}
