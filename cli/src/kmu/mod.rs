//! `key_mgmt_util`: keys, as a crypto user.
//!
//! It speaks to the whole cluster as applications do: one command, one overall answer, and the state of each node that
//! took part.

mod aes_wrap_unwrap;
mod approve_token;
mod argument;
mod command;
mod create_public_key;
mod del_token;
mod delete_key;
mod error_to_string;
mod ex_sym_key;
mod exit;
mod export_private_key;
mod export_pub_key;
mod extract_masked_object;
mod find_key;
mod find_single_key;
mod gen_dsa_key_pair;
mod gen_ecc_key_pair;
mod gen_pbe_key;
mod gen_rsa_key_pair;
mod gen_sym_key;
mod get_attribute;
mod get_cavium_priv_key;
mod get_cert;
mod get_hsm_info;
mod get_key_info;
mod get_partition_info;
mod get_token;
#[cfg(test)]
mod golden;
mod header;
mod help;
mod host_key;
mod im_sym_key;
mod import_private_key;
mod import_pub_key;
mod insert_masked_object;
mod is_valid_key_handlefile;
mod key_file;
mod list_attributes;
mod list_ecc_curve_ids;
mod list_tokens;
mod list_users;
mod login;
mod login_status;
mod logout;
mod pair;
mod session;
mod set_attribute;
mod sign;
mod signing;
mod status;
mod terms;
#[cfg(test)]
mod tests;
mod unwrap_key;
mod verify;
mod wrap_key;
mod wrapping;

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
    /// On how many HSMs a new key must arrive, or else it is not made; the larger of this and -min_srv counts
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    create_object_minimum_nodes: usize,
    #[command(subcommand)]
    single: Option<Single>,
}

#[derive(Debug, Subcommand)]
enum Single {
    /// Log in, run one command and end: loginHSM -u CU -s NAME -p PASSWORD COMMAND …
    #[command(name = "singlecmd", visible_alias = "Cfm3Util")]
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
        Ok((world, cluster, Terminal::completing(command::complete)?))
    };
    let least = options.create_object_minimum_nodes;
    match connected() {
        Ok((world, cluster, terminal)) => match &options.single {
            None => exit_code(converse(&world, &cluster, least, terminal)),
            Some(Single::Command { words }) => exit_code(single(&world, &cluster, least, terminal, words)),
        },
        Err(failure) => report(Err(failure)),
    }
}

/// Talks until the utility ends; the tally says whether every command succeeded on every node.
fn converse(world: &World, cluster: &ClusterId, least: usize, terminal: Terminal<'_>) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    Session::start(world, cluster, least, terminal)?.converse(&mut tally)?;
    Ok(tally)
}

/// Runs a login and one command, all on the utility's own command line (documented: `singlecmd`).
fn single(
    world: &World,
    cluster: &ClusterId,
    least: usize,
    terminal: Terminal<'_>,
    words: &[String],
) -> Result<Tally, Failure> {
    // The name of the function may stand before it (documented).
    let words = words.strip_prefix(&["singlecmd".to_owned()]).unwrap_or(words);
    let words: Vec<Word> = words.iter().cloned().map(Word::new).collect();
    let mut tally = Tally::default();
    Session::start(world, cluster, least, terminal)?.single(&words, &mut tally)?;
    Ok(tally)
}

fn exit_code(ended: Result<Tally, Failure>) -> ExitCode {
    match ended {
        Ok(tally) => tally.exit_code(),
        Err(failure) => report(Err(failure)),
    }
}
