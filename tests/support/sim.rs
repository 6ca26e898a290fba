//! A running `hsm-sim up`.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use super::{Aws, Client, Http, Interactive, Outcome, PROGRAM, Transcript, within};

/// How to start the program.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    args: Vec<String>,
    connect_delay: &'static str,
}

impl Options {
    /// A ready world that vanishes with the process.
    pub(crate) fn ephemeral() -> Self {
        Self::with(&["--ephemeral"])
    }

    /// A world in a directory that outlives the process.
    pub(crate) fn dir(dir: &Path) -> Self {
        Self::with(&["--dir", dir.to_str().expect("temporary paths are UTF-8")])
    }

    fn with(args: &[&str]) -> Self {
        Self { args: args.iter().map(ToString::to_string).collect(), connect_delay: "0s" }
    }

    /// How long ConnectCustomKeyStore takes; nothing where a test does not say so, which spares it the waiting.
    pub(crate) fn connect_delay(self, delay: &'static str) -> Self {
        Self { connect_delay: delay, ..self }
    }

    pub(crate) fn arg(mut self, arg: &str) -> Self {
        self.args.push(arg.to_owned());
        self
    }

    pub(crate) fn auth(self, mode: &str) -> Self {
        self.arg("--auth").arg(mode)
    }
}

/// A running simulator; killed when dropped.
pub(crate) struct Sim {
    child: Child,
    /// The first line of its standard output.
    ready: Value,
    /// How long it took from the start of the process to that line.
    pub(crate) ready_after: Duration,
    /// The home of the simulator and of its clients, so that nothing of the real user's leaks in.
    home: TempDir,
}

impl Sim {
    /// Starts the program and waits until it is ready.
    pub(crate) fn start(options: &Options) -> Self {
        let home = tempfile::tempdir().expect("a temporary directory can be made");
        let log = home.path().join("up.log");
        let mut command = clean(Command::new(PROGRAM), home.path());
        command.args(["up", "--json", "--listen", "127.0.0.1:0"]).args(&options.args);
        command.args(["--connect-delay", options.connect_delay]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).expect("the temporary directory can be written"));
        let start = Instant::now();
        let mut child = command.spawn().expect("the program can be started");
        let lines = lines(child.stdout.take().expect("standard output was piped"));
        let first = lines.recv_timeout(Duration::from_secs(30));
        let ready_after = start.elapsed();
        let Ok(first) = first else {
            let _ = child.kill();
            panic!(
                "`{command:?}` gave no line within 30 s (exit {:?}):\n{}",
                child.wait(),
                std::fs::read_to_string(&log).unwrap_or_default()
            );
        };
        let ready = serde_json::from_str(&first)
            .unwrap_or_else(|error| panic!("the first line is not JSON ({error}): {first}"));
        Self { child, ready, ready_after, home }
    }

    /// A ready ephemeral world.
    pub(crate) fn new() -> Self {
        Self::start(&Options::ephemeral())
    }

    /// A ready ephemeral world for a story with `client`: version 2 runs all of them under strict signatures, version 1 under the default.
    pub(crate) fn for_client(client: Client) -> Self {
        Self::start(&client.options())
    }

    /// A member of the first line that `up --json` printed.
    #[track_caller]
    pub(crate) fn ready(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap_or_else(|| panic!("no string {name} in {}", self.ready))
    }

    pub(crate) fn ready_line(&self) -> &Value {
        &self.ready
    }

    pub(crate) fn cluster(&self) -> &str {
        self.ready("cluster_id")
    }

    pub(crate) fn store(&self) -> &str {
        self.ready("custom_key_store_id")
    }

    pub(crate) fn key(&self) -> &str {
        self.ready("key_arn")
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.ready("dir").into()
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// How many of its threads have a name.
    pub(crate) fn threads(&self, name: &str) -> usize {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("the process is there");
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
        names.filter(|found| found.trim_end() == name).count()
    }

    /// `host:port` of the endpoint.
    pub(crate) fn authority(&self) -> &str {
        self.ready("endpoint").trim_start_matches("http://").trim_end_matches('/')
    }

    pub(crate) fn aws(&self, client: Client) -> Aws<'_> {
        Aws::new(self, client)
    }

    pub(crate) fn http(&self) -> Http {
        Http::new(self.authority())
    }

    /// Feeds `script` to cloudhsm_mgmt_util on the ready cluster.
    pub(crate) fn cmu(&self, script: &str) -> Transcript {
        self.cmu_on(self.cluster(), script)
    }

    pub(crate) fn cmu_on(&self, cluster: &str, script: &str) -> Transcript {
        Transcript::run(self.tool("cloudhsm_mgmt_util", cluster), script)
    }

    /// Feeds `script` to key_mgmt_util on the ready cluster.
    pub(crate) fn kmu(&self, script: &str) -> Transcript {
        self.kmu_on(self.cluster(), script)
    }

    pub(crate) fn kmu_on(&self, cluster: &str, script: &str) -> Transcript {
        Transcript::run(self.tool("key_mgmt_util", cluster), script)
    }

    /// Feeds `script` to the prompt of cloudhsm-cli on the ready cluster.
    pub(crate) fn chsm(&self, script: &str) -> Transcript {
        let mut command = self.program();
        command.arg("cloudhsm-cli").arg("--dir").arg(self.dir()).args(["--cluster-id", self.cluster(), "interactive"]);
        Transcript::run(command, script)
    }

    /// A key_mgmt_util that stays open on the ready cluster.
    pub(crate) fn kmu_open(&self) -> Interactive {
        Interactive::start(self.tool("key_mgmt_util", self.cluster()))
    }

    /// A cloudhsm_mgmt_util that stays open on the ready cluster.
    pub(crate) fn cmu_open(&self) -> Interactive {
        Interactive::start(self.tool("cloudhsm_mgmt_util", self.cluster()))
    }

    fn tool(&self, name: &str, cluster: &str) -> Command {
        let mut command = self.program();
        command.arg(name).arg("--dir").arg(self.dir()).args(["--cluster", cluster]);
        command
    }

    /// The program, in a clean environment, without arguments.
    pub(crate) fn program(&self) -> Command {
        clean(Command::new(PROGRAM), self.home())
    }

    /// Runs a sub-command of the program on this world's directory.
    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        let mut command = self.program();
        command.arg(args[0]).arg("--dir").arg(self.dir()).args(&args[1..]).stdin(Stdio::null());
        Outcome::new(format!("hsm-sim {}", args.join(" ")), command.output().expect("the program can be started"))
    }

    #[track_caller]
    pub(crate) fn fault_set(&self, args: &[&str]) -> Outcome {
        self.run(&[&["fault", "set"], args].concat()).ok()
    }

    #[track_caller]
    pub(crate) fn faults_clear(&self) {
        self.run(&["fault", "clear", "--all"]).ok();
    }

    #[track_caller]
    pub(crate) fn clock_advance(&self, by: &str) {
        self.run(&["clock", "advance", by]).ok();
    }

    /// Kills the process as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks the process to stop, as `kill` does, and gives its exit status.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal("-TERM");
        within(Duration::from_secs(10), "the program stops on SIGTERM", || {
            self.child.try_wait().expect("the child can be asked")
        })
    }

    pub(crate) fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "no signal could be sent");
    }

    /// Panics unless the process still runs.
    #[track_caller]
    pub(crate) fn assert_alive(&mut self) {
        let status = self.child.try_wait().expect("the child can be asked");
        assert!(status.is_none(), "the program ended: {status:?}\n{}", self.log());
    }

    /// What the process wrote to standard error.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.home().join("up.log")).unwrap_or_default()
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            eprintln!("--- standard error of the simulator\n{}", self.log());
        }
    }
}

/// A command that inherits nothing of the user's environment but the search path.
pub(super) fn clean(mut command: Command, home: &Path) -> Command {
    command
        .env_clear()
        .env("HOME", home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("LANG", "C.UTF-8")
        .env("TMPDIR", std::env::temp_dir());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// The lines of a stream, read on a thread of their own so that the writer never blocks.
pub(super) fn lines(stream: impl std::io::Read + Send + 'static) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { break };
            let _ = send.send(line);
        }
    });
    receive
}
