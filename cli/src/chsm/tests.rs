//! Whole conversations with a simulated cluster, as files under `tests/golden/chsm`.
//!
//! A file is what a person sees: typed lines after the prompt, answers below. Lines that begin with `!` happen to the world in
//! between, those with `#` explain. Names in braces stand for values; of members that differ from run to run the value is the
//! name in braces. `HSM_SIM_BLESS=1` writes the files anew, for review.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::LazyLock;
use std::{env, fs};

use crypto::asymmetric::rsa::{F4, PrivateKey, Scheme};
use crypto::hash::Hash;
use crypto::keyfile::PublicKey;
use hsm_sim::builder::CustomerCa;
use hsm_sim::control::CreateCluster;
use hsm_sim::fault::{FaultKind, FaultSpec};
use hsm_sim::{ActiveCluster, ClusterId, Realm, TestCluster, World};
use serde_json::{Value, json};

use super::Manner;
use super::data::{decode, encode};
use super::interactive::{self, PROMPT};
use super::session::Session;
use crate::client_certificate::ClientFiles;
use crate::terminal::Terminal;

/// Of private RSA keys, whose lengths have four digits.
const PRIVATE_RSA_LENGTH: &str = "key-length-bytes";
/// Members whose values differ from run to run.
const VARYING: [&str; 10] = [
    "certificate",
    PRIVATE_RSA_LENGTH,
    "check-value",
    "ec-point",
    "modulus",
    "signature",
    "wrapped_key_data",
    "iv",
    "serial-number",
    "token-timeout-seconds",
];
/// Questions that a person answers unseen; a script sees neither.
const UNSEEN: [&str; 2] = ["Enter password:", "Confirm password:"];
/// Questions that the tool repeats to a script with the answer.
const SEEN: [&str; 2] = [
    "Enter signed token file path (press enter if same as the unsigned token file):",
    "Enter public key PEM file path:",
];

/// A cluster with names for what its transcripts mention.
struct Stage {
    cluster: ActiveCluster,
    known: Vec<(&'static str, String)>,
}

impl Stage {
    fn new(nodes: usize) -> Self {
        Self::of(TestCluster::active(nodes).unwrap())
    }

    /// With HSMs of the newer type.
    fn newer(nodes: usize) -> Self {
        let builder = ActiveCluster::builder().nodes(nodes).kmsuser("kmsPswd1").hsm_type("hsm2m.medium");
        Self::of(builder.build_in(&World::ephemeral().unwrap(), &Realm::default()).unwrap())
    }

    fn of(cluster: ActiveCluster) -> Self {
        let known = vec![
            ("admin", cluster.admin_password().expose().to_owned()),
            ("kmsuser", cluster.kmsuser_password().unwrap().expose().to_owned()),
            ("dir", cluster.world().directory().display().to_string()),
            ("cluster", cluster.cluster_id().to_string()),
        ];
        Self { cluster, known }
    }

    /// A clone of the cluster with as many HSMs, known as `{clone}`.
    fn cloned(nodes: usize) -> Self {
        let mut stage = Self::new(nodes);
        let control = stage.cluster.control();
        let backup = control.take_backup(stage.cluster.cluster_id()).unwrap().id;
        let subnets = control.default_subnets().unwrap().into_iter().map(|subnet| subnet.id).collect();
        let request = CreateCluster { source_backup: Some(backup), ..CreateCluster::new(subnets) };
        let clone = control.create_cluster(request).unwrap().cluster.id;
        (0..nodes).for_each(|_| add_hsm(&stage.cluster, &clone));
        stage.known.push(("clone", clone.to_string()));
        stage
    }

    fn fill(&self, line: &str) -> String {
        self.known.iter().fold(line.to_owned(), |line, (name, value)| line.replace(&format!("{{{name}}}"), value))
    }

    /// A CA's certificate, and the files of a client that it certified.
    fn make_authority(&self, name: &str) {
        let world = self.cluster.world();
        let ca = CustomerCa::new(world).unwrap();
        let (client, key) = ca.certify_client(world).unwrap();
        let write = |ending: &str, bytes: &[u8]| fs::write(self.file(&format!("{name}{ending}")), bytes).unwrap();
        write(".crt", ca.certificate().as_bytes());
        write("-client.crt", client.as_bytes());
        write("-client.key", key.expose());
    }

    fn file(&self, name: &str) -> PathBuf {
        self.cluster.world().directory().join(name)
    }

    /// The world as the client of an authority sees it.
    fn mutual(&self, name: &str) -> World {
        let file = |ending: &str| Some(self.file(&format!("{name}{ending}")));
        let client_cert_hsm_tls_file = file("-client.crt");
        let files = ClientFiles { client_cert_hsm_tls_file, client_key_hsm_tls_file: file("-client.key") };
        files.present(self.cluster.world().clone()).unwrap()
    }

    /// `!down 1`, `!up`; `!authority NAME`; `!key alice` makes a person's signing key, `!sign alice FILE` and `!approve alice ROLE FILE` use it.
    fn happen(&self, event: &str) {
        let world = self.cluster.world();
        let nodes = self.cluster.control().cluster(self.cluster.cluster_id()).unwrap().nodes;
        match event.split_whitespace().collect::<Vec<_>>()[..] {
            ["down", server] => {
                let node = nodes[server.parse::<usize>().unwrap()].id.clone();
                let kind = FaultKind::NodeDown { cluster: self.cluster.cluster_id().clone(), node };
                world.faults().set(&FaultSpec::new(kind)).unwrap();
            }
            ["add-hsm", number] => {
                let cluster = self.fill(&format!("{{{number}}}"));
                add_hsm(&self.cluster, &cluster.parse().unwrap());
            }
            ["long", from, to] => {
                let [from, to] = [from, to].map(|file| self.fill(file));
                fs::write(to, fs::read_to_string(from).unwrap().repeat(7)).unwrap();
            }
            ["authority", name] => self.make_authority(name),
            ["up"] => {
                world.faults().clear_all().unwrap();
            }
            ["key", person] => {
                let public = PublicKey::Rsa(PEOPLE[&person].public_key().unwrap()).to_pem().unwrap();
                fs::write(world.directory().join(format!("{person}.pem")), public).unwrap();
            }
            ["sign", person, file] => edit(&world.directory().join(file), |document| {
                for token in document["tokens"].as_array_mut().unwrap() {
                    token["signed"] = signature(person, &token["unsigned"]);
                }
            }),
            ["approve", person, role, file] => edit(&world.directory().join(file), |document| {
                let signature = signature(person, &document["token"]);
                let approval = json!({ "username": person, "role": role, "signature": signature });
                document["signatures"].as_array_mut().unwrap().push(approval);
            }),
            _ => panic!("{event:?}"),
        }
    }
}

/// The signing keys of three people, made once because RSA keys take their time.
static PEOPLE: LazyLock<BTreeMap<&str, PrivateKey>> = LazyLock::new(|| {
    ["admin", "bob", "kmsuser"].map(|person| (person, PrivateKey::generate(2048, &F4).unwrap())).into()
});

/// A person's signature under a digest, both in base64.
fn signature(person: &str, digest: &Value) -> Value {
    let digest = decode(digest.as_str().unwrap()).unwrap();
    encode(&PEOPLE[person].sign(Scheme::Pkcs1(Hash::Sha256), &digest).unwrap()).into()
}

/// What people do with an editor.
fn edit(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut document = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    change(&mut document);
    fs::write(path, document.to_string()).unwrap();
}

fn add_hsm(cluster: &ActiveCluster, of: &ClusterId) {
    let control = cluster.control();
    let zone = control.cluster(of).unwrap().cluster.subnets.keys().next().unwrap().clone();
    control.create_hsm(of, &zone, None).unwrap();
}

/// What was typed and printed so far.
#[derive(Clone, Default)]
struct Seen(Rc<RefCell<Vec<u8>>>);

impl Seen {
    /// A line of its own, before a question that waits for its answer.
    fn note(&self, line: &str) {
        let mut seen = self.0.borrow_mut();
        let start = seen.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        seen.splice(start..start, format!("{line}\n").into_bytes());
    }
}

impl Seen {
    /// A line with what was printed last in the places of `{iv}` and `{signature}`.
    fn recall(&self, line: &str) -> String {
        let seen = String::from_utf8(self.0.borrow().clone()).unwrap();
        let printed = |name: &str| {
            let member = format!("\"{name}\": \"");
            seen.lines().rev().find_map(|line| line.trim().strip_prefix(&member)?.split('"').next())
        };
        let names = ["iv", "signature"].into_iter();
        names
            .fold(line.to_owned(), |line, name| line.replace(&format!("{{{name}}}"), printed(name).unwrap_or_default()))
    }
}

impl Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
        while let Some(line) = self.lines.pop_front() {
            if let Some(event) = line.strip_prefix('!') {
                self.stage.happen(event);
            }
            let asked = |questions: &[&str]| questions.iter().find_map(|question| line.strip_prefix(question));
            let typed = line.strip_prefix(PROMPT).or_else(|| asked(&UNSEEN));
            if typed.is_some() {
                writeln!(self.seen, "{line}")?;
            } else if line.starts_with(['!', '#']) {
                self.seen.note(line);
            }
            if let Some(typed) = typed.or_else(|| asked(&SEEN)) {
                let typed = format!("{}\n", self.stage.fill(&self.seen.recall(typed)));
                buffer[..typed.len()].copy_from_slice(typed.as_bytes());
                return Ok(typed.len());
            }
        }
        Ok(0)
    }
}

/// Plays a file on three HSMs and compares.
#[track_caller]
fn check(name: &str) {
    check_on(&Stage::new(3), &Manner::default(), name);
}

#[track_caller]
fn check_on(stage: &Stage, manner: &Manner, name: &str) {
    check_in(stage.cluster.world(), stage, manner, name);
}

/// The same as a client that sees the world so.
#[track_caller]
fn check_in(world: &World, stage: &Stage, manner: &Manner, name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/chsm").join(name);
    let golden = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let seen = Seen::default();
    let typist = Typist { stage, lines: golden.lines().collect(), seen: seen.clone() };
    let terminal = Terminal::script(BufReader::new(typist), seen.clone());
    interactive::converse(Session::start(world, manner, terminal).unwrap()).unwrap();
    let seen = String::from_utf8(seen.0.borrow().clone()).unwrap();
    let seen: String = seen.lines().map(|line| format!("{}\n", steady(stage, line))).collect();
    if env::var_os("HSM_SIM_BLESS").is_some() {
        fs::write(&path, &seen).unwrap();
    }
    let first = golden.lines().zip(seen.lines()).find(|(expected, found)| expected != found);
    assert!(golden == seen, "{name}: expected, found: {first:?}\n{seen}");
}

/// A line without what differs from run to run.
fn steady(stage: &Stage, line: &str) -> String {
    for name in VARYING {
        let member = format!("\"{name}\": ");
        if let Some(at) = line.find(&member)
            && (name != PRIVATE_RSA_LENGTH || line.trim_end_matches(',').len() == at + member.len() + 4)
        {
            let comma = if line.ends_with(',') { "," } else { "" };
            return format!("{}{member}\"{{{name}}}\"{comma}", &line[..at]);
        }
    }
    let paths = ["dir", "cluster", "clone"].map(|name| (name, stage.fill(&format!("{{{name}}}"))));
    paths.iter().fold(line.to_owned(), |line, (name, value)| line.replace(value, &format!("{{{name}}}")))
}

#[test]
fn logins() {
    check("login.txt");
}

#[test]
fn users() {
    check("user.txt");
}

#[test]
fn cluster() {
    check("cluster.txt");
}

/// Without a client certificate, with one, and without one where it is insisted on.
#[test]
fn mutual_tls() {
    let stage = Stage::newer(3);
    let manner = Manner::default();
    check_on(&stage, &manner, "mtls.txt");
    check_in(&stage.mutual("first"), &stage, &manner, "mtls_mutual.txt");
    check_on(&stage, &manner, "mtls_enforced.txt");
    check_in(&stage.mutual("second"), &stage, &manner, "mtls_enforced.txt");
}

#[test]
fn keys() {
    check("key.txt");
}

#[test]
fn key_files() {
    check("key_files.txt");
}

#[test]
fn wrapping() {
    check("wrap.txt");
}

#[test]
fn wrapping_with_gcm() {
    check("wrap_gcm.txt");
}

#[test]
fn wrapping_with_rsa() {
    check("wrap_rsa.txt");
}

#[test]
fn signatures() {
    check("crypto.txt");
}

#[test]
fn signatures_of_every_mechanism() {
    check("crypto_all.txt");
}

#[test]
fn wrapping_with_key_wrap() {
    check("wrap_padding.txt");
}

#[test]
fn wrong_arguments() {
    check("wrong_arguments.txt");
}

#[test]
fn one_hsm_of_three_is_away() {
    check_on(&Stage::newer(3), &Manner::default(), "one_down.txt");
}

#[test]
fn an_hsm_joins() {
    check("join.txt");
}

#[test]
fn replication() {
    let stage = Stage::cloned(2);
    let manner = Manner { cluster_id: Some(stage.cluster.cluster_id().clone()), ..Manner::default() };
    check_on(&stage, &manner, "replicate.txt");
}

#[test]
fn two_factors() {
    check("mfa.txt");
}

#[test]
fn key_quorum() {
    check("key_quorum.txt");
}

#[test]
fn quorum() {
    check("quorum.txt");
}

/// Documented: a cluster of one HSM makes no keys unless it is told to.
#[test]
fn one_hsm() {
    let stage = Stage::new(1);
    check_on(&stage, &Manner::default(), "one_hsm.txt");
    let manner = Manner { disable_key_availability_check: true, ..Manner::default() };
    check_on(&stage, &manner, "one_hsm_unchecked.txt");
}

#[test]
fn help_and_wrong_arguments() {
    check("help.txt");
}
