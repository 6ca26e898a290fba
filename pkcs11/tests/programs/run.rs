//! Runs programs, none of them longer than a minute or two.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, PipeReader, Write};
use std::process::{Child, Command, Output, Stdio};

/// Seconds after which a program hangs, on a busy machine too.
const LIMIT: &str = "120";

/// A command that ends with its time.
pub(crate) fn limited(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", LIMIT]).arg(program);
    command
}

/// What a program prints on both channels. It has to succeed.
pub(crate) fn succeed(command: &mut Command) -> String {
    let (output, text) = run(command);
    assert!(output.status.success(), "{command:?} ended with {}:\n{text}", output.status);
    text
}

/// What a program prints on both channels that has to fail, by itself and not by a signal or for its time.
pub(crate) fn fail(command: &mut Command) -> String {
    let (output, text) = run(command);
    let code = output.status.code();
    assert!(code.is_some_and(|code| (1..124).contains(&code)), "{command:?} ended with {}:\n{text}", output.status);
    text
}

fn run(command: &mut Command) -> (Output, String) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    let text = [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat();
    (output, text)
}

/// A program that goes on until it is dropped.
pub(crate) struct Running {
    child: Child,
    lines: BufReader<PipeReader>,
}

impl Running {
    /// Starts a [`limited`] command and listens to both its channels.
    pub(crate) fn start(mut command: Command) -> Self {
        let (lines, channel) = io::pipe().unwrap();
        command.stdin(Stdio::piped()).stdout(channel.try_clone().unwrap()).stderr(channel);
        // The command is dropped here, and with it our ends for writing: the program's end is the end of its lines.
        Self { child: command.spawn().unwrap(), lines: BufReader::new(lines) }
    }

    /// Reads on to the next line that has these words.
    pub(crate) fn line_with(&mut self, words: &str) -> String {
        let mut heard = String::new();
        loop {
            let start = heard.len();
            let read = self.lines.read_line(&mut heard).unwrap();
            assert!(read > 0, "the program ended without {words:?}:\n{heard}");
            if heard[start..].contains(words) {
                return heard[start..].to_owned();
            }
        }
    }

    /// Says a line to the program's standard input.
    pub(crate) fn say(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Asked to end, the limiting program ends the one that it limits too; killed it would not.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}
