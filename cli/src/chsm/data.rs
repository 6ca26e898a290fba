//! Data that a command is given: on the line in base64, or in a file as it is (documented).

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clap::Args;

use crate::chsm::answer::Refusal;

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Data {
    /// The path to the file containing the data
    #[arg(long)]
    data_path: Option<PathBuf>,
    /// Base64 encoded data
    #[arg(long)]
    data: Option<String>,
}

impl Data {
    pub(super) fn read(&self) -> Result<Vec<u8>, Refusal> {
        bytes(self.data_path.as_deref(), self.data.as_deref())
    }
}

/// What a file holds, or text in base64.
pub(super) fn bytes(path: Option<&Path>, text: Option<&str>) -> Result<Vec<u8>, Refusal> {
    match (path, text) {
        (Some(path), _) => read_file(path),
        (None, text) => decode(text.unwrap_or_default()),
    }
}

pub(super) fn encode(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

pub(super) fn decode(text: &str) -> Result<Vec<u8>, Refusal> {
    BASE64_STANDARD.decode(text).map_err(|_| Refusal::new("The data is not valid base64"))
}

pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Refusal> {
    fs::read(path).map_err(|error| Refusal::new(format!("{}: {error}", path.display())))
}

pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Refusal> {
    fs::write(path, bytes).map_err(|error| Refusal::new(format!("{}: {error}", path.display())))
}
