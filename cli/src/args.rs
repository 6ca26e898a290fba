//! The command line: sub-commands, and the management utilities by the name that the program was called under.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand};

use crate::{audit, bench, chsm, clock, cmu, directory, failure, fault, kmu, pkcs11, settings, snapshot, token, up};

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
    /// Print the audit log of an HSM
    Audit(audit::Arguments),
    /// Save and restore the whole world
    Snapshot(snapshot::Arguments),
    /// Show or change how the world behaves
    Settings(settings::Arguments),
    /// Tokens and what is in them: keys and certificates
    Token(token::Arguments),
    /// What PKCS#11 programs need to know of the module, and what they ask of it
    Pkcs11(pkcs11::Arguments),
    /// Drive a PKCS#11 module or a KMS endpoint and measure it
    Bench(Box<bench::Arguments>),
    /// The CloudHSM management utility: users, on each HSM by itself
    #[command(name = CMU)]
    CloudhsmMgmtUtil(cmu::Options),
    /// The key management utility: keys, as a crypto user
    #[command(name = KMU)]
    KeyMgmtUtil(kmu::Options),
    /// The CloudHSM command line: users and keys of a whole cluster, with answers in JSON
    #[command(name = CHSM)]
    CloudhsmCli(chsm::Options),
}

const CMU: &str = "cloudhsm_mgmt_util";
const KMU: &str = "key_mgmt_util";
const CHSM: &str = "cloudhsm-cli";
/// Names under which the program is one of its sub-commands.
const PROGRAM_NAMES: [&str; 3] = [CMU, KMU, CHSM];

/// Runs the program with these arguments, the program's own name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    match called_as(&arguments) {
        Some(CMU) => return cmu::main(&options_of(&utility(CMU), arguments)),
        Some(KMU) => return kmu::main(&options_of(&utility(KMU), arguments)),
        Some(CHSM) => return chsm::main(&options_of(&utility(CHSM), arguments)),
        _ => {}
    }
    match Arguments::parse_from(arguments).command {
        Command::Up(options) => failure::report(up::run(&options)),
        Command::Fault(arguments) => failure::report(fault::run(&arguments)),
        Command::Clock(arguments) => failure::report(clock::run(&arguments)),
        Command::Audit(arguments) => failure::report(audit::run(&arguments)),
        Command::Snapshot(arguments) => failure::report(snapshot::run(&arguments)),
        Command::Settings(arguments) => failure::report(settings::run(&arguments)),
        Command::Token(arguments) => failure::report(token::run(&arguments)),
        Command::Pkcs11(arguments) => pkcs11::main(&arguments),
        Command::Bench(arguments) => failure::report(bench::run(&arguments)),
        Command::CloudhsmMgmtUtil(options) => cmu::main(&options),
        Command::KeyMgmtUtil(options) => kmu::main(&options),
        Command::CloudhsmCli(options) => chsm::main(&options),
    }
}

fn called_as(arguments: &[OsString]) -> Option<&'static str> {
    let name = Path::new(arguments.first()?).file_name()?;
    PROGRAM_NAMES.into_iter().find(|known| name == *known)
}

/// A utility as a program of its own.
fn utility(name: &'static str) -> clap::Command {
    let found = Arguments::command().find_subcommand(name).cloned();
    found.unwrap_or_else(|| clap::Command::new(name)).bin_name(name).version(env!("CARGO_PKG_VERSION"))
}

fn options_of<O: Args>(command: &clap::Command, arguments: Vec<OsString>) -> O {
    let matches = command.clone().try_get_matches_from(arguments);
    matches.and_then(|matches| O::from_arg_matches(&matches)).unwrap_or_else(|error| error.exit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn utilities_know_their_names() {
        for name in PROGRAM_NAMES {
            let mut command = utility(name);
            command.clone().debug_assert();
            let help = command.render_help().to_string();
            assert!(help.contains(&format!("Usage: {name} [OPTIONS]")), "{help}");
            assert!(help.contains("--dir <DIR>") && help.contains("--version"), "{help}");
            let wrong = command.try_get_matches_from([name, "--nothing"]).unwrap_err().to_string();
            assert!(wrong.contains(&format!("Usage: {name} [OPTIONS]")), "{wrong}");
        }
    }

    #[test]
    fn utilities_by_name() {
        for (called, expected) in [
            ("/usr/local/bin/cloudhsm_mgmt_util", Some("cloudhsm_mgmt_util")),
            ("key_mgmt_util", Some("key_mgmt_util")),
            ("./cloudhsm-cli", Some("cloudhsm-cli")),
            ("target/debug/hsm-sim", None),
        ] {
            assert_eq!(called_as(&[called.into()]), expected, "{called}");
        }
    }
}
