//! `hsm-sim token`: tokens and what is in them, for people.
//!
//! Every command is a PKCS#11 application of its own: it opens the token, logs in if a PIN is at hand, does one thing and ends.

mod delete;
mod describe;
mod export;
mod import;
mod init;
pub(crate) mod key;
mod list;
mod place;
mod select;
mod self_signed;
mod show;
mod usage;

use clap::{Args, Subcommand};

use crate::failure::Failure;

/// Arguments of `hsm-sim token`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    place: place::Place,
    #[command(subcommand)]
    action: Action,
}

/// What of a token's contents can be had without being asked for a PIN.
const PINS: &str = "\
The PIN comes from --pin, --pin-file, the variable HSM_SIM_PIN, or a prompt. In a cloudhsm token it is user:password. \
Without one, only public objects are there.";

#[derive(Debug, Subcommand)]
enum Action {
    /// Initialise a generic token: officer's PIN, user's PIN and label; whatever it held is gone
    Init(init::Options),
    /// List the tokens, or the objects of one
    #[command(after_help = PINS)]
    List(list::Options),
    /// Show the attributes of an object
    #[command(after_help = PINS)]
    Show(show::Options),
    /// Delete objects
    #[command(after_help = PINS)]
    Delete(delete::Options),
    /// Bring keys and certificates of a file into the token
    #[command(after_help = PINS)]
    Import(Box<import::Options>),
    /// Write a key or a certificate of the token to a file
    #[command(after_help = PINS)]
    Export(export::Options),
    /// Make a key pair and its self-signed certificate in the token
    #[command(after_help = PINS)]
    SelfSigned(Box<self_signed::Options>),
}

/// Runs `hsm-sim token`.
///
/// # Errors
/// The directory cannot be used, the PIN is wrong, there is no such object, or the token refuses.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let place = &arguments.place;
    match &arguments.action {
        Action::Init(options) => init::run(place, options),
        Action::List(options) => list::run(place, options),
        Action::Show(options) => show::run(place, options),
        Action::Delete(options) => delete::run(place, options),
        Action::Import(options) => import::run(place, options),
        Action::Export(options) => export::run(place, options),
        Action::SelfSigned(options) => self_signed::run(place, options),
    }
}
