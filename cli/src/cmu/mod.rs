//! `cloudhsm_mgmt_util`: users, their approvals and the sharing of keys, on each HSM by itself.
//!
//! Every command goes to each server that the utility is connected to, and each server answers for itself: nothing keeps
//! them equal (documented). The servers are those of the moment when the utility starts; one that joins later is not
//! reached until the utility is started again, as with the original's configuration file. They may be those of several
//! clusters, such as a cluster and its clone from a backup, which are then repaired from each other (documented).

mod approve_token;
mod caution;
mod change_password;
mod command;
mod create_user;
mod del_token;
mod delete_user;
mod enable_e2e;
mod encryption;
mod exit;
mod find_all_keys;
mod get_attribute;
mod get_cert;
pub(crate) mod get_hsm_info;
mod get_key_info;
mod get_m_value;
mod get_token;
#[cfg(test)]
mod golden;
mod help;
mod info;
mod list_attributes;
mod list_tokens;
mod list_users;
mod login;
mod logout;
mod quit;
mod register_quorum_pub_key;
mod report;
mod second_factor;
mod server;
mod session;
mod set_attribute;
mod set_m_value;
mod share_key;
mod startup;
mod sync_key;
mod sync_user;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use hsm_sim::{ClusterId, World};

use crate::failure::{Failure, report};
use crate::terminal::Terminal;
use crate::utility::{Tally, Targets};
pub(crate) use list_users::yes_or_no;
use session::Session;

/// The CloudHSM management utility: users, on each HSM by itself.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    targets: Targets,
    #[command(flatten)]
    manner: Manner,
    /// Accepted as by the original and not read: the servers are the cluster's HSMs
    #[arg(value_name = "CONFIGURATION_FILE", hide = true)]
    _configuration: Option<PathBuf>,
}

/// How the utility behaves where there is a choice.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Manner {
    /// What to do in a script when a server refuses a change
    #[arg(long, value_name = "WHAT", default_value = "ignore")]
    pub on_failure: OnFailure,
    /// The wording of the caution
    #[arg(long, value_name = "WHICH", default_value = "seed")]
    pub banner: Banner,
    /// The certificate of the customer's CA, by which servers prove to be the cluster's; without the option they are believed
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
}

/// What to do without a person to ask, when a server refuses a change (documented choices).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnFailure {
    /// Go on with the next server
    Ignore,
    /// Leave the servers after it unchanged
    Abort,
}

/// The wording of the caution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Banner {
    /// `Cav server does NOT synchronize these changes …`
    Seed,
    /// `AWS does NOT synchronize these changes automatically …`
    Aws,
}

/// Runs the utility on the standard input and output.
pub fn main(options: &Options) -> ExitCode {
    let connected = || -> Result<_, Failure> {
        let (world, clusters) = options.targets.open()?;
        Ok((world, clusters, Terminal::completing(command::complete)?))
    };
    match connected() {
        Ok((world, clusters, terminal)) => run(&world, &clusters, options.manner.clone(), terminal),
        Err(failure) => report(Err(failure)),
    }
}

/// Runs the utility on one cluster or several; the exit status says whether every command succeeded on every server it addressed.
pub fn run(world: &World, clusters: &[ClusterId], manner: Manner, terminal: Terminal<'_>) -> ExitCode {
    match converse(world, clusters, manner, terminal) {
        Ok(tally) => tally.exit_code(),
        Err(failure) => report(Err(failure)),
    }
}

fn converse(world: &World, clusters: &[ClusterId], manner: Manner, terminal: Terminal<'_>) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    Session::start(world, clusters, manner, terminal)?.converse(&mut tally)?;
    Ok(tally)
}
