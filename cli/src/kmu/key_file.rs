//! Files that keys are written to and read from.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;

use crypto::keyfile::{self, Content, Entry};
use hsm_sim::SecretBytes;

use crate::failure::Failure;

/// Writes a secret to a file that only its owner reads; what the file held is gone (documented).
pub(super) fn write_secret(file: &str, bytes: &SecretBytes) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
    file.write_all(bytes.expose())
}

/// Reads a file that may hold a secret.
pub(super) fn read_secret(file: &str) -> Result<SecretBytes, Failure> {
    fs::read(file).map(SecretBytes::new).map_err(|error| Failure::new(format!("{file}: {error}")))
}

/// The first thing in a file that `wanted` takes.
pub(super) fn read<T>(file: &str, wanted: impl Fn(Content) -> Option<T>, what: &str) -> Result<T, Failure> {
    let entries: Vec<Entry> =
        keyfile::read(read_secret(file)?.expose(), None).map_err(|error| Failure::new(format!("{file}: {error}")))?;
    let found = entries.into_iter().find_map(|entry| wanted(entry.content));
    found.ok_or_else(|| Failure::new(format!("{file}: it holds no {what}")))
}
