//! The command line: sub-commands, and the management utilities by the name that the program was called under.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{clock, cmu, directory, failure, fault, kmu, settings, snapshot, up};

/// A simulated HSM cluster with an AWS KMS endpoint on top.
#[derive(Debug, Parser)]
#[command(name = "hsm-sim", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// The state directory, which every sub-command takes.
#[derive(Debug, Clone, clap::Args)]
pub struct DirectoryArgument {
    /// The state directory; the default is $HSM_SIM_DIR, else hsm-sim's folder in the user's data directory
    #[arg(long, value_name = "DIR", global = true)]
    pub dir: Option<PathBuf>,
}

impl DirectoryArgument {
    /// The directory that the arguments and the environment choose.
    ///
    /// # Errors
    /// None was given and the user has no data directory.
    pub fn path(&self) -> Result<PathBuf, failure::Failure> {
        self.dir.clone().or_else(directory::of_environment).map_or_else(directory::default, Ok)
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a simulated HSM cluster and its KMS endpoint
    Up(Box<up::Options>),
    /// Break things on purpose, and mend them
    Fault(fault::Arguments),
    /// Read or move the simulated clock
    Clock(clock::Arguments),
    /// Save and restore the whole world
    Snapshot(snapshot::Arguments),
    /// Show or change how the world behaves
    Settings(settings::Arguments),
    /// The CloudHSM management utility: users, on each HSM by itself
    #[command(name = "cloudhsm_mgmt_util")]
    CloudhsmMgmtUtil(cmu::Options),
    /// The key management utility: keys, as a crypto user
    #[command(name = "key_mgmt_util")]
    KeyMgmtUtil(kmu::Options),
}

/// Names under which the program is a sub-command of itself.
const PROGRAM_NAMES: [&str; 2] = ["cloudhsm_mgmt_util", "key_mgmt_util"];

/// Runs the program with these arguments, the program's own name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(name) = called_as(&arguments) {
        arguments.insert(1, name.into());
    }
    match Arguments::parse_from(arguments).command {
        Command::Up(options) => failure::report(up::run(&options)),
        Command::Fault(arguments) => failure::report(fault::run(&arguments)),
        Command::Clock(arguments) => failure::report(clock::run(&arguments)),
        Command::Snapshot(arguments) => failure::report(snapshot::run(&arguments)),
        Command::Settings(arguments) => failure::report(settings::run(&arguments)),
        Command::CloudhsmMgmtUtil(options) => cmu::main(&options),
        Command::KeyMgmtUtil(options) => kmu::main(&options),
    }
}

fn called_as(arguments: &[OsString]) -> Option<&'static str> {
    let name = Path::new(arguments.first()?).file_name()?;
    PROGRAM_NAMES.into_iter().find(|known| name == *known)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn utilities_by_name() {
        for (called, expected) in [
            ("/usr/local/bin/cloudhsm_mgmt_util", Some("cloudhsm_mgmt_util")),
            ("key_mgmt_util", Some("key_mgmt_util")),
            ("target/debug/hsm-sim", None),
        ] {
            assert_eq!(called_as(&[called.into()]), expected, "{called}");
        }
    }
}
