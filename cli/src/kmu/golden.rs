//! Whole conversations with a cluster of three HSMs, as files under `tests/golden/kmu`.
//!
//! A file is what a person sees at the terminal, typed lines included. Lines that begin with `!` happen in between: a fault, or a
//! command of the shell in the directory of the files, which must succeed. Those with `#` explain. `HSM_SIM_BLESS=1` writes the files
//! anew, for review.

use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use hsm_sim::fault::{FaultKind, FaultSpec};
use hsm_sim::keys::{Keys, Query};
use hsm_sim::object::Class;
use hsm_sim::user::{LoginType, Role};
use hsm_sim::{ActiveCluster, Password, TestCluster};
use tempfile::TempDir;

use super::command::COMMANDS;
use super::session::Session;
use crate::terminal::Terminal;
use crate::utility::Tally;

const PROMPT: &str = "Command: ";
const QUESTION: &str = "          Enter the boolean attribute value (0 or 1):";

/// A cluster with the crypto users `kmsuser`, `alice` and `bob`, and a directory for files.
struct Stage {
    cluster: ActiveCluster,
    files: TempDir,
}

impl Stage {
    fn new() -> Self {
        let cluster = TestCluster::active(3).unwrap();
        let mut tool = cluster.world().admin(cluster.cluster_id()).unwrap();
        tool.login(LoginType::Co, "admin", cluster.admin_password()).unwrap();
        for (name, password) in [("alice", "alicePswd1"), ("bob", "bobPswd1")] {
            tool.create_user(Role::Cu, name, &Password::from(password)).unwrap();
        }
        Self { cluster, files: tempfile::tempdir().unwrap() }
    }

    /// A typed line, with the directory of the files in place of `{dir}` and the handle of a key in place of, for instance,
    /// `{secret:label}`.
    fn fill(&self, line: &str, keys: Option<&Keys>) -> String {
        let mut line = line.replace("{dir}", &self.files.path().display().to_string());
        for (class, name) in [(Class::Secret, "{secret:"), (Class::Public, "{public:"), (Class::Private, "{private:")] {
            while let Some((before, rest)) = line.split_once(name) {
                let (label, after) = rest.split_once('}').unwrap();
                let query = Query { class: Some(class), ..Query::label(label) };
                let (handles, _) = keys.unwrap().find(&query).unwrap();
                let handle = handles.last().unwrap_or_else(|| panic!("no key {label}"));
                line = format!("{before}{handle}{after}");
            }
        }
        line
    }

    fn steady(&self, line: &str) -> String {
        let line = line.replace(&self.files.path().display().to_string(), "{dir}");
        match line.split_once("-ICM") {
            Some((before, _)) => format!("{before}-ICM{{serial}}"),
            None if private_rsa_length(&line) => {
                let (before, _) = line.rsplit_once(' ').unwrap();
                format!("{before} {{length}}")
            }
            None if line.contains("Partition Name") => "        Partition Name       :{node}".to_owned(),
            None => line,
        }
    }

    /// Registers the key whose files openssl wrote: `<name>.pub`, and its signature under `<name>.pub` itself. The utility has no
    /// command for it.
    fn register(&self, name: &str, password: &str) {
        let read = |file: &str| fs::read(self.files.path().join(format!("{name}.{file}"))).unwrap();
        let (public, signature) = (read("pub"), read("signed"));
        let token = crypto::sha256(&public);
        let mut tool = self.cluster.world().admin(self.cluster.cluster_id()).unwrap();
        tool.login(LoginType::Cu, name, &Password::from(password)).unwrap();
        let answers = tool.register_quorum_key(LoginType::Cu, name, &token, &signature, &public).unwrap();
        assert!(answers.iter().all(|answer| answer.result.is_ok()), "{answers:?}");
    }

    fn happen(&self, event: &str) {
        let world = self.cluster.world();
        match event.split_whitespace().collect::<Vec<_>>()[..] {
            ["down", server] => {
                let nodes = self.cluster.control().cluster(self.cluster.cluster_id()).unwrap().nodes;
                let node = nodes[server.parse::<usize>().unwrap()].id.clone();
                let kind = FaultKind::NodeDown { cluster: self.cluster.cluster_id().clone(), node };
                world.faults().set(&FaultSpec::new(kind)).unwrap();
            }
            ["up"] => world.faults().clear_all().map(drop).unwrap(),
            ["advance", seconds] => {
                world.advance(Duration::from_secs(seconds.parse().unwrap()), &[]).map(drop).unwrap();
            }
            ["register", name, password] => self.register(name, password),
            _ => {
                let ran = Command::new("sh").args(["-ec", event]).current_dir(self.files.path()).output().unwrap();
                assert!(ran.status.success(), "{event}: {}", String::from_utf8_lossy(&ran.stderr));
            }
        }
    }
}

/// Whether a line ends with the length of a private RSA key, which differs by a few bytes and has four digits.
fn private_rsa_length(line: &str) -> bool {
    let length = line.rsplit_once("length ").map(|(_, length)| length.trim_start_matches("is "));
    length.is_some_and(|length| length.len() == 4 && length.parse::<u32>().is_ok())
}

/// Plays a file and compares.
#[track_caller]
fn check(name: &str) {
    let stage = Stage::new();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/kmu").join(name);
    let golden = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut keys = None;
    let mut seen = String::new();
    let mut lines = golden.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with(['!', '#']) {
            seen += &format!("{line}\n");
            if let Some(event) = line.strip_prefix('!') {
                stage.happen(event);
            }
            continue;
        }
        let Some(typed) = line.strip_prefix(PROMPT) else { continue };
        seen += &format!("{line}\n");
        let mut script = format!("{}\n", stage.fill(typed, keys.as_ref()));
        while let Some(line) = lines.next_if(|line| !line.starts_with(['!', '#']) && !line.starts_with(PROMPT)) {
            if let Some(answer) = line.strip_prefix(QUESTION) {
                script += &format!("{answer}\n");
            }
        }
        let printed = say(&stage, &mut keys, &script);
        seen.extend(printed.lines().map(|line| format!("{}\n", stage.steady(line))));
    }
    if env::var_os("HSM_SIM_BLESS").is_some() {
        fs::write(&path, &seen).unwrap();
    }
    let first = golden.lines().zip(seen.lines()).find(|(expected, found)| expected != found);
    assert!(golden == seen, "{name}: expected, found: {first:?}\n{seen}");
}

/// What the utility prints to a script. The connection goes on from one call to the next.
fn say(stage: &Stage, keys: &mut Option<Keys>, script: &str) -> String {
    let mut output = Vec::new();
    {
        let terminal = Terminal::script(script.as_bytes(), &mut output);
        let mut session = Session::start(stage.cluster.world(), stage.cluster.cluster_id(), 1, terminal).unwrap();
        if let Some(keys) = keys.take() {
            session.keys = keys;
        }
        session.converse(&mut Tally::default()).unwrap();
        *keys = Some(session.keys);
    }
    String::from_utf8(output).unwrap()
}

/// The transcripts; each command stands in at least one of them.
const FILES: [&str; 8] = [
    "making.txt",
    "managing.txt",
    "carrying.txt",
    "signing.txt",
    "describing.txt",
    "quorum.txt",
    "arguments.txt",
    "one_node_away.txt",
];

#[test]
fn every_command_has_a_transcript() {
    let all: Vec<String> = FILES
        .iter()
        .map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/kmu").join(name))
        .map(|path| fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        .collect();
    for command in COMMANDS {
        let typed = format!("{PROMPT}{}", command.name);
        let stands = |text: &String| {
            text.lines()
                .any(|line| line.strip_prefix(&typed).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')))
        };
        assert!(all.iter().any(stands), "{}", command.name);
    }
}

#[test]
fn making() {
    check("making.txt");
}

#[test]
fn managing() {
    check("managing.txt");
}

#[test]
fn carrying() {
    check("carrying.txt");
}

#[test]
fn signing() {
    check("signing.txt");
}

#[test]
fn describing() {
    check("describing.txt");
}

#[test]
fn quorum() {
    check("quorum.txt");
}

#[test]
fn arguments() {
    check("arguments.txt");
}

#[test]
fn one_node_away() {
    check("one_node_away.txt");
}
