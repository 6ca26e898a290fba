//! `hsm-sim token init`.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use hsm_sim::Password;
use hsm_sim::cluster::Personality;
use hsm_sim::token::UserType;

use crate::failure::Failure;
use crate::secret::{self, Source};
use crate::token::place::{Login, Place};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The token's label, at most 32 bytes
    #[arg(long, default_value = "hsm-sim", value_parser = parse_label)]
    label: String,
    /// The security officer's PIN: a new one, or of an initialised token the one it has
    #[arg(long, value_name = "PIN", value_parser = secret::parse)]
    so_pin: Option<Password>,
    /// A file with the officer's PIN in its first line; else the variable HSM_SIM_SO_PIN, else a prompt
    #[arg(long, value_name = "FILE", conflicts_with = "so_pin")]
    so_pin_file: Option<PathBuf>,
    #[command(flatten)]
    login: Login,
}

fn parse_label(text: &str) -> Result<String, String> {
    if text.len() <= 32 { Ok(text.to_owned()) } else { Err("a label has at most 32 bytes".to_owned()) }
}

pub(super) fn run(place: &Place, options: &Options) -> Result<(), Failure> {
    let token = place.open_or_make()?;
    let info = token.way.token_info(token.slot)?;
    if info.personality == Personality::CloudHsm {
        return Err(Failure::new(
            "a cloudhsm token is not initialised so; its users are made with 'hsm-sim cloudhsm_mgmt_util'",
        ));
    }
    let officer = Source {
        value: options.so_pin.as_ref(),
        file: options.so_pin_file.as_deref(),
        variable: "HSM_SIM_SO_PIN",
        prompt: if info.initialized { "PIN of the security officer" } else { "new PIN of the security officer" },
    };
    let missing = "no officer's PIN was given; name it with --so-pin, --so-pin-file or the variable HSM_SIM_SO_PIN";
    let officer = officer.find_or_ask()?.ok_or_else(|| Failure::new(missing))?;
    // Asked for before anything is lost.
    let user = options.login.require()?;
    check_length("the user's PIN", &user, info.pin_length)?;
    check_length("the officer's PIN", &officer, info.pin_length)?;
    token.way.init_token(token.slot, officer.expose().as_bytes(), &options.label)?;
    let session = token.way.open_session(token.slot, true)?;
    token.way.login(session, UserType::SecurityOfficer, officer.expose().as_bytes())?;
    token.way.init_pin(session, user.expose().as_bytes())?;
    writeln!(std::io::stdout(), "the token '{}' is ready", options.label)?;
    Ok(())
}

fn check_length(what: &str, pin: &Password, (least, most): (u64, u64)) -> Result<(), Failure> {
    let length = pin.expose().len() as u64;
    if (least..=most).contains(&length) {
        return Ok(());
    }
    Err(Failure::new(format!("{what} must have {least} to {most} bytes")))
}
