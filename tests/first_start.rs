//! The first start: several at once, killed ones, which directory it takes, what it prints, and the world that a reset goes back to.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Client, Http, Options, Outcome, PROGRAM, Sim, within};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary directory can be made")
}

/// The program with the real user's environment kept away.
fn program(home: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_clear().env("HOME", home).env("TMPDIR", std::env::temp_dir()).stdin(Stdio::null());
    command
}

fn run(mut command: Command) -> Outcome {
    let line = format!("{command:?}");
    Outcome::new(line, command.output().expect("the program can be started"))
}

/// An `up` that nothing is known about but its output so far; killed when dropped.
struct Up {
    child: Child,
    home: TempDir,
}

impl Up {
    fn start(arguments: impl FnOnce(&mut Command)) -> Self {
        let home = folder();
        let mut command = program(home.path());
        command.args(["up", "--listen", "127.0.0.1:0"]);
        arguments(&mut command);
        let file = |name: &str| std::fs::File::create(home.path().join(name)).expect("the home can be written");
        let child = command.stdout(file("out")).stderr(file("err")).spawn().expect("the program can be started");
        Self { child, home }
    }

    fn printed(&self, name: &str) -> String {
        std::fs::read_to_string(self.home.path().join(name)).unwrap_or_default()
    }

    /// What it printed up to its last line.
    #[track_caller]
    fn until(&self, last: &str) -> String {
        within(Duration::from_secs(30), &format!("{last:?}; said: {}", self.printed("err")), || {
            Some(self.printed("out")).filter(|text| text.contains(last))
        })
    }

    /// The object that `up --json` prints.
    #[track_caller]
    fn ready(&self) -> Value {
        let line = self.until("\n");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("not JSON ({error}): {line}"))
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The ids of everything that a start without a ready environment must not show.
fn contents(http: &mut Http) -> [Value; 3] {
    [
        http.cloudhsm("DescribeClusters", &json!({})).ok()["Clusters"].take(),
        http.kms("DescribeCustomKeyStores", &json!({})).ok()["CustomKeyStores"].take(),
        http.kms("ListKeys", &json!({})).ok()["Keys"].take(),
    ]
}

fn count(values: &[Value; 3]) -> [usize; 3] {
    values.each_ref().map(|list| list.as_array().map_or(0, Vec::len))
}

/// One process makes the ready environment, the others wait for it and go on with the same one.
#[test]
fn several_at_once() {
    for _ in 0..2 {
        let dir = folder();
        let sims: Vec<Sim> = thread::scope(|scope| {
            let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| Sim::start(&Options::dir(dir.path())))).collect();
            starts.into_iter().map(|start| start.join().expect("every start gets ready")).collect()
        });
        for sim in &sims {
            for name in [
                "cluster_id",
                "custom_key_store_id",
                "key_arn",
                "co_password",
                "access_key_id",
                "secret_access_key",
                "trust_anchor_path",
            ] {
                assert_eq!(sim.ready(name), sims[0].ready(name), "{name}");
            }
            let mut http = sim.http();
            assert_eq!(count(&contents(&mut http)), [1, 1, 1]);
            http.kms("Encrypt", &json!({ "KeyId": "alias/demo", "Plaintext": "aGk=" })).ok();
        }
    }
}

/// The connect delay that is in force while the environment is being made.
fn is_half_made(dir: &Path) -> bool {
    let mut settings = program(dir);
    settings.args(["settings", "show", "--dir"]).arg(dir);
    run(settings).stdout.lines().any(|line| line.split_whitespace().eq(["connect-delay", "0s"]))
}

/// Whatever a killed first start left, `--empty` shows nothing of it, and a later start makes a whole environment.
#[test]
fn killed_then_empty() {
    let mut hits = 0;
    for round in 0..20 {
        let dir = folder();
        let mut killed = Up::start(|command| {
            command.arg("--dir").arg(dir.path());
        });
        within(Duration::from_secs(30), "the environment is being made", || {
            (is_half_made(dir.path()) || killed.printed("out").contains("ready")).then_some(())
        });
        // Each time a little later, until the start is over before.
        thread::sleep(Duration::from_millis(10 * hits));
        killed.kill();
        if !is_half_made(dir.path()) {
            if hits > 0 {
                return;
            }
            continue;
        }
        hits += 1;
        let mut empty = Sim::start(&Options::dir(dir.path()).arg("--empty").connect_delay("7s"));
        assert_eq!(empty.ready_line()["cluster_id"], Value::Null, "round {round}");
        assert_eq!(count(&contents(&mut empty.http())), [0, 0, 0], "round {round}");
        assert!(empty.run(&["settings", "show"]).ok().stdout.contains("7s"), "round {round}");
        assert!(empty.stop().success(), "{}", empty.log());
        let whole = Sim::start(&Options::dir(dir.path()));
        assert_eq!(count(&contents(&mut whole.http())), [1, 1, 1], "round {round}");
        whole.http().kms("Encrypt", &json!({ "KeyId": whole.key(), "Plaintext": "aGk=" })).ok();
    }
    assert!(hits > 0, "no start was killed in the middle");
}

/// `HSM_SIM_DIR` stands for `--dir`, and `--ephemeral` wins over it; both switches together are a contradiction.
#[test]
fn the_directory_of_the_environment() {
    let (named, untouched) = (folder(), folder());
    let by_variable = Up::start(|command| {
        command.args(["--json", "--empty"]).env("HSM_SIM_DIR", named.path());
    });
    assert_eq!(by_variable.ready()["dir"].as_str().map(Path::new), Some(named.path()));
    let ephemeral = Up::start(|command| {
        command.args(["--json", "--ephemeral"]).env("HSM_SIM_DIR", untouched.path());
    });
    let ready = ephemeral.ready();
    assert_ne!(ready["dir"].as_str().map(Path::new), Some(untouched.path()), "{ready}");
    assert!(ready["key_arn"].is_string(), "{ready}");
    assert_eq!(untouched.path().read_dir().expect("the directory is there").count(), 0);
    let mut both = program(untouched.path());
    both.args(["up", "--ephemeral", "--dir"]).arg(untouched.path());
    let refused = run(both);
    assert_eq!(refused.code, Some(2), "{refused}");
}

/// Every line that the summary offers for copying runs in a shell as it stands, also where the path has a space.
#[test]
fn commands_of_the_summary() {
    let (home, bin) = (folder(), folder());
    let dir = home.path().join("my world");
    let up = Up::start(|command| {
        command.arg("--dir").arg(&dir);
    });
    let summary = up.until("Ctrl-C");
    let offered = summary.split_once("Try in another terminal").expect("the summary offers commands").1;
    let lines: Vec<&str> = offered.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    assert!(lines.len() >= 6, "{summary}");
    for (name, program) in [("hsm-sim", Path::new(PROGRAM)), ("aws", Client::V2.program())] {
        std::os::unix::fs::symlink(program, bin.path().join(name)).expect("a link can be made");
    }
    let path = std::env::var("PATH").unwrap_or_default();
    // One script, because the first lines set variables; each line stops it when it fails.
    let mut shell = Command::new("sh");
    shell
        .args(["-e", "-c", &lines.join("\n")])
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", format!("{}:{path}", bin.path().display()))
        .env("AWS_PAGER", "")
        .env("NO_PROXY", "*")
        .stdin(Stdio::null());
    let done = run(shell).ok();
    for shown in ["\"ConnectionState\": \"CONNECTED\"", "\"CiphertextBlob\"", "E2E enabled on server 2("] {
        assert!(done.stdout.contains(shown), "no {shown} in {done}");
    }
}

/// A reset goes back to the world of the first start, however often the directory was started since.
#[test]
fn reset_of_an_empty_world() {
    let dir = folder();
    let empty = || Sim::start(&Options::dir(dir.path()).arg("--empty"));
    let mut first = empty();
    first.http().kms("CreateKey", &json!({})).ok();
    assert!(first.stop().success(), "{}", first.log());
    let second = empty();
    let mut http = second.http();
    http.kms("CreateKey", &json!({})).ok();
    assert_eq!(count(&contents(&mut http)), [0, 0, 2]);
    assert_eq!(http.control("POST", "/_sim/reset", &Value::Null).status, 200);
    assert_eq!(count(&contents(&mut http)), [0, 0, 0]);
}

/// The clock goes forward, to the end of the year 9999 and no further; what it refuses changes nothing, and it says why.
#[test]
fn bounds_of_the_clock() {
    let sim = Sim::new();
    let mut http = sim.http();
    let now = |http: &mut Http| {
        let clock = http.control("GET", "/_sim/clock", &Value::Null).ok();
        clock["now_millis"].as_i64().expect("milliseconds")
    };
    let refused = |http: &mut Http, verb: &str, value: &str, why: &str| {
        let before = now(http);
        let done = sim.run(&["clock", verb, value]);
        assert!(done.code.is_some_and(|code| code != 0) && done.stderr.contains(why), "no {why:?} in {done}");
        let mut body = json!({});
        body[verb] = value.into();
        let reply = http.control("POST", "/_sim/clock", &body);
        assert_eq!(reply.status, 400, "{body}");
        let text = reply.json()["message"].to_string();
        assert!(text.contains(why), "no {why:?} in {text} of {body}");
        assert!(now(http) - before < 600_000, "{verb} {value} moved the clock");
    };
    for long in ["101y", "10000y", "300000000y", "18446744073709551615s", "99999999999999999999y"] {
        refused(&mut http, "advance", long, "longer than 100 years");
    }
    refused(&mut http, "set", "2020-01-01T00:00:00Z", "cannot go back");
    sim.clock_advance("100y");
    assert_eq!(http.control("POST", "/_sim/clock", &json!({ "set": "9999-12-30T00:00:00Z" })).status, 200);
    refused(&mut http, "advance", "2d", "9999");
    sim.clock_advance("1d");
    assert!(sim.run(&["clock", "now"]).ok().stdout.starts_with("9999-12-31T00:0"));
    refused(&mut http, "advance", "100y", "9999");
    sim.run(&["clock", "set", "9999-12-31T23:59:59.999Z"]).ok();
    assert_eq!(sim.run(&["clock", "now"]).ok().stdout.trim(), "9999-12-31T23:59:59.999Z", "here it stands still");
    http.kms("DescribeKey", &json!({ "KeyId": sim.key() })).ok();
    http.kms("Encrypt", &json!({ "KeyId": sim.key(), "Plaintext": "aGk=" })).ok();
    http.kms("CreateKey", &json!({})).ok();
}

/// Every duration ends at a hundred years, and what would silently become something else is refused.
#[test]
fn bounds_of_durations() {
    let sim = Sim::new();
    let before = sim.run(&["settings", "show"]).ok().stdout;
    for (arguments, why) in [
        (&["settings", "set", "--connect-delay", "99999999999y"] as &[&str], "longer than 100 years"),
        (&["settings", "set", "--consistency", "eventual=101y"], "longer than 100 years"),
        (&["settings", "set", "--material-audit-period", "101y"], "longer than 100 years"),
        (&["settings", "set", "--material-audit-period", "0s"], "shorter than 1s"),
        (&["fault", "set", "store-failing", "--for", "99999999y"], "longer than 100 years"),
        (&["fault", "set", "store-failing", "--count", "0"], "would do nothing"),
        (&["fault", "set", "network-cut", "--cluster", sim.cluster(), "--count", "3"], "has no count"),
    ] {
        let done = sim.run(arguments);
        assert!(done.code.is_some_and(|code| code != 0) && done.stderr.contains(why), "no {why:?} in {done}");
    }
    assert_eq!(sim.run(&["settings", "show"]).ok().stdout, before);
    assert_eq!(sim.run(&["fault", "list", "--json"]).json(), json!([]));
    for body in [
        json!({ "kind": "kms-internal-error", "for": "101y" }),
        json!({ "kind": "kms-internal-error", "count": 0 }),
        json!({ "kind": "network-cut", "cluster": sim.cluster(), "count": 3 }),
    ] {
        assert_eq!(sim.http().control("POST", "/_sim/faults", &body).status, 400, "{body}");
    }
}

/// What the README's first command relies on: a bare `cargo run` finds one program.
#[test]
fn cargo_run_means_hsm_sim() {
    let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
    let mut command = Command::new(cargo);
    command
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let workspace: Value = serde_json::from_slice(&output.stdout).unwrap();
    let defaults = workspace["workspace_default_members"].as_array().unwrap();
    let packages = workspace["packages"].as_array().unwrap().iter().filter(|package| defaults.contains(&package["id"]));
    let targets = packages.flat_map(|package| package["targets"].as_array().unwrap());
    let programs: Vec<_> =
        targets.filter(|target| target["kind"] == json!(["bin"])).map(|target| &target["name"]).collect();
    assert_eq!(programs, ["hsm-sim"]);
}
