//! Every kind of fault, as operators set and clear it, from the command line and over HTTP, seen through the tools and the AWS CLI; the
//! audit log and the clock's rate.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Client, Sim};

/// A kind of fault with its parts, and how it is seen.
struct Row<'a> {
    kind: &'static str,
    parts: Vec<(&'static str, &'a str)>,
    shows: Box<dyn Fn() -> bool + 'a>,
}

/// Sets a fault the one way and clears it the other way; its effect is there and is gone again.
fn breaks_and_heals(sim: &Sim, row: &Row<'_>, by_http: bool) {
    let Row { kind, parts, shows } = row;
    let id = if by_http {
        let mut body: serde_json::Map<String, Value> =
            parts.iter().map(|(part, word)| ((*part).to_owned(), json!(word))).collect();
        body.insert("kind".to_owned(), json!(kind));
        sim.http().control("POST", "/_sim/faults", &body.into()).ok()["id"].as_str().expect("an id").to_owned()
    } else {
        let options = parts.iter().flat_map(|(part, word)| [format!("--{part}"), (*word).to_owned()]);
        let options: Vec<String> = std::iter::once((*kind).to_owned()).chain(options).collect();
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
    // Whether something is fast again only a slow machine would say.
    assert!(*kind == "slow" || !shows(), "{kind} after");
}

/// The kinds that the help lists.
fn kinds(sim: &Sim) -> BTreeSet<String> {
    let help = sim.program().args(["fault", "set", "--help"]).output().expect("the program can be started").stdout;
    let help = String::from_utf8(help).expect("the help is UTF-8");
    let (_, list) = help.split_once("Kinds, and what each needs").expect("the help has the list");
    let kind =
        |line: &str| line.strip_prefix("  ")?.split(' ').next().filter(|word| !word.is_empty()).map(str::to_owned);
    list.lines().filter_map(kind).collect()
}

#[test]
fn every_kind_shows_and_heals() {
    let sim = Sim::new();
    let aws = sim.aws(Client::V1);
    let cluster = sim.cluster();
    let hsms = aws.hsms(cluster);
    let second = hsms[1].as_str();
    let zone = aws.cluster(cluster)["Hsms"][0].clone();
    let subnet = zone["SubnetId"].as_str().expect("a subnet");
    let zone = zone["AvailabilityZone"].as_str().expect("a zone");
    sim.as_co("createUser CU alice alicePswd\ny").ok();

    // What the management utility prints when an officer logs in and creates a user who exists already.
    let told = |text: &'static str| -> Box<dyn Fn() -> bool + '_> {
        let script = format!("{}createUser CU alice alicePswd\ny\nquit\n", sim.co_login());
        let sim = &sim;
        Box::new(move || sim.cmu(&script).count(text) > 0)
    };
    let refused = |args: &[&str], text: &str| -> Box<dyn Fn() -> bool + '_> {
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        let text = text.to_owned();
        let aws = &aws;
        Box::new(move || aws.run(&args.iter().map(String::as_str).collect::<Vec<_>>()).stderr.contains(&text))
    };
    let described = |test: fn(&Value, &str) -> bool| -> Box<dyn Fn() -> bool + '_> {
        let aws = &aws;
        Box::new(move || test(&aws.cluster(cluster), second))
    };
    let node = || vec![("cluster", cluster), ("node", second)];
    let whole = || vec![("cluster", cluster)];
    let encrypt = ["kms", "encrypt", "--key-id", sim.key(), "--plaintext", "aGVsbG8="];
    let describe = ["kms", "describe-key", "--key-id", sim.key()];
    let alias = ["kms", "create-alias", "--alias-name", "alias/late", "--target-key-id", sim.key()];
    let create = ["cloudhsmv2", "create-hsm", "--cluster-id", cluster, "--availability-zone", zone];
    let delete = ["cloudhsmv2", "delete-hsm", "--cluster-id", cluster, "--hsm-id", &hsms[0]];
    let tags = ["cloudhsmv2", "list-tags", "--resource-id", cluster];
    let full: Box<dyn Fn() -> bool> = Box::new(|| {
        let script = "loginHSM -u CU -s alice -p alicePswd\ngenSymKey -t 31 -s 32 -l key\nexit\n";
        sim.kmu(script).count("no space left") > 0
    });
    // A listing needs no login and changes nothing.
    let slow: Box<dyn Fn() -> bool> = Box::new(|| {
        let start = Instant::now();
        sim.cmu("listUsers\nquit\n");
        start.elapsed() >= Duration::from_millis(150)
    });
    let row = |kind, parts, shows| Row { kind, parts, shows };
    let rows = [
        row("node-down", node(), told("unavailable")),
        row("node-failed", node(), described(|cluster, _| cluster["Hsms"].to_string().contains("DEGRADED"))),
        row("node-removed", node(), described(|cluster, second| !cluster["Hsms"].to_string().contains(second))),
        row("cluster-deleted", whole(), refused(&tags, "CloudHsmResourceNotFoundException")),
        row("subnet-removed", vec![("subnet", subnet)], refused(&create, subnet)),
        row("subnet-full", vec![("subnet", subnet)], refused(&create, subnet)),
        row("security-group-rule-removed", whole(), told("unavailable")),
        row("network-cut", whole(), refused(&encrypt, "KMSInvalidStateException")),
        row("kms-internal-error", vec![], refused(&describe, "KMSInternalException")),
        row("store-failing", vec![], refused(&alias, "KMSInternalException")),
        row("busy", node(), told("already busy")),
        row("cluster-degraded", whole(), described(|cluster, _| cluster["State"] == "DEGRADED")),
        row("cluster-updating", whole(), described(|cluster, _| cluster["State"] == "UPDATE_IN_PROGRESS")),
        row("slow", [node(), vec![("delay", "150ms..200ms")]].concat(), slow),
        row("full", node(), full),
        row("tampered", node(), told("user isn't initialized")),
        row("tampered", node(), described(|cluster, _| cluster["Hsms"].to_string().contains("DEGRADED"))),
        row("partition", [node(), vec![("from", "tools")]].concat(), told("unavailable")),
        row("partition", [whole(), vec![("from", "kms")]].concat(), refused(&encrypt, "KMSInvalidStateException")),
        row("login-refused", node(), told("RET_USER_LOGIN_FAILURE")),
        row("operation-failing", vec![("operation", "CN_LOGIN"), ("code", "187")], told("already busy")),
        row("operation-failing", vec![("operation", "CN_CREATE_USER"), ("code", "187")], told("already busy")),
        row(
            "operation-failing",
            vec![("operation", "kms:DescribeKey"), ("code", "AccessDeniedException")],
            refused(&describe, "AccessDeniedException"),
        ),
        // Healed, it lets the HSM go.
        row("backup-failing", whole(), refused(&delete, "CloudHsmInternalFailureException")),
    ];
    for (number, row) in rows.iter().enumerate() {
        breaks_and_heals(&sim, row, number % 2 == 0);
    }
    let tested: BTreeSet<String> = rows.iter().map(|row| row.kind.to_owned()).collect();
    assert_eq!(tested, kinds(&sim), "each kind of fault has a row here");

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
