//! Faults of a node and of operations, the audit log and the clock's rate, as operators set them: from the command line and over HTTP,
//! seen through the tools and the AWS CLI.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Client, Sim};

/// What is told of a fault that is set: the kind and its parts.
type Told<'a> = (&'static str, &'a [(&'static str, &'a str)]);

/// Sets a fault the one way and clears it the other way; `shows` says whether its effect is seen.
fn breaks_and_heals(sim: &Sim, (kind, parts): Told<'_>, by_http: bool, shows: &dyn Fn() -> bool) {
    assert!(!shows(), "{kind} before");
    let id = if by_http {
        let mut body: serde_json::Map<String, Value> =
            parts.iter().map(|(part, word)| ((*part).to_owned(), json!(word))).collect();
        body.insert("kind".to_owned(), json!(kind));
        sim.http().control("POST", "/_sim/faults", &body.into()).ok()["id"].as_str().expect("an id").to_owned()
    } else {
        let options = parts.iter().flat_map(|(part, word)| [format!("--{part}"), (*word).to_owned()]);
        let options: Vec<String> = std::iter::once(kind.to_owned()).chain(options).collect();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        sim.fault_set(&options).stdout.trim().to_owned()
    };
    let listed = sim.run(&["fault", "list", "--json"]).json();
    assert_eq!((&listed[0]["id"], &listed[0]["kind"]), (&json!(id), &json!(kind)));
    for (part, word) in parts {
        assert_eq!(listed[0][part], *word, "{kind}");
    }
    assert!(shows(), "{kind} {parts:?}");
    if by_http {
        sim.run(&["fault", "clear", &id]).ok();
    } else {
        sim.http().control("DELETE", &format!("/_sim/faults/{id}"), &Value::Null).ok();
    }
    assert!(!shows(), "{kind} after");
}

#[test]
fn faults_show_and_heal() {
    let sim = Sim::new();
    let aws = sim.aws(Client::V1);
    let cluster = sim.cluster();
    let hsms = aws.hsms(cluster);
    let (first, second) = (hsms[0].as_str(), hsms[1].as_str());
    let told = |text: &'static str| {
        let sim = &sim;
        move || sim.cmu(&format!("{}quit\n", sim.co_login())).count(text) > 0
    };
    let error = |args: Vec<String>, code: &'static str| {
        let aws = &aws;
        move || {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            aws.run(&args).error_code() == Some(code)
        }
    };
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    let node = [("cluster", cluster), ("node", second)];
    let describe = words(&["kms", "describe-key", "--key-id", sim.key()]);
    let encrypt = words(&["kms", "encrypt", "--key-id", sim.key(), "--plaintext", "aGVsbG8="]);

    breaks_and_heals(&sim, ("login-refused", &node), false, &told("RET_USER_LOGIN_FAILURE"));
    breaks_and_heals(&sim, ("tampered", &node), true, &told("user isn't initialized"));
    breaks_and_heals(&sim, ("busy", &node), false, &told("already busy"));
    let from_tools = [("cluster", cluster), ("node", second), ("from", "tools")];
    breaks_and_heals(&sim, ("partition", &from_tools), true, &told("unavailable"));
    let from_kms = [("cluster", cluster), ("from", "kms")];
    breaks_and_heals(&sim, ("partition", &from_kms), false, &error(encrypt, "KMSInvalidStateException"));
    let login = [("operation", "CN_LOGIN"), ("code", "187")];
    breaks_and_heals(&sim, ("operation-failing", &login), true, &told("already busy"));
    let denied = [("operation", "kms:DescribeKey"), ("code", "AccessDeniedException")];
    breaks_and_heals(&sim, ("operation-failing", &denied), false, &error(describe, "AccessDeniedException"));
    let tampered_state = || aws.cluster(cluster)["Hsms"].to_string().contains("DEGRADED");
    breaks_and_heals(&sim, ("tampered", &node), false, &tampered_state);
    let failing = || {
        let delete = json!({ "ClusterId": cluster, "HsmId": "hsm-aaaaaaaaaaa" });
        assert_eq!(
            sim.http().cloudhsm("DeleteHsm", &delete).error().as_deref(),
            Some("CloudHsmResourceNotFoundException")
        );
        let listed = sim.run(&["fault", "list"]).ok().stdout;
        if !listed.contains("backup-failing") {
            return false;
        }
        let delete = json!({ "ClusterId": cluster, "HsmId": first });
        sim.http().cloudhsm("DeleteHsm", &delete).error().as_deref() == Some("CloudHsmInternalFailureException")
    };
    breaks_and_heals(&sim, ("backup-failing", &[("cluster", cluster)]), true, &failing);
    assert_eq!(aws.hsms(cluster), hsms);

    // A full HSM: a user's new key does not arrive on it.
    sim.as_co("createUser CU alice alicePswd\ny").ok();
    let full = || {
        let script = "loginHSM -u CU -s alice -p alicePswd\ngenSymKey -t 31 -s 32 -l key\nexit\n";
        sim.kmu(script).count("no space left") > 0
    };
    breaks_and_heals(&sim, ("full", &node), false, &full);

    // Slow HSMs: each request takes at least as long as they do.
    for hsm in &hsms {
        sim.fault_set(&["slow", "--cluster", cluster, "--node", hsm, "--delay", "150ms..200ms"]);
    }
    let start = Instant::now();
    sim.http().kms("Encrypt", &json!({ "KeyId": sim.key(), "Plaintext": "aGVsbG8=" })).ok();
    assert!(start.elapsed() >= Duration::from_millis(150));
    sim.faults_clear();

    // What the HSM noted of all that, in the form of the service's log.
    let log = sim.run(&["audit", "--hsm", second]).ok().stdout;
    for noted in ["Opcode : CN_LOGIN (0xd)", "Response : 163:HSM Error: RET_USER_LOGIN_FAILURE", "User Name : alice"] {
        assert!(log.contains(noted), "{noted} in {log}");
    }
    let shown = sim.http().control("GET", &format!("/_sim/audit/{second}"), &Value::Null).ok();
    assert_eq!(shown["events"].as_array().map(Vec::len), Some(log.matches("Sequence No : ").count()));

    sim.run(&["clock", "rate", "0"]).ok();
    let clock = sim.http().control("GET", "/_sim/clock", &Value::Null).ok();
    assert_eq!(clock["rate"], 0.0);
    assert_eq!(
        sim.http().control("GET", "/_sim/clock", &Value::Null).ok()["now"],
        clock["now"],
        "the clock stands still"
    );
    sim.http().control("POST", "/_sim/clock", &json!({ "rate": 1 })).ok();
}
