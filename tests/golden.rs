//! Transcripts of the two utilities, byte for byte where a seed or the guides show them (documented).
//!
//! A file under `golden/` is what a person sees at a terminal, typed lines included. The test types the same lines; what the program prints must then
//! be the rest of the file. Placeholders in braces stand for what differs from world to world.

use std::fs;

use serde_json::json;

use crate::support::{Sim, assert_transcript, root, until};

/// Prompts after which a person types.
const PROMPTS: [&str; 5] = ["aws-cloudhsm>", "server0>", "server1>", "server2>", "Command:"];
const QUESTION: &str = "Do you want to continue(y/n)?";

/// Runs the typed lines of a golden file and compares. A script sees what a person sees but for the prompts and what is typed after them; the answer
/// to a question is shown.
#[track_caller]
fn check(sim: &Sim, utility: &str, name: &str, known: &[(&str, &str)]) {
    let path = root().join("tests/golden").join(name);
    let golden = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (mut script, mut expected) = (String::new(), String::new());
    for line in golden.lines().filter(|line| !line.starts_with('#')) {
        if let Some(typed) = PROMPTS.iter().find_map(|prompt| line.strip_prefix(prompt)) {
            script += &format!("{}\n", fill(typed.trim(), known));
            continue;
        }
        if let Some(answer) = line.strip_prefix(QUESTION) {
            script += &format!("{answer}\n");
        }
        expected += &format!("{line}\n");
    }
    let transcript = match utility {
        "cmu" => sim.cmu(&script),
        _ => sim.kmu(&script),
    };
    assert_transcript(&expected, after_start(&transcript.0.stdout), known);
}

fn fill(line: &str, known: &[(&str, &str)]) -> String {
    known.iter().fold(line.to_owned(), |line, (name, value)| line.replace(&format!("{{{name}}}"), value))
}

/// The output without the lines about connecting to the servers.
fn after_start(stdout: &str) -> &str {
    let last = stdout.rfind("E2E enabled on server").unwrap_or(0);
    stdout[last..].find('\n').filter(|_| last > 0).map_or(stdout, |end| &stdout[last + end + 1..])
}

fn disconnected() -> Sim {
    let sim = Sim::new();
    let mut http = sim.http();
    http.kms("DisconnectCustomKeyStore", &json!({ "CustomKeyStoreId": sim.store() })).ok();
    until("the key store is DISCONNECTED", || {
        http.kms("DescribeCustomKeyStores", &json!({ "CustomKeyStoreId": sim.store() })).ok()["CustomKeyStores"][0]["ConnectionState"]
            == "DISCONNECTED"
    });
    sim
}

#[test]
fn change_password_on_all_nodes() {
    let sim = disconnected();
    check(&sim, "cmu", "change_password.txt", &[("password", sim.ready("co_password"))]);
}

#[test]
fn change_password_on_one_node() {
    let sim = disconnected();
    check(&sim, "cmu", "change_password_on_one_node.txt", &[("password", sim.ready("co_password"))]);
}

#[test]
fn users() {
    let sim = disconnected();
    check(&sim, "cmu", "users.txt", &[("password", sim.ready("co_password"))]);
}

#[test]
fn keys_of_a_user() {
    let sim = disconnected();
    sim.set_kmsuser_password("tempPassword");
    check(&sim, "cmu", "keys_of_a_user.txt", &[("password", sim.ready("co_password")), ("arn:demo", sim.key())]);
}

/// Documented columns; their widths depend on the world, so this is no file.
#[test]
fn information() {
    let sim = disconnected();
    let shown = sim.cmu("info server 0\nquit\n").ok();
    let row =
        shown.lines().find(|line| line.contains("Not logged in")).unwrap_or_else(|| panic!("no row in {shown:?}"));
    let [number, ip, host, port, state, node, ..] = row.split_whitespace().collect::<Vec<_>>()[..] else {
        panic!("{row:?}")
    };
    assert_eq!((number, host, port, state), ("0", ip, "2225", "Connected"));
    let expected = format!(
        "Id      Name                    Hostname         Port   State           Partition               LoginState\n\
         0       {ip:<24}{ip:<16}2225    Connected       {node:<24}Not logged in\n"
    );
    assert!(shown.0.stdout.contains(&expected), "{shown:?}");
}

/// Seed 004: log in as kmsuser, find the key material by its label, delete it by its handle, log out.
#[test]
fn find_and_delete_key_material() {
    let sim = disconnected();
    sim.set_kmsuser_password("tempPassword");
    let handle = sim.handle_of("tempPassword", sim.key());
    check(&sim, "kmu", "find_and_delete_key.txt", &[("arn:demo", sim.key()), ("handle:demo", &handle)]);
}

#[test]
fn key_attributes() {
    let sim = disconnected();
    sim.set_kmsuser_password("tempPassword");
    let handle = sim.handle_of("tempPassword", sim.key());
    check(&sim, "kmu", "key_information.txt", &[("handle:demo", &handle)]);
}
