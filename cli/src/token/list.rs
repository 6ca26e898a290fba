//! `hsm-sim token list`.

use std::io::Write as _;

use clap::Args;
use hsm_sim::ClusterId;
use hsm_sim::cluster::Personality;
use hsm_sim::token::{PinState, Template, TokenInfo};
use serde_json::{Value as Json, json};

use crate::failure::Failure;
use crate::token::describe::{Object, table};
use crate::token::place::{Login, Place};
use crate::token::select;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// List the objects of the token; a PIN on the command line means it too
    #[arg(long)]
    objects: bool,
    /// As a JSON array
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    login: Login,
}

pub(super) fn run(place: &Place, options: &Options) -> Result<(), Failure> {
    let text = if options.objects || options.login.is_given() {
        objects(place, options)?
    } else {
        tokens(place, options.json)?
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

fn objects(place: &Place, options: &Options) -> Result<String, Failure> {
    let session = place.session(&options.login)?;
    let objects = select::objects(&session, &Template::new())?;
    if options.json {
        let objects: Vec<Json> = objects.iter().map(Object::json).collect();
        return Ok(format!("{}\n", json!(objects)));
    }
    let rows: Vec<_> = objects.iter().map(Object::columns).collect();
    Ok(table(["HANDLE", "CLASS", "TYPE", "LABEL", "ID", "GUARD"], &rows))
}

fn tokens(place: &Place, as_json: bool) -> Result<String, Failure> {
    let tokens = place.all()?;
    if as_json {
        let tokens: Vec<Json> = tokens.iter().map(|(cluster, token)| token_json(cluster.as_ref(), token)).collect();
        return Ok(format!("{}\n", json!(tokens)));
    }
    let rows: Vec<_> = tokens.iter().map(|(cluster, token)| columns(cluster.as_ref(), token)).collect();
    Ok(table(["CLUSTER", "LABEL", "PERSONALITY", "SERIAL", "STATE"], &rows))
}

fn personality(token: &TokenInfo) -> &'static str {
    match token.personality {
        Personality::CloudHsm => "cloudhsm",
        Personality::Generic => "generic",
    }
}

fn state(token: &TokenInfo) -> &'static str {
    match (token.initialized, token.user_pin_initialized, token.user_pin) {
        (false, _, _) => "uninitialized",
        (true, false, _) => "no user PIN",
        (true, true, PinState::Locked) => "user locked",
        (true, true, PinState::FinalTry | PinState::CountLow) => "wrong PINs were tried",
        (true, true, PinState::Good) => "ready",
    }
}

fn columns(cluster: Option<&ClusterId>, token: &TokenInfo) -> [String; 5] {
    [
        cluster.map_or_else(|| "-".to_owned(), ToString::to_string),
        token.label.trim_end().to_owned(),
        personality(token).to_owned(),
        token.serial.clone(),
        state(token).to_owned(),
    ]
}

fn token_json(cluster: Option<&ClusterId>, token: &TokenInfo) -> Json {
    json!({
        "cluster_id": cluster.map(ToString::to_string),
        "label": token.label.trim_end(),
        "personality": personality(token),
        "manufacturer": token.manufacturer,
        "model": token.model,
        "serial": token.serial,
        "initialized": token.initialized,
        "user_pin_initialized": token.user_pin_initialized,
        "state": state(token),
    })
}
