//! `cloudhsm-cli`: users and keys of a whole cluster, for people at a prompt and for scripts, with answers in JSON.
//!
//! Every command goes to all HSMs that the cluster has, and there is one answer. Where HSMs disagree it says so
//! (`inconsistent`), and where a command reached some of them only it fails and leaves them different (documented).

mod answer;
mod cluster;
mod command;
mod complete;
mod crypto;
mod data;
mod hash;
mod interactive;
mod key;
mod login;
mod logout;
mod password;
mod quorum;
mod replicate;
mod role;
mod session;
#[cfg(test)]
mod tests;
mod token_file;
mod user;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use hsm_sim::{ClusterId, World};

use crate::args::DirectoryArgument;
use crate::client_certificate::ClientFiles;
use crate::directory;
use crate::failure::{Failure, report};
use crate::terminal::Terminal;
use command::Command;
use session::{Credentials, Session};

/// The CloudHSM command line: users and keys of a whole cluster.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    directory: DirectoryArgument,
    #[command(flatten)]
    manner: Manner,
    #[command(flatten)]
    client: ClientFiles,
    #[command(subcommand)]
    mode: Mode,
}

/// What holds for every command of a run.
#[derive(Debug, Clone, Default, Args)]
pub struct Manner {
    /// The cluster; the default is the oldest ACTIVE one of the directory, else the oldest that waits for its activation
    #[arg(long, value_name = "CLUSTER_ID", global = true)]
    pub cluster_id: Option<ClusterId>,
    /// Keys may be made and used though fewer than two HSMs hold them
    #[arg(long, global = true)]
    pub disable_key_availability_check: bool,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one")]
enum Mode {
    /// Take commands at a prompt
    Interactive,
    #[command(flatten)]
    Single(Command),
}

/// Runs the tool on the standard input and output.
pub fn main(options: &Options) -> ExitCode {
    let opened =
        || -> Result<World, Failure> { options.client.present(directory::open_existing(&options.directory.path()?)?) };
    let ended = opened().and_then(|world| match &options.mode {
        Mode::Interactive => {
            let terminal = Terminal::completing(complete::complete)?;
            interactive::converse(Session::start(&world, &options.manner, terminal)?)
        }
        Mode::Single(command) => single(&world, &options.manner, Terminal::standard()?, command),
    });
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => report(Err(failure)),
    }
}

/// Carries out one command, logged in as the environment says; whether it succeeded.
fn single(world: &World, manner: &Manner, terminal: Terminal<'_>, command: &Command) -> Result<bool, Failure> {
    let mut session = Session::start(world, manner, terminal)?;
    let credentials = if command.logs_in_itself() { None } else { Credentials::of_environment("") };
    let answer = match credentials {
        None => command.run(&mut session),
        Some(credentials) => credentials
            .and_then(|credentials| session.connection(None)?.log_in(&credentials))
            .and_then(|()| command.run(&mut session)),
    };
    session.print(&answer)
}
