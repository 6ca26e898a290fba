//! `hsm-sim pkcs11`: for people who point a PKCS#11 program at the simulator. Nothing here opens the state directory: the
//! program that is looked at does.

pub(crate) mod module;

mod environment;
mod spy;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::args::DirectoryArgument;
use crate::failure::{self, Failure};

/// Arguments of `hsm-sim pkcs11`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    directory: DirectoryArgument,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the path of the PKCS#11 module
    Path,
    /// Print the environment and the settings by which common clients find the module
    Env(environment::Options),
    /// Run a program and show every PKCS#11 call that it makes
    #[command(after_help = spy::EXAMPLE)]
    Spy(spy::Options),
}

/// Runs `hsm-sim pkcs11`; of `spy` the status is that of the program it ran.
pub fn main(arguments: &Arguments) -> ExitCode {
    match &arguments.action {
        Action::Path => failure::report(path()),
        Action::Env(options) => failure::report(environment::run(&arguments.directory, options)),
        Action::Spy(options) => match spy::run(&arguments.directory, options) {
            Ok(code) => code,
            Err(failure) => failure::report(Err(failure)),
        },
    }
}

fn path() -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{}", module::find()?.display())?;
    Ok(())
}
