//! The three tools as scripts and people meet them: exit statuses, and editing, history, completion and help at a terminal.

use std::process::Command;

use serde_json::json;

use crate::support::{Outcome, PROGRAM, Sim, Transcript, python, root};

const CMU: &str = "cloudhsm_mgmt_util";
const KMU: &str = "key_mgmt_util";
const CHSM: &str = "cloudhsm-cli";

/// How each way of failing ends a tool: 0 all is well, 1 something was refused, 2 the command line is not understood.
#[test]
fn exit_statuses() {
    let sim = Sim::new();
    let password = sim.ready("co_password");
    let login = format!("loginHSM CO admin {password}\n");
    let single = |who, command| ["singlecmd", "loginHSM", "-u", "CO", "-s", who, "-p", password, command];
    let check = |tool: &str, arguments: &[&str], script: &str, expected: i32| {
        let outcome = scripted(&sim, tool, arguments, script);
        assert_eq!(outcome.code, Some(expected), "{outcome}");
    };
    for (script, expected) in [
        ("", 0),
        ("listUsers\nquit\n", 0),
        (login.as_str(), 0),
        ("listusers\n", 1),
        ("lo\n", 1),
        ("deleteUser CO\n", 1),
        ("listUsers 'CO\n", 1),
        ("loginHSM CO nobody password1\n", 1),
        ("createUser CU bob bobsPswd1\ny\n", 1),
        ("deleteUser CU bob\nlistUsers\nquit\n", 1),
    ] {
        check(CMU, &[], script, expected);
    }
    for (script, expected) in
        [("", 0), ("listUsers\nexit\n", 0), ("listusers\n", 1), ("findKey\n", 1), ("sign -k\n", 1)]
    {
        check(KMU, &[], script, expected);
    }
    check(KMU, &single("admin", "listUsers"), "", 0);
    check(KMU, &single("admin", "findKey"), "", 1);
    check(KMU, &single("admin", "nonsense"), "", 1);
    check(KMU, &single("nobody", "listUsers"), "", 1);
    for (arguments, expected) in [
        (&["user", "list"][..], 0),
        (&["help"], 0),
        (&["user", "create", "--help"], 0),
        (&["key", "list"], 1),
        (&["login", "--username", "nobody", "--role", "admin", "--password", "password1"], 1),
        (&["user"], 2),
        (&["users", "list"], 2),
        (&["user", "create", "--username", "bob"], 2),
        (&["--cluster-id", "nonsense", "user", "list"], 2),
    ] {
        check(CHSM, arguments, "", expected);
    }
    for (script, expected) in [("", 0), ("user list\nquit\n", 0), ("key list\nuser list\n", 1), ("nonsense\n", 1)] {
        check(CHSM, &["interactive"], script, expected);
    }
    for (tool, cluster) in [(CMU, "--cluster"), (KMU, "--cluster"), (CHSM, "--cluster-id")] {
        let unknown = [cluster, "cluster-aaaaaaaaaaa"];
        let mode: &[&str] = if tool == CHSM { &["interactive"] } else { &[] };
        check(tool, &[&unknown[..], mode].concat(), "", 1);
        check(tool, &[&["--nothing"], mode].concat(), "", 2);
        check(tool, &["--help"], "", 0);
        check(tool, &[&["--client-cert-hsm-tls-file", "/nowhere.crt"], mode].concat(), "", 1);
    }
    // One HSM of three is away: what each server answers by itself fails; what the cluster answers does not.
    let info = sim.cmu("info server 0\n").0.stdout;
    let node = info.split_whitespace().find(|word| word.starts_with("hsm-")).expect("the HSM of server 0");
    sim.run(&["fault", "set", "node-down", "--cluster", sim.cluster(), "--node", node]).ok();
    check(CMU, &[], "listUsers\nquit\n", 1);
    check(KMU, &single("admin", "listUsers"), "", 1);
    check(CHSM, &["user", "list"], "", 0);
}

/// A tool with these arguments and this input.
fn scripted(sim: &Sim, tool: &str, arguments: &[&str], script: &str) -> Outcome {
    let mut command = sim.program();
    command.arg(tool).arg("--dir").arg(sim.dir()).args(arguments);
    Transcript::run(command, script).0
}

const TAB: &str = "\t";
const UP: &str = "\x1b[A";
const END_OF_INPUT: &str = "\x04";

/// What a person sees who types so, and how the tool ends.
fn at_terminal(sim: &Sim, tool: &[&str], steps: &[(&str, String)]) -> Outcome {
    let mut command = Command::new(python());
    command.arg(root().join("tests/clients/terminal.py")).arg(json!(steps).to_string());
    command.arg(PROGRAM).args(&tool[..1]).arg("--dir").arg(sim.dir()).args(&tool[1..]);
    command.env_clear().env("HOME", sim.home()).env("TERM", "xterm");
    let output = command.output().expect("Python can be started");
    Outcome::new(format!("{tool:?} at a terminal"), output)
}

/// History, the tab key, `help COMMAND`, passwords unseen, and the end of the input, in each tool.
#[test]
fn people_at_a_terminal() {
    let sim = Sim::new();
    let password = sim.ready("co_password");
    let text = str::to_owned;

    let prompt = "aws-cloudhsm>";
    let seen = at_terminal(
        &sim,
        &[CMU],
        &[
            (prompt, format!("listU{TAB}\r")),
            ("Number of users found", text("loginHSM CO admin -hpswd\r")),
            ("Enter password:", format!("{password}\r")),
            ("loginHSM success on server 2", format!("help syncU{TAB}\r")),
            ("Usage: syncUser <user id> <server id>", text("server 1\r")),
            ("server1> ", text("exit\r")),
            // The line before the last but one, and not the one that logged in.
            (prompt, format!("{UP}{UP}{UP}{UP}\r")),
            ("Number of users found", text("deleteUser CU nobody\r")),
            ("Retry/rollBack/Ignore?(R/B/I):", text("I\r")),
            ("Retry/rollBack/Ignore?(R/B/I):", text("B\r")),
            (prompt, text("quit\r")),
        ],
    );
    assert_eq!(seen.code, Some(1), "{seen}");
    assert!(!seen.stdout.contains(password), "a password was shown: {seen}");

    let prompt = "Command:";
    let seen = at_terminal(
        &sim,
        &[KMU],
        &[
            (prompt, format!("listEC{TAB}\r")),
            ("NID_X9_62_prime256v1", text("loginHSM -u CO -s admin -hpswd\r")),
            ("password:", format!("{password}\r")),
            ("Cfm3LoginHSM returned: 0x00", text("help\r")),
            ("Key Management", format!("{UP}{UP}\r")),
            ("NID_X9_62_prime256v1", text("genSymKey -h\r")),
            ("-l", text("exit\r")),
        ],
    );
    assert_eq!(seen.code, Some(0), "{seen}");
    assert!(!seen.stdout.contains(password), "a password was shown: {seen}");

    let prompt = "aws-cloudhsm > ";
    let seen = at_terminal(
        &sim,
        &[CHSM, "interactive"],
        &[
            (prompt, format!("us{TAB} li{TAB}\r")),
            ("\"app_user\"", format!("login --us{TAB} admin --role a{TAB}\r")),
            ("Enter password:", format!("{password}\r")),
            ("\"role\": \"admin\"", text("help user create\r")),
            ("Usage: user create", text("cluster \\\r")),
            // The beginning of a line, where other prompts have a name.
            ("\u{1b}[K> ", text("hsm-info\r")),
            ("\"serial-number\"", format!("{UP}{UP}{UP}\r")),
            ("\"app_user\"", END_OF_INPUT.to_owned()),
        ],
    );
    assert_eq!(seen.code, Some(0), "{seen}");
    assert!(!seen.stdout.contains(password), "a password was shown: {seen}");
}
