//! `hsm-sim bench` against the simulator's module, SoftHSM2 and the KMS endpoint: what it counts, never how long it took.

use std::{
    fs,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use serde_json::Value;

use crate::support::{Client, Options, Outcome, PIN, Sim, Token, python, softhsm2, text, until, within};

/// Panics unless each target made as many calls as expected, none of which failed, and its operations are complete.
#[track_caller]
fn assert_counts(report: &Value, expected: &[u64]) {
    assert_eq!(report["format"], "hsm-sim-bench/1");
    let targets = report["targets"].as_array().expect("a report has targets");
    let counts: Vec<u64> = targets.iter().filter_map(|target| target["count"].as_u64()).collect();
    assert_eq!(counts, expected, "{report:#}");
    for target in targets {
        assert_eq!((&target["errors"], &target["not_started"]), (&0.into(), &0.into()), "{target:#}");
        let steps = target["steps"].as_array().expect("a target has steps");
        let sum: u64 = steps.iter().filter_map(|step| step["count"].as_u64()).sum();
        assert_eq!(target["count"], sum, "{target:#}");
        for step in steps {
            let times = (step["service"]["min_ns"].as_u64(), step["latency"]["max_ns"].as_u64());
            assert!(times.0 > Some(0) && times.0 <= times.1, "{step:#}");
        }
    }
}

fn bench(token: &Token, arguments: &str) -> Outcome {
    let line: Vec<&str> = arguments.split(' ').collect();
    token.run(&[&["bench", "--pin", PIN, "--warm-up", "0s"], &line[..]].concat())
}

#[test]
fn the_own_module_is_measured() {
    let token = Token::new();
    let all =
        "encrypt=2,decrypt,rsa-sign,rsa-verify,ecdsa-sign,ecdsa-verify,hmac,digest,random,generate,find,session,info";
    let report = bench(&token, &format!("--mix {all} --size 64,1KiB --keys 2 --threads 2 --calls 700 --json")).json();
    assert_counts(&report, &[700]);
    let names: Vec<&str> = all.split(',').map(|name| name.trim_end_matches("=2")).collect();
    assert_eq!(report["targets"][0]["operations"], Value::from(names), "{report:#}");
    assert_counts(&bench(&token, "--mix login --calls 3 --json").json(), &[3]);

    // Keys on the token are gone afterwards; calls at even intervals; the drawing and the page.
    let plots = "--plot plot.svg --plot page.html";
    let kept = bench(&token, &format!("--token-keys --mix sign,generate --rate 500 --calls 40 --json {plots}")).json();
    assert_counts(&kept, &[40]);
    assert_eq!(kept["plan"]["rate"], 500.0);
    assert_eq!(token.as_user(&["list", "--objects", "--json"]).json(), Value::Array(Vec::new()));
    assert!(token.text("plot.svg").starts_with("<svg ") && token.text("page.html").contains("rsa-sign"));

    let table = bench(&token, "--mix digest --calls 10").ok();
    assert!(table.stdout.contains("\ndigest        10       0  ") && table.stderr.is_empty(), "{table}");

    for (arguments, reason) in [
        ("--mix nothing", "a PKCS#11 module has no operation 'nothing'; there are encrypt, decrypt,"),
        ("--mix login,digest", "'login' goes alone"),
        ("--module /nowhere.so", "no PKCS#11 module can be loaded from /nowhere.so"),
        ("--token-label other", "has no token 'other'; it has 'tools' in slot"),
        ("--plot plot.png", "ends in .svg or .html"),
        ("--compare -- --nothing", "the second target, after '--'"),
        ("--kms http://127.0.0.1:1", "cannot be used with"),
    ] {
        let refused = bench(&token, arguments);
        assert!(refused.code != Some(0) && refused.stderr.contains(reason), "{refused}");
    }
    let wrong = token.run(&["bench", "--pin", "wrong-pin"]);
    assert!(wrong.code == Some(1) && wrong.stderr.contains("CKR_PIN_INCORRECT"), "{wrong}");
    let nobody = token.run(&["bench"]);
    assert!(nobody.stderr.contains("CKR_USER_NOT_LOGGED_IN; give the user's PIN"), "{nobody}");
}

/// SoftHSM2 beside the own module, in turns.
#[test]
fn two_modules_are_compared() {
    let token = Token::new();
    fs::create_dir(token.file("soft")).expect("the folder can be written");
    let settings = format!("directories.tokendir = {}\n", token.file("soft").display());
    fs::write(token.file("softhsm2.conf"), settings).expect("the folder can be written");
    let module = softhsm2().to_str().expect("the path is UTF-8");
    let with_settings = |command: Command| {
        let mut command = command;
        let output = command.env("SOFTHSM2_CONF", token.file("softhsm2.conf")).output();
        Outcome::new(format!("{command:?}"), output.expect("the program can be started")).ok()
    };
    let mut make = Command::new("softhsm2-util");
    make.args(["--init-token", "--free", "--label", "soft", "--so-pin", "12345678", "--pin", "1234"]);
    with_settings(make);
    let mut compare = token.program();
    compare.args(["bench", "--pin", PIN, "--mix", "encrypt,decrypt,ecdsa-sign,hmac", "--warm-up", "0s", "--json"]);
    compare.args(["--calls", "400", "--compare", "--rounds", "4"]);
    compare.args(["--", "--module", module, "--token-label", "soft", "--pin", "1234"]);
    let report = with_settings(compare).json();
    assert_counts(&report, &[400, 400]);
    assert_eq!(report["targets"][1]["name"], module);
    let comparison = &report["comparison"];
    for ratio in [&comparison["throughput"], &comparison["steps"][3]["p50"], &comparison["steps"][0]["p99"]] {
        let figure = |name: &str| ratio[name].as_f64().expect("a number");
        assert!(
            0.0 < figure("low") && figure("low") <= figure("ratio") && figure("ratio") <= figure("high"),
            "{ratio}"
        );
        assert_eq!(ratio["rounds"], 4);
    }
}

#[test]
fn an_endpoint_is_measured() {
    let sim = Sim::start(&Options::ephemeral().auth("strict"));
    let run = |arguments: &str| {
        let mut command = sim.program();
        command.args(["bench", "--kms", sim.ready("endpoint"), "--warm-up", "0s"]).args(arguments.split(' '));
        command.env("AWS_ACCESS_KEY_ID", sim.ready("access_key_id")).stdin(Stdio::null());
        command.env("AWS_SECRET_ACCESS_KEY", sim.ready("secret_access_key"));
        Outcome::new(format!("hsm-sim bench {arguments}"), command.output().expect("the program can be started"))
    };
    let all = "Encrypt=2,decrypt,re-encrypt,GenerateDataKey,generate-data-key-without-plaintext,describe-key,list-keys,random";
    let report =
        run(&format!("--key-id alias/demo --mix {all} --size 1..1KiB --connections 3 --calls 450 --json")).json();
    assert_counts(&report, &[450]);

    // The key that the run made is scheduled for deletion.
    let made = run(&format!("--custom-key-store-id {} --calls 20 --json", sim.store())).json();
    assert_counts(&made, &[20]);
    let aws = sim.aws(Client::V2);
    let keys = aws.json(&["kms", "list-keys"]);
    let ids = keys["Keys"].as_array().expect("a list").iter().map(|key| text(key, &["KeyId"]));
    let mut states: Vec<String> = ids.map(|id| text(&aws.key(&id), &["KeyState"])).collect();
    states.sort();
    assert_eq!(states, ["Enabled", "PendingDeletion"]);

    let same = format!(
        "--key-id alias/demo --calls 30 --compare --rounds 3 --json -- --kms {} --key-id alias/demo",
        sim.ready("endpoint")
    );
    let compared = run(&same).json();
    assert_counts(&compared, &[30, 30]);
    assert_eq!(compared["comparison"]["throughput"]["rounds"], 3);

    // Refusals during a run are counted by their code.
    sim.fault_set(&[
        "operation-failing",
        "--operation",
        "kms:Decrypt",
        "--code",
        "ThrottlingException",
        "--call",
        "6",
        "--count",
        "4",
    ]);
    let faulty = run("--key-id alias/demo --mix encrypt,decrypt --calls 40 --json").json();
    let target = &faulty["targets"][0];
    assert_eq!((&target["count"], &target["errors"]), (&36.into(), &4.into()), "{faulty:#}");
    let failures = &target["steps"][1]["failures"];
    assert_eq!((&failures[0]["kind"], &failures[0]["count"]), (&"ThrottlingException".into(), &4.into()), "{faulty:#}");

    // The token of the same cluster, which chooses IVs itself and has no read-only sessions.
    sim.as_co("createUser CU alice alicePswd1\ny\n").ok();
    let mix = "encrypt,decrypt,rsa-sign,hmac,generate,find,session";
    let token =
        ["--pin", "alice:alicePswd1", "--mix", mix, "--calls", "140", "--keys", "2", "--warm-up", "0s", "--json"];
    assert_counts(&sim.run(&[&["bench"], &token[..]].concat()).json(), &[140]);

    for (arguments, reason) in [
        ("--mix sign --key-id alias/demo", "Sign needs a key whose KeyUsage is SIGN_VERIFY"),
        ("--size 5000", "Encrypt takes payloads of at most 4096 bytes"),
        ("--key-id alias/none", "DescribeKey: NotFoundException: "),
        ("--secret-access-key wrong", "ListKeys: InvalidSignatureException: "),
        ("--mix nothing", "a KMS endpoint has no operation 'nothing'"),
    ] {
        let refused = run(arguments);
        assert!(refused.code == Some(1) && refused.stderr.contains(reason), "{refused}");
    }
}

/// An endpoint behind TLS that answers in chunks (HTTP/1.1) or closes each connection (HTTP/1.0).
#[test]
fn tls_is_verified() {
    const ENDPOINT: &str = r#"
import http.server, ssl, sys
class Endpoint(http.server.BaseHTTPRequestHandler):
    protocol_version = sys.argv[1]
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        chunked = sys.argv[1] == "HTTP/1.1"
        self.send_response(200)
        self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", "2")))
        self.end_headers()
        self.wfile.write(b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n" if chunked else b"{}")
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("cert.pem", "key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
open("port." + sys.argv[1][-1], "w").write(f"{server.server_port}\n")
server.serve_forever()
"#;
    let token = Token::new();
    let line = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=bench \
                -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE";
    token.openssl(&line.split_whitespace().collect::<Vec<_>>());
    for version in ["HTTP/1.1", "HTTP/1.0"] {
        let mut endpoint = Command::new(python());
        endpoint.args(["-c", ENDPOINT, version]).current_dir(token.file("")).stdin(Stdio::null());
        let mut endpoint = endpoint.spawn().expect("Python can be started");
        let port = within(Duration::from_secs(20), "the endpoint listens", || {
            let text = fs::read_to_string(token.file(&format!("port.{}", &version[7..]))).unwrap_or_default();
            text.ends_with('\n').then(|| text.trim().to_owned())
        });
        let url = format!("https://127.0.0.1:{port}");
        let run = |more: &[&str]| {
            let line = ["bench", "--kms", &url, "--mix", "list-keys", "--calls", "6", "--warm-up", "0s", "--json"];
            token.run(&[&line[..], more].concat())
        };
        let (trusted, unknown) = (run(&["--ca", "cert.pem"]), run(&[]));
        endpoint.kill().and_then(|()| endpoint.wait()).expect("the endpoint can be ended");
        assert_counts(&trusted.json(), &[6]);
        assert!(unknown.stderr.contains("cannot be reached") && unknown.stderr.contains("certificate"), "{unknown}");
    }
}

/// Ends a program whatever becomes of the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

#[test]
fn keys_that_go_while_they_are_listed_do_not_spoil_the_list() {
    let token = Token::new();
    let mut command = token.program();
    command.args(["bench", "--pin", PIN, "--token-keys", "--mix", "generate", "--threads", "8", "--duration", "10m"]);
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    let _running = Ended(quiet.spawn().expect("the program can be started"));
    let list = || token.as_user(&["list", "--objects", "--json"]).json();
    until("the run makes keys", || list().as_array().is_some_and(|all| !all.is_empty()));
    for _ in 0..100 {
        list();
    }
}

#[test]
fn an_interrupted_run_takes_its_keys_away() {
    let token = Token::new();
    let mut command = token.program();
    command.args([
        "bench",
        "--pin",
        PIN,
        "--token-keys",
        "--mix",
        "encrypt,generate",
        "--keys",
        "3",
        "--duration",
        "10m",
        "--json",
    ]);
    let running = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program can be started");
    let listed = || token.as_user(&["list", "--objects", "--json"]).json();
    until("the run makes its keys", || listed().as_array().is_some_and(|all| all.len() >= 3));
    let signal = Command::new("kill").args(["-INT", &running.id().to_string()]).status();
    assert!(signal.is_ok_and(|status| status.success()));
    let output: Output = running.wait_with_output().expect("the program ends");
    let report = Outcome::new("hsm-sim bench".into(), output).json();
    assert_eq!(report["interrupted"], true);
    assert_eq!(listed(), Value::Array(Vec::new()));
}
