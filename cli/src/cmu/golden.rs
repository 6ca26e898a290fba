//! Whole conversations with a simulated cluster, as files under `tests/golden/cmu`.
//!
//! A file is what a person sees at the terminal, typed lines included. Lines that begin with `!` happen to the world in between,
//! those with `#` explain. Names in braces stand for what differs from run to run. `HSM_SIM_BLESS=1` writes the files anew,
//! for review.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::rc::Rc;
use std::sync::LazyLock;
use std::time::Duration;
use std::{env, fs};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto::asymmetric::rsa::{F4, PrivateKey, Scheme};
use crypto::hash::Hash;
use crypto::keyfile::PublicKey;
use crypto::sha256;
use hsm_sim::control::CreateCluster;
use hsm_sim::fault::{ClientClass, FaultKind, FaultSpec};
use hsm_sim::{ActiveCluster, ClusterId, KeyTemplate, TestCluster};
use serde_json::Value;

use super::{Banner, Manner, OnFailure, converse};
use crate::terminal::Terminal;

/// After which a person types.
const PROMPTS: [&str; 12] = [
    "aws-cloudhsm>",
    "server0> ",
    "server1> ",
    "server2> ",
    "server3> ",
    "server5> ",
    "Do you want to continue(y/n)?",
    "Retry/Ignore/Abort?(R/I/A):",
    "Retry/rollBack/Ignore?(R/B/I):",
    "Enter filename:",
    "  Enter the boolean attribute value (0 or 1):",
    "  Enter the attribute value:",
];

/// The signing keys of `officer1` and `officer2`.
static KEYS: LazyLock<[PrivateKey; 2]> =
    LazyLock::new(|| std::array::from_fn(|_| PrivateKey::generate(2048, &F4).unwrap()));

fn key_of(person: &str) -> &'static PrivateKey {
    match person {
        "officer1" => &KEYS[0],
        "officer2" => &KEYS[1],
        other => panic!("{other} has no key"),
    }
}

fn sign(person: &str, digest: &[u8]) -> Vec<u8> {
    key_of(person).sign(Scheme::Pkcs1(Hash::Sha256), digest).unwrap()
}

fn public_key(person: &str) -> String {
    PublicKey::Rsa(key_of(person).public_key().unwrap()).to_pem().unwrap()
}

/// A cluster of three HSMs, and others if the utility is connected to several, with names for what transcripts mention.
struct Stage {
    cluster: ActiveCluster,
    clusters: Vec<ClusterId>,
    servers: usize,
    known: Vec<(String, String)>,
}

impl Stage {
    fn new() -> Self {
        let cluster = TestCluster::active(3).unwrap();
        let known = vec![
            ("{password}".to_owned(), cluster.admin_password().expose().to_owned()),
            ("{dir}".to_owned(), cluster.world().directory().display().to_string()),
        ];
        let id = cluster.cluster_id().clone();
        let mut stage = Self { cluster, clusters: Vec::new(), servers: 0, known };
        stage.connect(id);
        stage
    }

    /// Beside the cluster a clone of two HSMs, and a cluster of one HSM that has nothing to do with them.
    fn with_a_clone_and_a_stranger() -> Self {
        let mut stage = Self::new();
        let control = stage.cluster.control();
        let backup = control.take_backup(stage.cluster.cluster_id()).unwrap().id;
        let subnets = control.default_subnets().unwrap().into_iter().map(|subnet| subnet.id).collect();
        let clone = control.create_cluster(CreateCluster::new(subnets).restoring(backup)).unwrap().cluster;
        for zone in clone.subnets.keys().take(2) {
            control.create_hsm(&clone.id, zone, None).unwrap();
        }
        let stranger =
            ActiveCluster::builder().nodes(1).admin_password(stage.cluster.admin_password()).kmsuser("kmsPswd1");
        let stranger = stranger.build_in(stage.cluster.world(), stage.cluster.realm()).unwrap();
        stage.connect(clone.id);
        stage.connect(stranger.cluster_id().clone());
        stage
    }

    /// Lets the utility connect to a cluster too.
    fn connect(&mut self, cluster: ClusterId) {
        for node in self.cluster.control().cluster(&cluster).unwrap().nodes {
            let number = self.servers;
            self.known.push((format!("({{ip:{number}}})"), format!("({})", node.ip)));
            self.known.push((format!("{{node:{number}}}"), node.id.to_string()));
            self.servers += 1;
        }
        self.clusters.push(cluster);
    }

    fn fill(&self, line: &str) -> String {
        self.known.iter().fold(line.to_owned(), |line, (name, value)| line.replace(name, value))
    }

    /// A line without what differs from run to run.
    fn steady(&self, line: &str) -> String {
        if line.len() == 64 && line.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return "{hash}".to_owned();
        }
        if let Some((before, _)) = line.split_once("-ICM") {
            return format!("{before}-ICM{{serial}}");
        }
        // A check value; truths and lengths are longer or shorter.
        if line.len() == 8 && line.starts_with("0x") {
            return "{kcv}".to_owned();
        }
        let values = self.known.iter().filter(|(name, _)| name != "{password}");
        values.fold(line.to_owned(), |line, (name, value)| line.replace(value, name))
    }

    fn happen(&self, event: &str) {
        let event = self.fill(event);
        let world = self.cluster.world();
        match event.split_whitespace().collect::<Vec<_>>()[..] {
            ["down", server] => {
                let nodes = self.cluster.control().cluster(self.cluster.cluster_id()).unwrap().nodes;
                let node = nodes[server.parse::<usize>().unwrap()].id.clone();
                let kind = FaultKind::NodeDown { cluster: self.cluster.cluster_id().clone(), node };
                world.faults().set(&FaultSpec::new(kind)).unwrap();
            }
            ["up"] => {
                world.faults().clear_all().unwrap();
            }
            ["advance", seconds] => {
                world.advance(Duration::from_secs(seconds.parse().unwrap()), &[]).unwrap();
            }
            ["key", label] => self.make_key(label),
            ["public", person, file] => fs::write(file, public_key(person)).unwrap(),
            ["write", file, word] => fs::write(file, word).unwrap(),
            ["sign", person, file, signature] => {
                fs::write(signature, sign(person, &sha256(&fs::read(file).unwrap()))).unwrap();
            }
            ["approval", file, token, ref approvers @ ..] => write_approval(file, token, approvers),
            ["answer", person, file] => answer(person, file),
            ["is_certificate", file] => {
                assert!(fs::read_to_string(file).unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
                fs::remove_file(file).unwrap();
            }
            _ => panic!("{event:?}"),
        }
    }

    /// A key of `kmsuser`.
    fn make_key(&self, label: &str) {
        let mut client = self.cluster.world().client(self.cluster.cluster_id(), ClientClass::Tools).unwrap();
        client.login("kmsuser", self.cluster.kmsuser_password().unwrap()).unwrap();
        client.generate_key(&KeyTemplate::aes(32, label)).unwrap();
    }
}

/// The documented form, with each approver's signature in a file beside the token.
fn write_approval(file: &str, token: &str, approvers: &[&str]) {
    let mut form =
        format!("Multi Token File Path = {token};\nToken File Path = ;\nNumber of Approvals = {};\n", approvers.len());
    for person in approvers {
        let signature = format!("{token}.{person}.sig");
        fs::write(&signature, sign(person, &sha256(&fs::read(token).unwrap()))).unwrap();
        write!(
            form,
            "Approver Type = 2; # 2 for CO, 1 for CU\nApprover Name = {person};\nApproval File = {signature};\n"
        )
        .unwrap();
    }
    fs::write(file, form).unwrap();
}

/// Signs the digests of an authentication data file.
fn answer(person: &str, file: &str) {
    let mut data: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    data["PublicKey"] = public_key(person).into();
    for challenge in data["Data"].as_array_mut().unwrap() {
        let digest = STANDARD.decode(challenge["Digest"].as_str().unwrap()).unwrap();
        challenge["Signature"] = STANDARD.encode(sign(person, &digest)).into();
    }
    fs::write(file, data.to_string()).unwrap();
}

/// What was typed and printed so far.
#[derive(Clone, Default)]
struct Seen(Rc<RefCell<Vec<u8>>>);

impl Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seen {
    /// Puts a line before the prompt that stands there already.
    fn before(&mut self, prompt: &str, line: &str) {
        let mut seen = self.0.borrow_mut();
        let at = seen.len() - if seen.ends_with(prompt.as_bytes()) { prompt.len() } else { 0 };
        seen.splice(at..at, format!("{line}\n").into_bytes());
    }
}

/// Types the lines of a file, one at a time, and lets its events happen before them.
struct Typist<'a> {
    stage: &'a Stage,
    lines: VecDeque<&'a str>,
    seen: Seen,
}

impl Read for Typist<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let prompt = self.lines.iter().find_map(|line| PROMPTS.into_iter().find(|prompt| line.starts_with(prompt)));
        let prompt = prompt.unwrap_or_default();
        while let Some(line) = self.lines.pop_front() {
            if line.starts_with(['!', '#']) {
                self.seen.before(prompt, line);
                if let Some(event) = line.strip_prefix('!') {
                    self.stage.happen(event);
                }
            } else if let Some(typed) = PROMPTS.into_iter().find_map(|prompt| line.strip_prefix(prompt)) {
                writeln!(self.seen, "{typed}")?;
                let typed = format!("{}\n", self.stage.fill(typed));
                buffer[..typed.len()].copy_from_slice(typed.as_bytes());
                return Ok(typed.len());
            }
        }
        Ok(0)
    }
}

#[track_caller]
fn check(name: &str) {
    check_on(&Stage::new(), name);
}

/// Plays a file to a person and compares what it saw after the connection was made.
#[track_caller]
fn check_on(stage: &Stage, name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/cmu").join(name);
    let golden = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let seen = Seen::default();
    let typist = Typist { stage, lines: golden.lines().collect(), seen: seen.clone() };
    let terminal = Terminal::rehearsal(BufReader::new(typist), seen.clone());
    let manner = Manner { on_failure: OnFailure::Ignore, banner: Banner::Seed, ca: None };
    converse(stage.cluster.world(), &stage.clusters, manner, terminal).unwrap();
    let seen = String::from_utf8(seen.0.borrow().clone()).unwrap();
    let connected = format!("E2E enabled on server {}", stage.servers - 1);
    let start = seen.find(&connected).map_or(0, |at| at + seen[at..].find('\n').unwrap() + 1);
    let seen: String = seen[start..].lines().map(|line| format!("{}\n", stage.steady(line))).collect();
    if env::var_os("HSM_SIM_BLESS").is_some() {
        fs::write(&path, &seen).unwrap();
    }
    let first = golden.lines().zip(seen.lines()).find(|(expected, found)| expected != found);
    assert!(golden == seen, "{name}: expected, found: {first:?}\n{seen}");
}

#[test]
fn logins() {
    check("login.txt");
}

#[test]
fn users() {
    check("users.txt");
}

#[test]
fn two_factor() {
    check("two_factor.txt");
}

#[test]
fn quorum() {
    check("quorum.txt");
}

#[test]
fn keys() {
    check("keys.txt");
}

#[test]
fn repairs() {
    check("repairs.txt");
}

#[test]
fn a_cluster_and_its_clone() {
    check_on(&Stage::with_a_clone_and_a_stranger(), "clones.txt");
}

#[test]
fn approvals_on_several_clusters() {
    check_on(&Stage::with_a_clone_and_a_stranger(), "clones_approve.txt");
}

#[test]
fn information() {
    check("information.txt");
}

#[test]
fn wrong_arguments() {
    check("wrong_arguments.txt");
}

#[test]
fn one_server_of_three_is_away() {
    check("one_down.txt");
}
