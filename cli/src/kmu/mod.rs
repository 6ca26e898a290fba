//! `key_mgmt_util`: keys, as a crypto user.
//!
//! It speaks to the whole cluster as applications do: one command, one overall answer, and the state of each node that
//! took part.

mod command;
mod delete_key;
mod exit;
mod find_key;
mod get_attribute;
mod get_key_info;
mod help;
mod list_users;
mod login;
mod logout;
mod named;
mod session;
mod status;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use hsm_sim::{ClusterId, World};

use crate::failure::{Failure, report};
use crate::terminal::{Terminal, Word};
use crate::utility::{Tally, Target};
use session::Session;

/// The key management utility: keys, as a crypto user.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    target: Target,
    #[command(subcommand)]
    single: Option<Single>,
}

#[derive(Debug, Subcommand)]
enum Single {
    /// Log in, run one command and end: loginHSM -u CU -s NAME -p PASSWORD COMMAND …
    #[command(name = "singlecmd")]
    Command {
        /// The loginHSM command and the one after it
        #[arg(required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true, value_name = "WORD")]
        words: Vec<String>,
    },
}

/// Runs the utility on the standard input and output.
pub fn main(options: &Options) -> ExitCode {
    let connected = || -> Result<_, Failure> {
        let (world, cluster) = options.target.open()?;
        Ok((world, cluster, Terminal::standard()?))
    };
    match connected() {
        Ok((world, cluster, terminal)) => match &options.single {
            None => run(&world, &cluster, terminal),
            Some(Single::Command { words }) => run_single(&world, &cluster, terminal, words),
        },
        Err(failure) => report(Err(failure)),
    }
}

/// Runs the utility on a cluster; the exit status says whether every command succeeded on every node.
pub fn run(world: &World, cluster: &ClusterId, terminal: Terminal<'_>) -> ExitCode {
    exit_code(converse(world, cluster, terminal))
}

/// Runs a login and one command, all on the utility's own command line (documented: `singlecmd`).
pub fn run_single(world: &World, cluster: &ClusterId, terminal: Terminal<'_>, words: &[String]) -> ExitCode {
    exit_code(single(world, cluster, terminal, words))
}

fn converse(world: &World, cluster: &ClusterId, terminal: Terminal<'_>) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    Session::start(world, cluster, terminal)?.converse(&mut tally)?;
    Ok(tally)
}

fn single(world: &World, cluster: &ClusterId, terminal: Terminal<'_>, words: &[String]) -> Result<Tally, Failure> {
    let words: Vec<Word> = words.iter().cloned().map(Word::new).collect();
    let mut tally = Tally::default();
    Session::start(world, cluster, terminal)?.single(&words, &mut tally)?;
    Ok(tally)
}

fn exit_code(ended: Result<Tally, Failure>) -> ExitCode {
    match ended {
        Ok(tally) => tally.exit_code(),
        Err(failure) => report(Err(failure)),
    }
}
