//! The description of the control API, checked by an OpenAPI validator that is not ours, and the API's answers checked against it.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Sim, python, root};

#[test]
fn the_description_is_valid_and_the_answers_fit_it() {
    let sim = Sim::new();
    sim.fault_set(&[
        "slow",
        "--cluster",
        sim.cluster(),
        "--node",
        &sim.aws(crate::support::Client::V1).hsms(sim.cluster())[0],
        "--delay",
        "1ms",
    ]);
    let mut http = sim.http();
    let audited = http.control("GET", "/_sim/audit", &Value::Null).ok();
    let hsm = audited["hsms"][0].as_str().expect("an HSM").to_owned();
    let audit = format!("/_sim/audit/{hsm}");
    // Path in the description, path asked for, method and body.
    let asked = [
        ("/_sim/health", "/_sim/health", "GET", Value::Null),
        ("/_sim/state", "/_sim/state", "GET", Value::Null),
        ("/_sim/audit", "/_sim/audit", "GET", Value::Null),
        ("/_sim/audit/{hsm}", audit.as_str(), "GET", Value::Null),
        ("/_sim/audit/{hsm}", "/_sim/audit/hsm-aaaaaaaaaaa", "GET", Value::Null),
        ("/_sim/faults", "/_sim/faults", "GET", Value::Null),
        ("/_sim/faults", "/_sim/faults", "POST", json!({ "kind": "store-failing", "count": 1, "for": "1h" })),
        ("/_sim/faults", "/_sim/faults", "POST", json!({ "kind": "earthquake" })),
        ("/_sim/faults", "/_sim/faults", "DELETE", Value::Null),
        ("/_sim/faults/{id}", "/_sim/faults/fault-aaaaaaaaaaa", "DELETE", Value::Null),
        ("/_sim/clock", "/_sim/clock", "GET", Value::Null),
        ("/_sim/clock", "/_sim/clock", "POST", json!({ "advance": "1s" })),
        ("/_sim/hardware-roots", "/_sim/hardware-roots", "GET", Value::Null),
        ("/_sim/snapshots", "/_sim/snapshots", "GET", Value::Null),
        ("/_sim/snapshots/{name}", "/_sim/snapshots/one", "POST", Value::Null),
        ("/_sim/snapshots/{name}/restore", "/_sim/snapshots/one/restore", "POST", Value::Null),
        ("/_sim/snapshots/{name}", "/_sim/snapshots/one", "DELETE", Value::Null),
        ("/_sim/reset", "/_sim/reset", "POST", Value::Null),
    ];
    let answers: Vec<Value> = asked
        .into_iter()
        .map(|(described, path, method, body)| {
            let reply = http.control(method, path, &body);
            json!({ "path": described, "method": method.to_lowercase(), "status": reply.status, "body": body, "answer": reply.json() })
        })
        .collect();
    let description = http.control("GET", "/_sim/openapi.json", &Value::Null).ok();
    let input = sim.home().join("openapi.json");
    let input_text = json!({ "description": description, "answers": answers }).to_string();
    std::fs::write(&input, input_text).expect("the temporary directory can be written");
    let script = root().join("tests/clients/openapi.py");
    let output = Command::new(python()).arg(script).arg(input).output().expect("Python can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(text(&output.stdout).trim(), "18 answers fit");
}
