//! What surrounds the API: starting and stopping, the control API and its commands, accounts and Regions.

use std::{
    os::unix::fs::symlink,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Options, PROGRAM, Sim, until};

/// SIGTERM and SIGINT stop cleanly; the next start on the directory goes on where this one was.
#[test]
fn stop_and_go_on() {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let mut sim = Sim::start(&Options::dir(dir.path()));
    let mut http = sim.http();
    let blob =
        http.kms("Encrypt", &json!({ "KeyId": "alias/demo", "Plaintext": "aGVsbG8=" })).ok()["CiphertextBlob"].take();
    let first = sim.ready_line().clone();
    assert!(sim.stop().success(), "{}", sim.log());
    drop(sim);
    for signal in ["-INT", "-TERM"] {
        let mut again = Sim::start(&Options::dir(dir.path()));
        for name in [
            "account_id",
            "cluster_id",
            "custom_key_store_id",
            "key_id",
            "key_arn",
            "co_user",
            "co_password",
            "access_key_id",
            "secret_access_key",
        ] {
            assert_eq!(again.ready(name), first[name], "{name}");
        }
        let mut http = again.http();
        let store = http.kms("DescribeCustomKeyStores", &json!({ "CustomKeyStoreId": again.store() })).ok();
        assert_eq!(store["CustomKeyStores"][0]["ConnectionState"], "CONNECTED", "{store}");
        assert_eq!(http.kms("Decrypt", &json!({ "CiphertextBlob": blob })).ok()["Plaintext"], "aGVsbG8=");
        again.signal(signal);
        assert!(again.stop().success(), "{}", again.log());
    }
}

/// The first line names everything that a script needs.
#[test]
fn first_line() {
    let sim = Sim::new();
    for name in ["endpoint", "region", "account_id", "cluster_id", "custom_key_store_id", "key_id", "key_arn"] {
        sim.ready(name);
    }
    for name in ["co_user", "co_password", "trust_anchor_path", "access_key_id", "secret_access_key", "dir"] {
        sim.ready(name);
    }
    assert_eq!(sim.ready("account_id"), "111122223333");
    assert_eq!(sim.key(), format!("arn:aws:kms:{}:111122223333:key/{}", sim.ready("region"), sim.ready("key_id")));
    let mode = std::fs::metadata(sim.dir())
        .map(|folder| std::os::unix::fs::PermissionsExt::mode(&folder.permissions()))
        .expect("the directory is there");
    assert_eq!(mode & 0o777, 0o700);
}

/// As many threads answer as was asked for, and one is enough.
#[test]
fn workers() {
    for (asked, threads) in [("1", 1), ("3", 3)] {
        let sim = Sim::start(&Options::ephemeral().arg("--workers").arg(asked));
        until("threads take their name", || sim.threads("tokio-rt-worker") >= threads);
        assert_eq!(sim.threads("tokio-rt-worker"), threads, "--workers {asked}");
        let store = sim.http().kms("DescribeCustomKeyStores", &json!({})).ok();
        assert_eq!(store["CustomKeyStores"][0]["ConnectionState"], "CONNECTED", "{store}");
    }
    for asked in ["0", "1025", "many"] {
        let refused = Command::new(PROGRAM).args(["up", "--ephemeral", "--workers", asked]).output();
        let refused = refused.expect("the program can be started");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(said.contains(&format!("invalid value '{asked}' for '--workers <N>'")), "{said}");
        assert!(!refused.status.success(), "{said}");
    }
}

/// An ephemeral world is swept away once its owner is dead.
#[test]
fn ephemeral_worlds_vanish() {
    let mut sim = Sim::new();
    let dir = sim.dir();
    assert!(dir.exists());
    assert!(sim.stop().success(), "{}", sim.log());
    assert!(!dir.exists(), "{} is left after a clean stop", dir.display());
    let mut killed = Sim::new();
    let dir = killed.dir();
    killed.kill();
    let _next = Sim::new();
    until("the next start sweeps what a killed one left", || !dir.exists());
}

/// The utilities also work under their own names.
#[test]
fn called_by_name() {
    let sim = Sim::new();
    for (name, script, answer) in [
        ("cloudhsm_mgmt_util", "listUsers\nquit\n", "Number of users found:"),
        ("key_mgmt_util", "listUsers\nexit\n", "kmsuser"),
    ] {
        let link = sim.home().join(name);
        symlink(PROGRAM, &link).expect("a link can be made");
        let mut command = Command::new(&link);
        command.arg("--dir").arg(sim.dir()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program can be started");
        std::io::Write::write_all(&mut child.stdin.take().expect("standard input was piped"), script.as_bytes())
            .expect("it reads its input");
        let output = child.wait_with_output().expect("it can be waited for");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains(answer),
            "{name}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// The utilities need no server.
#[test]
fn utilities_without_a_server() {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let mut sim = Sim::start(&Options::dir(dir.path()));
    assert!(sim.stop().success());
    sim.as_co("createUser CU alice AlicePass1\ny").ok().has("Creating User alice(CU) on 3 nodes");
    sim.kmu("loginHSM -u CU -s alice -p AlicePass1\nlogoutHSM\nexit\n").ok();
}

/// The library's failures of a script show in its exit status, and nothing is asked without a terminal (documented).
#[test]
fn exit_status_of_scripts() {
    let sim = Sim::new();
    sim.cmu("loginHSM CO admin WrongPassword1\nlistUsers\nquit\n")
        .failed()
        .has("Number of users found:")
        .has_not("Retry");
    sim.cmu("frobnicate\nquit\n").failed();
    sim.kmu("loginHSM -u CU -s nobody -p Password1\nexit\n").failed();
    sim.kmu("findKey\nexit\n").failed();
    sim.kmu("exit\n").ok();
    sim.cmu("").ok();
}

/// The directory can be named at any place.
#[test]
fn directory_last() {
    let sim = Sim::new();
    for args in [&["clock", "now"] as &[&str], &["fault", "list"], &["snapshot", "list"]] {
        let output = sim.program().args(args).arg("--dir").arg(sim.dir()).output().expect("the program can be started");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn simulated_clock() {
    let sim = Sim::new();
    let mut http = sim.http();
    sim.run(&["clock", "set", "2035-01-01T00:00:00Z"]).ok();
    assert!(sim.run(&["clock", "now"]).ok().stdout.contains("2035-01-01T00:0"));
    sim.clock_advance("36h");
    assert!(sim.run(&["clock", "now"]).ok().stdout.contains("2035-01-02T12:0"));
    let key = http.kms("CreateKey", &json!({})).ok();
    let created = key["KeyMetadata"]["CreationDate"].as_f64().expect("a number");
    assert!((2_051_352_000.0..2_051_352_600.0).contains(&created), "2035-01-02 12:00 and a little, not {created}");
    assert_eq!(http.control("POST", "/_sim/clock", &json!({ "advance": "10m" })).status, 200);
    assert!(sim.run(&["clock", "now"]).ok().stdout.contains("2035-01-02T12:1"));
    for body in [json!({ "advance": "soon" }), json!({ "set": "yesterday" }), json!({}), json!([])] {
        assert_eq!(http.control("POST", "/_sim/clock", &body).status, 400, "{body}");
    }
    assert_ne!(sim.run(&["clock", "advance", "soon"]).code, Some(0));
}

#[test]
fn faults_from_outside() {
    let sim = Sim::new();
    let mut http = sim.http();
    let list = |http: &mut crate::support::Http| http.control("GET", "/_sim/faults", &Value::Null).ok().to_string();
    sim.fault_set(&["network-cut", "--cluster", sim.cluster(), "--for", "10m"]);
    let clusters = http.cloudhsm("DescribeClusters", &json!({})).ok();
    let subnet = clusters["Clusters"][0]["Hsms"][0]["SubnetId"].as_str().expect("an HSM has a subnet").to_owned();
    sim.fault_set(&["subnet-full", "--subnet", &subnet]);
    let listed = sim.run(&["fault", "list", "--json"]).json().to_string();
    for text in [&listed, &list(&mut http)] {
        assert!(text.contains("network-cut") && text.contains(sim.cluster()) && text.contains(&subnet), "{text}");
    }
    assert_eq!(
        http.kms("Encrypt", &json!({ "KeyId": sim.key(), "Plaintext": "aGk=" })).error().as_deref(),
        Some("KMSInvalidStateException")
    );
    sim.clock_advance("11m");
    http.kms("Encrypt", &json!({ "KeyId": sim.key(), "Plaintext": "aGk=" })).ok();
    assert!(!list(&mut http).contains("network-cut"), "the fault has healed");
    sim.faults_clear();
    assert!(!list(&mut http).contains("subnet-full"));
    for wrong in [
        &["fault", "set", "earthquake"] as &[&str],
        &["fault", "set", "network-cut", "--cluster", "cluster-aaaaaaaaaaa"],
        &["fault", "clear", "absent"],
    ] {
        assert_ne!(sim.run(wrong).code, Some(0), "{wrong:?}");
    }
}

/// A snapshot is the whole world; going back undoes what happened since, deletions included.
#[test]
fn snapshots() {
    let sim = Sim::new();
    let mut http = sim.http();
    let blob =
        http.kms("Encrypt", &json!({ "KeyId": sim.key(), "Plaintext": "aGVsbG8=" })).ok()["CiphertextBlob"].take();
    sim.run(&["snapshot", "save", "before"]).ok();
    http.kms("ScheduleKeyDeletion", &json!({ "KeyId": sim.key(), "PendingWindowInDays": 7 })).ok();
    sim.clock_advance("8d");
    assert_eq!(http.kms("DescribeKey", &json!({ "KeyId": sim.key() })).error().as_deref(), Some("NotFoundException"));
    assert!(sim.run(&["snapshot", "list"]).ok().stdout.contains("before"));
    sim.run(&["snapshot", "restore", "before"]).ok();
    until("the key works again", || http.kms("Decrypt", &json!({ "CiphertextBlob": blob })).status == 200);
    assert_eq!(http.control("POST", "/_sim/snapshots/again", &Value::Null).status, 200);
    assert!(http.control("GET", "/_sim/snapshots", &Value::Null).ok().to_string().contains("again"));
    assert_eq!(http.control("POST", "/_sim/snapshots/again/restore", &Value::Null).status, 200);
    assert_eq!(http.control("DELETE", "/_sim/snapshots/again", &Value::Null).status, 200);
    sim.run(&["snapshot", "delete", "before"]).ok();
    assert_ne!(sim.run(&["snapshot", "restore", "before"]).code, Some(0));
}

/// A reset goes back to the world as it first was, the ready environment included.
#[test]
fn reset() {
    let sim = Sim::new();
    let mut http = sim.http();
    let made = http.kms("CreateKey", &json!({})).ok()["KeyMetadata"]["Arn"].take();
    assert_eq!(http.control("POST", "/_sim/reset", &Value::Null).status, 200);
    assert_eq!(http.kms("DescribeKey", &json!({ "KeyId": made })).error().as_deref(), Some("NotFoundException"));
    http.kms("Encrypt", &json!({ "KeyId": sim.key(), "Plaintext": "aGk=" })).ok();
}

/// A web page of another origin gets nothing from the control API.
#[test]
fn foreign_origins() {
    let sim = Sim::new();
    let request = format!(
        "POST /_sim/reset HTTP/1.1\r\nHost: {}\r\nOrigin: https://evil.example\r\nContent-Length: 0\r\n\r\n",
        sim.authority()
    );
    assert_eq!(sim.http().send(request.as_bytes()).expect("an answer").status, 403);
    sim.http().kms("DescribeKey", &json!({ "KeyId": sim.key() })).ok();
}

/// Passwords and secrets never reach the log.
#[test]
fn no_secrets_in_the_log() {
    let sim = Sim::new();
    let mut http = sim.http();
    http.kms(
        "UpdateCustomKeyStore",
        &json!({ "CustomKeyStoreId": sim.store(), "KeyStorePassword": "SecretPassword1" }),
    );
    http.kms("Encrypt", &json!({ "KeyId": sim.key(), "Plaintext": "U2VjcmV0UGxhaW50ZXh0" }));
    sim.as_co("listUsers").ok();
    let log = sim.log();
    for secret in [
        "SecretPassword1",
        "U2VjcmV0UGxhaW50ZXh0",
        "SecretPlaintext",
        sim.ready("co_password"),
        sim.ready("secret_access_key"),
    ] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

/// A 12-digit access key id is an account, and the credential's scope names the Region; each has a world of its own (documented).
#[test]
fn accounts_and_regions() {
    let sim = Sim::new();
    let mut home = sim.http();
    for (access_key, account, region) in [
        ("210987654321", "210987654321", "us-east-1"),
        ("AKIAOTHEROTHEROTHER1", "111122223333", "eu-west-1"),
        ("210987654321", "210987654321", "ap-south-1"),
    ] {
        let mut http = sim.http().of(access_key, region);
        let stores = http.kms("DescribeCustomKeyStores", &json!({})).ok();
        assert_eq!(stores["CustomKeyStores"], json!([]), "{account} in {region}");
        let arn = http.kms("CreateKey", &json!({})).ok()["KeyMetadata"]["Arn"].as_str().expect("an ARN").to_owned();
        assert!(arn.starts_with(&format!("arn:aws:kms:{region}:{account}:key/")), "{arn}");
        let id = arn.rsplit('/').next().expect("an ARN has a key id");
        let reply = home.kms("DescribeKey", &json!({ "KeyId": id }));
        assert_eq!(reply.error().as_deref(), Some("NotFoundException"), "{arn} is not seen from elsewhere");
        let cluster = http.cloudhsm("DescribeClusters", &json!({ "Filters": { "clusterIds": [sim.cluster()] } })).ok();
        assert_eq!(cluster["Clusters"], json!([]), "{account} in {region}");
    }
    home.kms("DescribeKey", &json!({ "KeyId": sim.key() })).ok();
}

/// Pages of one show every key and alias once.
#[test]
fn pages_of_lists() {
    let sim = Sim::new();
    let mut http = sim.http();
    for number in 0..4 {
        let key = http.kms("CreateKey", &json!({})).ok();
        http.kms(
            "CreateAlias",
            &json!({ "AliasName": format!("alias/page{number}"), "TargetKeyId": key["KeyMetadata"]["KeyId"] }),
        )
        .ok();
    }
    for (operation, list, member) in [("ListKeys", "Keys", "KeyArn"), ("ListAliases", "Aliases", "AliasName")] {
        let whole = http.kms(operation, &json!({})).ok();
        let names = |page: &Value| {
            let entries = page[list].as_array().expect("a list").iter();
            entries.map(|entry| entry[member].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
        };
        let (mut seen, mut page) = (Vec::new(), json!({ "Limit": 1 }));
        loop {
            let shown = http.kms(operation, &page).ok();
            assert!(names(&shown).len() <= 1, "{shown}");
            seen.extend(names(&shown));
            if shown["Truncated"] == false {
                break;
            }
            page["Marker"] = shown["NextMarker"].clone();
        }
        assert_eq!(seen, names(&whole), "{operation}");
        assert!(seen.len() >= 5, "{seen:?}");
    }
}
