//! The two management utilities, from a script or held open.

use std::{
    io::{Read, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use super::{Outcome, within};

/// What a utility printed for a script, and how it ended.
#[derive(Debug)]
pub(crate) struct Transcript(pub(crate) Outcome);

impl Transcript {
    pub(crate) fn run(mut command: Command, script: &str) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let mut stdin = child.stdin.take().expect("standard input was piped");
        // A utility that ends early closes the pipe; its exit status tells.
        let _ = stdin.write_all(script.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("the program can be waited for");
        Self(Outcome::new(format!("{command:?} <<'{script}'"), output))
    }

    /// Panics unless every command of the script succeeded on every node.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        Self(self.0.ok())
    }

    /// Panics unless some command failed.
    #[track_caller]
    pub(crate) fn failed(self) -> Self {
        assert!(self.0.code.is_some_and(|code| code != 0), "expected a failure of {}", self.0);
        self
    }

    /// Panics unless the output contains `needle`.
    #[track_caller]
    pub(crate) fn has(self, needle: &str) -> Self {
        assert!(self.0.stdout.contains(needle), "no {needle:?} in {}", self.0);
        self
    }

    #[track_caller]
    pub(crate) fn has_not(self, needle: &str) -> Self {
        assert!(!self.0.stdout.contains(needle), "unexpected {needle:?} in {}", self.0);
        self
    }

    /// How often `needle` occurs in the output.
    pub(crate) fn count(&self, needle: &str) -> usize {
        self.0.stdout.matches(needle).count()
    }

    /// Panics unless `needle` occurs exactly `times`.
    #[track_caller]
    pub(crate) fn times(self, times: usize, needle: &str) -> Self {
        assert_eq!(self.count(needle), times, "occurrences of {needle:?} in {}", self.0);
        self
    }

    /// The lines of the output, trimmed.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.stdout.lines().map(str::trim)
    }

    /// The `LoginFailureCnt` of a user on each node, from listUsers.
    #[track_caller]
    pub(crate) fn strikes(&self, user: &str) -> Vec<u32> {
        self.lines()
            .filter_map(|line| {
                let columns: Vec<_> = line.split_whitespace().collect();
                (columns.get(2) == Some(&user))
                    .then(|| columns[4].parse().unwrap_or_else(|_| panic!("LoginFailureCnt in {line:?}")))
            })
            .collect()
    }
}

/// A utility that is held open, as at a terminal.
pub(crate) struct Interactive {
    child: Child,
    stdin: Option<ChildStdin>,
    output: Arc<Mutex<String>>,
}

impl Interactive {
    pub(super) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the program can be started");
        let output = Arc::new(Mutex::new(String::new()));
        let sink = Arc::clone(&output);
        let mut stdout = child.stdout.take().expect("standard output was piped");
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length) = stdout.read(&mut buffer) {
                if length == 0 {
                    break;
                }
                sink.lock().expect("no reader panics").push_str(&String::from_utf8_lossy(&buffer[..length]));
            }
        });
        let stdin = child.stdin.take();
        Self { child, stdin, output }
    }

    /// Types a line and waits until `answer` has been printed since.
    #[track_caller]
    pub(crate) fn say(&mut self, line: &str, answer: &str) {
        let before = self.printed().len();
        let stdin = self.stdin.as_mut().expect("the utility is open");
        writeln!(stdin, "{line}").and_then(|()| stdin.flush()).expect("the utility reads its input");
        within(Duration::from_secs(20), &format!("{answer:?} after {line:?}"), || {
            self.printed()[before..].contains(answer).then_some(())
        });
    }

    /// Types without waiting for an answer.
    pub(crate) fn write(&self, text: &str) {
        let mut stdin = self.stdin.as_ref().expect("the utility is open");
        stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush()).expect("the utility reads its input");
    }

    pub(crate) fn printed(&self) -> String {
        self.output.lock().expect("no writer panics").clone()
    }

    /// Ends the input and waits for the utility to end.
    pub(crate) fn close(mut self) {
        drop(self.stdin.take());
        within(Duration::from_secs(20), "the utility ends with its input", || {
            self.child.try_wait().expect("the child can be asked")
        });
    }

    /// Ends the utility as `kill -9` does.
    pub(crate) fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Interactive {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
