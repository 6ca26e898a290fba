//! `hsm-sim bench`: drives a PKCS#11 module or a KMS endpoint and measures it. The simulator's own module is loaded like any other;
//! no state directory is opened here.

mod arguments;
mod progress;
mod target;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use clap::Parser as _;
use loadgen::report::Report;
use loadgen::target::Stop;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

pub use self::arguments::Arguments;

use self::progress::Bar;
use self::target::Second;
use crate::failure::Failure;

/// Runs `hsm-sim bench`.
///
/// # Errors
/// The arguments have no sense, a target cannot be prepared, no call succeeded, or a file cannot be written.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    restart_in_directory(arguments)?;
    let plots = arguments.plots.iter().map(|path| Plot::of(path)).collect::<Result<Vec<_>, _>>()?;
    let plan = arguments.plan();
    let label = format!("hsm-sim bench {}", std::process::id());
    let second = if arguments.compare { Some(second(&arguments.second)?) } else { None };
    let rounds = if second.is_some() { arguments.rounds } else { 1 };
    let mut targets = vec![arguments.target.open(&label)?];
    if let Some(second) = second {
        targets.push(second.open(&format!("{label} second"))?);
    }
    let report = loadgen::run::run(&plan, &mut targets, rounds, &mut Bar::new(), &stop()?)?;
    write(arguments, &report)?;
    if report.count() == 0 && !report.interrupted {
        return Err(Failure::new("no call succeeded"));
    }
    plots.iter().try_for_each(|plot| plot.write(&report))
}

/// A module finds its directory by a variable, and a program cannot safely change its own: so this one starts anew with it.
fn restart_in_directory(arguments: &Arguments) -> Result<(), Failure> {
    const VARIABLE: &str = "HSM_SIM_DIR";
    let Some(directory) = &arguments.directory.dir else { return Ok(()) };
    let directory = std::path::absolute(directory)?;
    if std::env::var_os(VARIABLE).is_some_and(|value| value == directory) {
        return Ok(());
    }
    let mut again = Command::new(std::env::current_exe()?);
    // Answers only if that failed.
    Err(again.args(std::env::args_os().skip(1)).env(VARIABLE, directory).exec().into())
}

/// The second target of a comparison.
fn second(arguments: &[OsString]) -> Result<target::Options, Failure> {
    match Second::try_parse_from(arguments) {
        Ok(second) => Ok(second.target),
        Err(error) => Err(Failure::new(format!("the second target, after '--': {error}"))),
    }
}

/// Set by an interruption, so that the keys are taken away; the second interruption ends the program at once.
fn stop() -> Result<Stop, Failure> {
    const INTERRUPTED: i32 = 130;
    let stop = Stop::default();
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, INTERRUPTED, stop.flag())?;
        flag::register(signal, stop.flag())?;
    }
    Ok(stop)
}

fn write(arguments: &Arguments, report: &Report) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    if arguments.json {
        serde_json::to_writer_pretty(&mut out, report).map_err(|error| Failure::new(error.to_string()))?;
        writeln!(out)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(())
}

/// A file for the plot.
struct Plot<'a> {
    path: &'a Path,
    page: bool,
}

impl<'a> Plot<'a> {
    fn of(path: &'a Path) -> Result<Self, Failure> {
        match path.extension().and_then(OsStr::to_str) {
            Some("svg") => Ok(Self { path, page: false }),
            Some("html") => Ok(Self { path, page: true }),
            _ => Err(Failure::new(format!("{}: a plot's file ends in .svg or .html", path.display()))),
        }
    }

    fn write(&self, report: &Report) -> Result<(), Failure> {
        let text = if self.page { report.html()? } else { report.svg()? };
        fs::write(self.path, text).map_err(|error| Failure::new(format!("{}: {error}", self.path.display())))
    }
}

impl From<loadgen::Error> for Failure {
    fn from(error: loadgen::Error) -> Self {
        Self::new(error.to_string())
    }
}
