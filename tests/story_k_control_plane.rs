//! A cluster's whole life as on the real service: every change takes its time, every stage shows its certificates, and each answer has the members
//! that the service's model gives it (documented).

use std::fs;

use serde_json::{Value, json};

use crate::support::{Aws, CO_PASSWORD, Client, Customer, Options, Sim, ssl, text};

const CLUSTER: [&str; 13] = [
    "BackupPolicy",
    "BackupRetentionPolicy",
    "Certificates",
    "ClusterId",
    "CreateTimestamp",
    "HsmType",
    "Hsms",
    "Mode",
    "NetworkType",
    "SecurityGroup",
    "State",
    "SubnetMapping",
    "VpcId",
];
const HSM: [&str; 7] = ["AvailabilityZone", "ClusterId", "EniId", "EniIp", "HsmId", "State", "SubnetId"];
const INVALID: &str = "CloudHsmInvalidRequestException";

/// By version 1 of the CLI, whose pinned copy of the model is the newer one and drops no member.
#[test]
fn life_of_a_cluster() {
    let sim = Sim::start(&Options::ephemeral().arg("--empty").arg("--transitions").arg("realistic"));
    let aws = sim.aws(Client::V1);
    let customer = Customer::new(&aws, "customer");
    let cluster = create(&aws);
    first_hsm(&aws, &cluster);
    initialize(&aws, &customer, &cluster);
    activate(&aws, &cluster);
    let second = second_hsm(&aws, &cluster);
    remove_everything(&aws, &cluster, &second);
    come_back(&aws, &cluster);
}

#[track_caller]
fn assert_members(value: &Value, expected: &[&str]) {
    let mut members: Vec<&str> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, expected, "{value}");
}

#[track_caller]
fn assert_state(aws: &Aws<'_>, cluster: &str, state: &str) -> Value {
    let shown = aws.cluster(cluster);
    assert_eq!(shown["State"], state, "{shown}");
    shown
}

fn create(aws: &Aws<'_>) -> String {
    let subnets = ["subnet-0aaaaaaa1", "subnet-0aaaaaaa2"];
    let create = ["cloudhsmv2", "create-cluster", "--hsm-type", "hsm1.medium", "--subnet-ids"];
    let created = aws.json(&[&create[..], &subnets].concat())["Cluster"].take();
    assert_members(&created, &CLUSTER);
    let fixed = json!({ "BackupPolicy": "DEFAULT", "HsmType": "hsm1.medium", "Hsms": [], "Mode": "FIPS", "NetworkType": "IPV4",
        "State": "CREATE_IN_PROGRESS", "Certificates": {}, "BackupRetentionPolicy": { "Type": "DAYS", "Value": "90" } });
    for (member, value) in fixed.as_object().expect("an object") {
        assert_eq!(created[member], *value, "{member}");
    }
    let cluster = text(&created, &["ClusterId"]);
    assert_state(aws, &cluster, "CREATE_IN_PROGRESS");
    aws.fails(&create_hsm(&cluster, "us-east-1a"), INVALID);
    aws.sim().clock_advance("3m");
    assert_eq!(assert_state(aws, &cluster, "UNINITIALIZED")["Certificates"], json!({}));
    cluster
}

fn create_hsm<'a>(cluster: &'a str, zone: &'a str) -> [&'a str; 6] {
    ["cloudhsmv2", "create-hsm", "--cluster-id", cluster, "--availability-zone", zone]
}

/// The chain of the guide's "verify HSM identity": request, HSM, hardware, the two roots.
fn first_hsm(aws: &Aws<'_>, cluster: &str) {
    let created = aws.json(&create_hsm(cluster, "us-east-1a"))["Hsm"].take();
    assert_members(&created, &HSM);
    assert_eq!(created["State"], "CREATE_IN_PROGRESS");
    let shown = aws.cluster(cluster);
    assert_eq!((&shown["Hsms"][0]["State"], &shown["Certificates"]), (&json!("CREATE_IN_PROGRESS"), &json!({})));
    aws.sim().clock_advance("313s");
    let shown = assert_state(aws, cluster, "UNINITIALIZED");
    assert_eq!(shown["Hsms"][0]["State"], "ACTIVE");
    let certificates = &shown["Certificates"];
    assert_members(
        certificates,
        &["AwsHardwareCertificate", "ClusterCsr", "HsmCertificate", "ManufacturerHardwareCertificate"],
    );
    let roots = aws.sim().http().control("GET", "/_sim/hardware-roots", &Value::Null).ok();
    let file = |name: &str, content: &Value| {
        let path = aws.sim().home().join(name);
        fs::write(&path, content.as_str().expect("PEM is text")).expect("the temporary directory can be written");
        path.to_str().expect("temporary paths are UTF-8").to_owned()
    };
    let of = |member: &str| file(member, &certificates[member]);
    let (hsm, csr) = (of("HsmCertificate"), of("ClusterCsr"));
    for (hardware, root) in [
        (of("AwsHardwareCertificate"), file("aws-root", &roots["aws"])),
        (of("ManufacturerHardwareCertificate"), file("manufacturer-root", &roots["manufacturer"])),
    ] {
        ssl(&["verify", "-CAfile", &root, &hardware]);
        ssl(&["verify", "-CAfile", &root, "-untrusted", &hardware, &hsm]);
    }
    let public = |path: &str| ssl(&["x509", "-in", path, "-noout", "-pubkey"]);
    assert_eq!(ssl(&["req", "-in", &csr, "-noout", "-pubkey"]), public(&hsm), "the request is the HSM's");
    let subject = ssl(&["req", "-in", &csr, "-noout", "-subject", "-nameopt", "compat"]);
    let wanted = "/C=US/ST=CA/O=Cavium/OU=N3FIPS/L=SanJose/CN=HSM:";
    assert!(
        subject.contains(wanted) && subject.contains(":PARTN:") && subject.contains(", for FIPS mode"),
        "{subject}"
    );
}

fn initialize(aws: &Aws<'_>, customer: &Customer<'_>, cluster: &str) {
    let request = text(&aws.cluster(cluster), &["Certificates", "ClusterCsr"]);
    let certificate = customer.sign(&request);
    let claim = customer.claim(cluster, &certificate);
    // A certificate of another authority, and one of another key, are refused.
    let stranger = Customer::new(aws, "stranger");
    let mut foreign = claim.clone();
    foreign[7] = stranger.trust_anchor();
    aws.fails(&foreign.each_ref().map(String::as_str), INVALID);
    foreign[5] = stranger.trust_anchor();
    aws.fails(&foreign.each_ref().map(String::as_str), INVALID);
    let claim = claim.each_ref().map(String::as_str);
    let answer = aws.json(&claim);
    let message = "Cluster is initializing. State will change to INITIALIZED upon completion.";
    assert_eq!(answer, json!({ "State": "INITIALIZE_IN_PROGRESS", "StateMessage": message }));
    assert_eq!(assert_state(aws, cluster, "INITIALIZE_IN_PROGRESS")["StateMessage"], message);
    aws.fails(&claim, INVALID);
    aws.sim().clock_advance("2m");
    let shown = assert_state(aws, cluster, "INITIALIZED");
    assert_members(&shown["Certificates"], &["ClusterCertificate"]);
    let signed = fs::read_to_string(&certificate).expect("OpenSSL wrote the certificate");
    assert_eq!(text(&shown, &["Certificates", "ClusterCertificate"]).trim(), signed.trim());
}

/// The control plane notices the activation late, and until then refuses a second HSM with the documented text.
fn activate(aws: &Aws<'_>, cluster: &str) {
    let script = format!("loginHSM PRECO admin password\nchangePswd PRECO admin {CO_PASSWORD}\ny\nlogoutHSM\nquit\n");
    aws.sim().cmu_on(cluster, &script).ok().has("Changing password for admin(PRECO) on 1 nodes");
    assert_state(aws, cluster, "INITIALIZED");
    let message = aws.fails(&create_hsm(cluster, "us-east-1b"), INVALID);
    assert_eq!(message, format!("Cluster '{cluster}' already contains an HSM but has not yet been fully activated"));
    aws.sim().clock_advance("80s");
    assert_state(aws, cluster, "ACTIVE");
}

fn second_hsm(aws: &Aws<'_>, cluster: &str) -> String {
    let added = text(&aws.json(&create_hsm(cluster, "us-east-1b")), &["Hsm", "HsmId"]);
    let shown = assert_state(aws, cluster, "ACTIVE");
    assert_eq!(
        (&shown["Hsms"][0]["State"], &shown["Hsms"][1]["State"]),
        (&json!("ACTIVE"), &json!("CREATE_IN_PROGRESS"))
    );
    // Nobody sees the HSM before it is there; then it has the users of the first one.
    aws.sim().clock_advance("313s");
    assert_eq!(aws.cluster(cluster)["Hsms"][1]["State"], "ACTIVE");
    let script = format!("loginHSM CO admin {CO_PASSWORD}\ncreateUser CU app password1\ny\nlogoutHSM\nquit\n");
    aws.sim().cmu_on(cluster, &script).ok().has("Creating User app(CU) on 2 nodes");
    added
}

fn remove_everything(aws: &Aws<'_>, cluster: &str, second: &str) {
    let delete = ["cloudhsmv2", "delete-cluster", "--cluster-id", cluster];
    aws.fails(&delete, INVALID);
    let first = aws.hsms(cluster).remove(0);
    for (left, hsm) in [(2, second), (1, first.as_str())] {
        let remove = ["cloudhsmv2", "delete-hsm", "--cluster-id", cluster, "--hsm-id", hsm];
        assert_eq!(aws.json(&remove), json!({ "HsmId": hsm }));
        let shown = assert_state(aws, cluster, "ACTIVE");
        assert_eq!(shown["Hsms"].as_array().map(Vec::len), Some(left), "it is listed for a while: {shown}");
        aws.fails(&remove, INVALID);
        aws.fails(&delete, INVALID);
        aws.sim().clock_advance("2m");
    }
    assert_eq!(assert_state(aws, cluster, "ACTIVE")["Hsms"], json!([]));
    let deleted = aws.json(&delete)["Cluster"].take();
    let answered = (&deleted["State"], &deleted["StateMessage"]);
    assert_eq!(answered, (&json!("DELETE_IN_PROGRESS"), &json!("The cluster is being deleted.")));
    assert_state(aws, cluster, "DELETE_IN_PROGRESS");
    aws.sim().clock_advance("1m");
    assert_state(aws, cluster, "DELETED");
    aws.fails(&delete, "CloudHsmResourceNotFoundException");
    aws.sim().clock_advance("1h");
    assert_eq!(aws.json(&["cloudhsmv2", "describe-clusters"]), json!({ "Clusters": [] }));
}

/// The backup of the last removal brings the cluster back: its certificate, its officer and its user.
fn come_back(aws: &Aws<'_>, cluster: &str) {
    let backups = aws.backups(cluster);
    assert_eq!(backups.len(), 4, "of the activation, the addition and two removals: {backups:?}");
    let latest = &backups[0];
    assert_members(
        latest,
        &["BackupArn", "BackupId", "BackupState", "ClusterId", "CreateTimestamp", "HsmType", "Mode", "NeverExpires"],
    );
    let create = ["cloudhsmv2", "create-cluster", "--hsm-type", "hsm1.medium", "--subnet-ids", "subnet-0aaaaaaa1"];
    let source = text(latest, &["BackupId"]);
    let created = aws.json(&[&create[..], &["--source-backup-id", &source]].concat())["Cluster"].take();
    let mut members = CLUSTER.to_vec();
    members.insert(10, "SourceBackupId");
    assert_members(&created, &members);
    let clone = text(&created, &["ClusterId"]);
    aws.sim().clock_advance("3m");
    let shown = assert_state(aws, &clone, "ACTIVE");
    assert_members(&shown["Certificates"], &["ClusterCertificate"]);
    aws.json(&create_hsm(&clone, &text(&zones(&shown), &["0"])));
    aws.sim().clock_advance("313s");
    let script = format!("loginHSM CO admin {CO_PASSWORD}\nlistUsers\nlogoutHSM\nquit\n");
    let users = aws.sim().cmu_on(&clone, &script).ok();
    assert_eq!(users.strikes("app"), [0]);
}

fn zones(cluster: &Value) -> Value {
    let zones = cluster["SubnetMapping"].as_object().expect("a mapping").keys().cloned();
    zones.enumerate().map(|(number, zone)| (number.to_string(), Value::String(zone))).collect()
}

/// The switch belongs to the world: `settings` shows and changes it.
#[test]
fn durations_are_settings() {
    let sim = Sim::start(&Options::ephemeral().arg("--empty").arg("--transitions").arg("create-hsm=30s,backup=1m"));
    let shown = sim.run(&["settings", "show"]).ok().stdout;
    assert!(shown.contains("transitions            create-hsm=30s,backup=1m\n"), "{shown}");
    let shown = sim.run(&["settings", "set", "--transitions", "realistic"]).ok().stdout;
    assert!(shown.contains("transitions            realistic\n"), "{shown}");
}
