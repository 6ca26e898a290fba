//! The harness: starts the program, finds or installs the real clients, runs commands, and reads what they answer.

mod aws;
mod cluster;
mod drill;
mod http;
mod install;
mod outcome;
mod sim;
mod template;
mod token;
mod tool;
mod wait;

pub(crate) use aws::{Aws, Client, both_clients, decode};
pub(crate) use cluster::{CO_PASSWORD, Customer, ssl};
pub(crate) use http::Http;
pub(crate) use install::{pkcs11_tool, python, softhsm2};
pub(crate) use outcome::Outcome;
pub(crate) use sim::{Options, Sim};
pub(crate) use template::assert_transcript;
pub(crate) use token::{PIN, SO_PIN, Token};
pub(crate) use tool::{Interactive, Transcript};
pub(crate) use wait::{until, within};

use std::{ops::Index, path::PathBuf};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_hsm-sim");

/// The repository's top folder.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The string at a path such as `["Cluster", "State"]`; panics with the whole value when it is not there.
#[track_caller]
pub(crate) fn text(value: &serde_json::Value, path: &[&str]) -> String {
    let found = path.iter().fold(value, |value, name| value.index(*name));
    found.as_str().unwrap_or_else(|| panic!("no string at {path:?} in {value}")).to_owned()
}
