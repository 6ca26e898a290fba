//! The switches of `up` that change how the world behaves.

use serde_json::{Value, json};

use crate::support::{Client, Options, Sim};

fn world(arguments: &[&str]) -> Sim {
    Sim::start(&arguments.iter().fold(Options::ephemeral(), |options, argument| options.arg(argument)))
}

/// The documentation's example id has a digit that the published pattern forbids; it is accepted unless patterns are strict (documented).
#[test]
fn strict_patterns() {
    let anchor = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let create = json!({
        "CustomKeyStoreName": "ExampleKeyStore", "CloudHsmClusterId": "cluster-1a23b4cdefg", "KeyStorePassword": "kmsPswd",
        "TrustAnchorCertificate": anchor,
    });
    for (arguments, error) in
        [(&[] as &[&str], "CloudHsmClusterNotFoundException"), (&["--strict-patterns"], "ValidationException")]
    {
        let reply = world(arguments).http().kms("CreateCustomKeyStore", &create);
        assert_eq!(reply.error().as_deref(), Some(error), "{arguments:?}: {}", reply.json());
    }
}

/// A connected key store may be renamed by the newest documentation, and may not by the older one (documented).
#[test]
fn behaviour() {
    for (arguments, error) in
        [(&[] as &[&str], Some("CustomKeyStoreInvalidStateException")), (&["--behaviour", "newest"], None)]
    {
        let sim = world(arguments);
        let rename = json!({ "CustomKeyStoreId": sim.store(), "NewCustomKeyStoreName": "Renamed" });
        let reply = sim.http().kms("UpdateCustomKeyStore", &rename);
        assert_eq!(reply.error().as_deref(), error, "{arguments:?}: {}", reply.json());
        let password = json!({ "CustomKeyStoreId": sim.store(), "KeyStorePassword": "Password1" });
        let reply = sim.http().kms("UpdateCustomKeyStore", &password);
        assert_eq!(reply.error().as_deref(), Some("CustomKeyStoreInvalidStateException"), "{arguments:?}");
    }
}

/// New keys and aliases show late, on the simulated clock (documented).
#[test]
fn eventual_consistency() {
    let sim = world(&["--consistency", "eventual=10m"]);
    let mut http = sim.http();
    let arn = http.kms("CreateKey", &json!({})).ok()["KeyMetadata"]["Arn"].take();
    http.kms("CreateAlias", &json!({ "AliasName": "alias/late", "TargetKeyId": sim.key() })).ok();
    let late = [arn, "alias/late".into()];
    for name in &late {
        assert_eq!(
            http.kms("DescribeKey", &json!({ "KeyId": name })).error().as_deref(),
            Some("NotFoundException"),
            "{name}"
        );
    }
    sim.clock_advance("10m");
    for name in &late {
        http.kms("DescribeKey", &json!({ "KeyId": name })).ok();
    }
}

/// Quotas are off unless asked for (documented): six HSMs per account and Region.
#[test]
fn quotas() {
    for (arguments, limited) in [(&[] as &[&str], false), (&["--quotas"], true)] {
        let sim = world(arguments);
        let mut http = sim.http();
        let shown = http.cloudhsm("DescribeClusters", &json!({})).ok();
        let zone = shown["Clusters"][0]["Hsms"][0]["AvailabilityZone"].clone();
        let create = json!({ "ClusterId": sim.cluster(), "AvailabilityZone": zone });
        for _ in 0..3 {
            http.cloudhsm("CreateHsm", &create).ok();
        }
        let seventh = http.cloudhsm("CreateHsm", &create);
        assert_eq!(seventh.status == 400, limited, "{arguments:?}: {}", seventh.json());
    }
}

/// A key pair given on the command line is good for strict signatures.
#[test]
fn access_key() {
    let sim =
        Sim::start(&Options::ephemeral().auth("strict").arg("--access-key").arg("AKIAGIVENGIVENGIVEN1:given/Secret+1"));
    let aws = sim.aws(Client::V1);
    let given = aws.with_key("AKIAGIVENGIVENGIVEN1", "given/Secret+1");
    assert_eq!(given.key("alias/demo")["Arn"], *sim.key());
    aws.with_key("AKIAGIVENGIVENGIVEN1", "given/Secret+2").fails(&["kms", "list-keys"], "InvalidSignatureException");
    let reply = sim.http().kms("ListKeys", &json!({}));
    assert_eq!(reply.error().as_deref(), Some("UnrecognizedClientException"), "{reply:?}");
}

/// With `--auth off` no header is needed.
#[test]
fn no_signatures() {
    let sim = Sim::start(&Options::ephemeral().auth("off"));
    let request = "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: TrentService.ListKeys\r\nContent-Length: 2\r\n\r\n{}";
    let reply = sim.http().send(request.as_bytes()).expect("an answer");
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_ne!(reply.json()["Keys"], Value::Array(Vec::new()));
}

/// Settings are rows of the directory: a start without the switch goes on with them.
#[test]
fn settings_stay() {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    drop(Sim::start(&Options::dir(dir.path()).arg("--behaviour").arg("newest")));
    let sim = Sim::start(&Options::dir(dir.path()));
    let rename = json!({ "CustomKeyStoreId": sim.store(), "NewCustomKeyStoreName": "Renamed" });
    sim.http().kms("UpdateCustomKeyStore", &rename).ok();
}
