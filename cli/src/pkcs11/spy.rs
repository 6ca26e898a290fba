//! `hsm-sim pkcs11 spy`: runs a program with the module's call trace on, and shows the calls as they come.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use clap::Args;

use crate::args::DirectoryArgument;
use crate::failure::Failure;

pub(super) const EXAMPLE: &str = "\
Example: hsm-sim pkcs11 spy -- pkcs11-tool --module \"$(hsm-sim pkcs11 path)\" --list-objects

A line tells the process and thread, the call with its arguments, what it answered and how long it took. Mechanisms, \
attributes, lengths and handles are shown; PINs, data and values are not.";

/// How often the trace is looked at while the program runs.
const INTERVAL: Duration = Duration::from_millis(50);

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Write the calls to this file; the default is the standard error
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Answers with the program's own status.
pub(super) fn run(directory: &DirectoryArgument, options: &Options) -> Result<ExitCode, Failure> {
    let Some((program, arguments)) = options.command.split_first() else {
        return Err(Failure::new("no program was named"));
    };
    let mut out: Box<dyn Write + Send> = match &options.out {
        None => Box::new(io::stderr()),
        Some(path) => {
            let failed = |error: io::Error| Failure::new(format!("{}: {error}", path.display()));
            Box::new(File::create(path).map_err(failed)?)
        }
    };
    let trace = TraceFile::new()?;
    let mut command = Command::new(program);
    command.args(arguments).env("HSM_SIM_TRACE", &trace.path);
    if directory.dir.is_some() {
        command.env("HSM_SIM_DIR", std::path::absolute(directory.path()?)?);
    }
    let mut lines = BufReader::new(File::open(&trace.path)?);
    let ended = AtomicBool::new(false);
    let failed = |error| Failure::new(format!("{}: {error}", program.display()));
    let mut child = command.spawn().map_err(failed)?;
    let (status, shown) = thread::scope(|scope| {
        let watcher = scope.spawn(|| follow(&mut lines, &mut out, &ended));
        let status = child.wait();
        ended.store(true, Ordering::Release);
        (status, watcher.join())
    });
    let calls = shown.unwrap_or_else(|_| Err(io::Error::other("the calls could not be shown")))?;
    writeln!(out, "hsm-sim: {} calls, {} of them refused", calls.all, calls.refused)?;
    Ok(code(status?))
}

/// A file for the lines, gone with this value.
struct TraceFile {
    path: PathBuf,
}

impl TraceFile {
    fn new() -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("hsm-sim-spy-{}", std::process::id()));
        File::create_new(&path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        Ok(Self { path })
    }
}

impl Drop for TraceFile {
    fn drop(&mut self) {
        // What is left behind lies in the folder for temporary files and holds no secrets.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Calls {
    all: u64,
    refused: u64,
}

/// Copies lines until the program has ended and everything it left is shown.
fn follow(lines: &mut impl io::BufRead, out: &mut impl Write, ended: &AtomicBool) -> io::Result<Calls> {
    let mut calls = Calls::default();
    let mut line = String::new();
    loop {
        // Asked before reading: what was written before the end is read after it.
        let last = ended.load(Ordering::Acquire);
        while lines.read_line(&mut line)? > 0 {
            // A line that is still being written goes on at the next reading.
            if !line.ends_with('\n') {
                break;
            }
            calls.all += 1;
            calls.refused += u64::from(!line.contains(") = CKR_OK"));
            out.write_all(line.as_bytes())?;
            line.clear();
        }
        if last {
            return Ok(calls);
        }
        thread::sleep(INTERVAL);
    }
}

/// The status of a program as a shell tells it.
fn code(status: ExitStatus) -> ExitCode {
    let number = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(number).map_or(ExitCode::FAILURE, ExitCode::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_shown_and_counted() {
        let trace = "hsm-sim 1:1 C_Initialize(args=..) = CKR_OK 5us\n\
                     hsm-sim 1:1 C_Login(session=1, user=CKU_USER, pin=***) = CKR_PIN_INCORRECT (0xa0: the PIN is wrong) 9us\n";
        let mut shown = Vec::new();
        let calls = follow(&mut trace.as_bytes(), &mut shown, &AtomicBool::new(true)).unwrap();
        assert_eq!(calls, Calls { all: 2, refused: 1 });
        assert_eq!(shown, trace.as_bytes());
    }
}
