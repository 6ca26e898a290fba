//! What a finished command left behind.

use std::process::Output;

use serde_json::Value;

/// A finished command: its line, exit status and both streams.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) command: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    pub(crate) fn new(command: String, output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the commands of these tests print UTF-8");
        Self { command, code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Panics unless the command succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(self.code == Some(0), "expected success of {self}");
        self
    }

    /// The output of a command that succeeded, as JSON; an empty output is `null`.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        let done = self.ok();
        if done.stdout.trim().is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("not JSON ({error}): {done}"))
    }

    /// The AWS error code that the CLI reports: `An error occurred (<code>) when calling …`.
    pub(crate) fn error_code(&self) -> Option<&str> {
        self.stderr.split_once("An error occurred (")?.1.split_once(')').map(|(code, _)| code)
    }

    /// The AWS error message that the CLI reports after the operation's name.
    pub(crate) fn error_message(&self) -> Option<&str> {
        let after = self.stderr.split_once(" when calling the ")?.1;
        let message = after.split_once(" operation: ").or_else(|| after.split_once(" operation:"))?.1;
        Some(message.trim_end())
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` (exit {:?})\n--- stdout\n{}\n--- stderr\n{}", self.command, self.code, self.stdout, self.stderr)
    }
}
