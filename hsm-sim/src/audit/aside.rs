//! Events of commands that change nothing: logins that clear no failures, logouts. Nothing durable depends on them, so they do not wait
//! for the disk: they stand aside, in a numbered file that outlives its process and may lose its end in a power cut.
//!
//! The file is used under the state's write lock only. The next event that is a row, a snapshot and whoever reads a log bring its
//! events into the rows first and go on to a file of the next number, all in one transaction: so the log keeps its order, and no
//! event is there twice or, but for power cuts, not at all. What a rewind of the world undoes includes them.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::audit::{AuditRecord, log};
use crate::error::Result;
use crate::id::NodeId;
use crate::row::{self, Rows, Writer};
use crate::world::World;

/// A longer file, in bytes, is brought into the rows by the next event.
const LONGEST: u64 = 64 << 10;
/// Stands before and after each event, which has no such byte.
const BORDER: u8 = 0;
/// Of the files' names, before their numbers.
const PREFIX: &str = "audit.";
const KEY: &[u8] = b"file";

/// An event that is not numbered yet.
#[derive(Serialize, Deserialize)]
pub(super) struct Aside {
    pub(super) node: NodeId,
    pub(super) record: AuditRecord,
}

/// The number of the file in use.
fn number(rows: &impl Rows) -> Result<u64> {
    match rows.get(row::AUDIT_ASIDE, KEY)? {
        None => Ok(0),
        Some(bytes) => Ok(u64::from_be_bytes(bytes.try_into().map_err(|_| row::corrupt(row::AUDIT_ASIDE, KEY))?)),
    }
}

fn path(world: &World, number: u64) -> PathBuf {
    world.directory().join(format!("{PREFIX}{number}"))
}

/// Puts events aside, in one write; where there is no more room, all that stands aside and they become rows.
///
/// # Errors
/// The store fails, or the directory cannot be written.
pub(super) fn add(tx: &mut Writer<'_>, world: &World, events: Vec<Aside>) -> Result<()> {
    let path = path(world, number(tx)?);
    let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
    let mut file = opened.map_err(store::Error::from)?;
    let length = file.metadata().map_err(store::Error::from)?.len();
    if length == 0 {
        remove_settled(world)?;
    }
    if length >= LONGEST {
        settle(tx, world)?;
        return events.into_iter().try_for_each(|event| log::append(tx, &event.node, event.record));
    }
    let mut bytes = Vec::new();
    for event in &events {
        // The border also before it, so that one of which only the beginning was written does not spoil the next.
        bytes.push(BORDER);
        // Invariant: postcard fails only for types that serde cannot size up front; an event has none.
        bytes.extend(postcard::to_allocvec_cobs(event).expect("events are plain data"));
    }
    Ok(file.write_all(&bytes).map_err(store::Error::from)?)
}

/// Removes the files whose events are rows, durably. One that cannot be removed does no harm.
fn remove_settled(world: &World) -> Result<()> {
    // Not the present transaction's number, which may still come to nothing.
    let in_use = world.read(|rows| number(rows))?;
    for entry in fs::read_dir(world.directory()).map_err(store::Error::from)?.flatten() {
        let name = entry.file_name();
        let file =
            name.to_str().and_then(|name| name.strip_prefix(PREFIX)).and_then(|number| number.parse::<u64>().ok());
        if file.is_some_and(|number| number < in_use) {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// The events of a file; a damaged one is none.
fn events(bytes: &mut [u8]) -> impl Iterator<Item = Aside> {
    let pieces = bytes.split_mut(|byte| *byte == BORDER).filter(|piece| !piece.is_empty());
    pieces.filter_map(|piece| postcard::from_bytes_cobs(piece).ok())
}

/// Whether no event stands aside.
pub(super) fn is_empty(rows: &impl Rows, world: &World) -> Result<bool> {
    Ok(!path(world, number(rows)?).exists())
}

/// Brings the events that stand aside into the rows.
pub(super) fn settle(tx: &mut Writer<'_>, world: &World) -> Result<()> {
    let number = number(tx)?;
    let mut bytes = match fs::read(path(world, number)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(store::Error::from(error).into()),
    };
    for Aside { node, record } in events(&mut bytes) {
        log::append(tx, &node, record)?;
    }
    begin(tx, number + 1)
}

/// Forgets the events that stand aside.
pub(super) fn forget(tx: &mut Writer<'_>) -> Result<()> {
    let next = number(tx)? + 1;
    begin(tx, next)
}

fn begin(tx: &mut Writer<'_>, number: u64) -> Result<()> {
    Ok(tx.put(row::AUDIT_ASIDE, KEY, &number.to_be_bytes())?)
}
