//! Writing rows inside one function of a group commit. Every change is remembered, so that a function that fails is
//! undone alone.

use std::cell::Cell;
use std::fmt;

use crate::engine::{Change, View};
use crate::error::Error;
use crate::head::Head;
use crate::key::Key;
use crate::rows::{Lens, Rows, Scan, ScanAt, Stored, flag};
use crate::snapshot;
use crate::types::{FIRST_PERMANENT, Seq, Stamp, Table, Version};

/// The rows inside a transaction, given to the function of [`crate::Store::write`].
pub struct Writer<'a> {
    change: &'a mut dyn Change,
    pub(crate) head: Head,
    /// Oldest first.
    undo: Vec<Undo>,
    /// Whether the number or stamp was given out, which must then be this function's alone.
    numbered: Cell<bool>,
    pub(crate) head_changed: bool,
}

/// What was stored under a key before it was changed.
struct Undo {
    key: Box<[u8]>,
    /// Flag and value.
    before: Option<Box<[u8]>>,
}

impl fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("seq", &self.head.seq).field("changes", &self.undo.len()).finish_non_exhaustive()
    }
}

impl<'a> Writer<'a> {
    /// A writer with the next number.
    pub(crate) fn new(change: &'a mut dyn Change, mut head: Head) -> Self {
        head.seq = next(head.seq);
        Self { change, head, undo: Vec::new(), numbered: Cell::new(false), head_changed: false }
    }

    /// The head to go on with, if there is anything to commit.
    pub(crate) fn finish(self) -> Option<Head> {
        (!self.undo.is_empty() || self.head_changed || self.numbered.get()).then_some(self.head)
    }

    /// Takes everything back.
    pub(crate) fn undo(self) -> Result<(), Error> {
        for Undo { key, before } in self.undo.into_iter().rev() {
            match before.as_deref() {
                Some([flag, value @ ..]) => {
                    self.change.insert(&key, *flag, value)?;
                }
                _ => {
                    self.change.remove(&key)?;
                }
            }
        }
        Ok(())
    }

    /// Writes a row. The version that it supersedes is dropped at once unless a snapshot needs it or it was written by
    /// [`Writer::put_keeping`].
    ///
    /// # Errors
    /// The key or value is too long, or the engine fails.
    pub fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), Error> {
        let row = Key::row(table, key)?;
        self.drop_superseded(table, &row)?;
        self.insert(&row.at(self.head.seq), flag::LIVE, value)
    }

    /// Writes a row whose older versions stay readable through [`Rows::get_at`].
    ///
    /// # Errors
    /// The key or value is too long, or the engine fails.
    pub fn put_keeping(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), Error> {
        let row = Key::row(table, key)?;
        if table.is_permanent() {
            return self.put(table, key, value);
        }
        self.insert(&row.at(self.head.seq), flag::LIVE | flag::KEEPING, value)
    }

    /// Deletes a row and says whether it was there.
    ///
    /// # Errors
    /// The key is too long, or the engine fails.
    pub fn delete(&mut self, table: Table, key: &[u8]) -> Result<bool, Error> {
        let row = Key::row(table, key)?;
        let keeping = match self.lens().newest_visible(table, &row, Seq::MAX)? {
            Some(stored) if !stored.is_deleted() => stored.is_keeping(),
            _ => return Ok(false),
        };
        if keeping {
            return self.bury(&row);
        }
        self.drop_superseded(table, &row)?;
        // What a snapshot still needs would come to light again.
        match self.lens().newest_visible(table, &row, Seq::MAX)? {
            Some(stored) if !stored.is_deleted() => self.insert(&row.at(self.head.seq), flag::DELETED, &[])?,
            _ => {}
        }
        Ok(true)
    }

    /// Deletes a row whose older versions stay readable through [`Rows::get_at`], and says whether it was there.
    ///
    /// # Errors
    /// The key is too long, or the engine fails.
    pub fn delete_keeping(&mut self, table: Table, key: &[u8]) -> Result<bool, Error> {
        if table.is_permanent() {
            return self.delete(table, key);
        }
        let row = Key::row(table, key)?;
        match self.lens().newest_visible(table, &row, Seq::MAX)? {
            Some(stored) if !stored.is_deleted() => self.bury(&row),
            _ => Ok(false),
        }
    }

    /// Marks a row as deleted over its older versions.
    fn bury(&mut self, row: &Key) -> Result<bool, Error> {
        self.insert(&row.at(self.head.seq), flag::DELETED | flag::KEEPING, &[])?;
        Ok(true)
    }

    /// Drops the row's versions that nobody can see once there is a newer one. Snapshots see nothing that is newer than
    /// the newest of them.
    fn drop_superseded(&mut self, table: Table, row: &Key) -> Result<(), Error> {
        let needed = if table.is_permanent() { Seq::ZERO } else { self.head.last_snapshot };
        let mut limit = Seq::MAX;
        loop {
            let Some(Stored { seq, flag, .. }) = self.lens().newest(row, limit)? else { return Ok(()) };
            let visible = self.head.sees(table, seq);
            if seq <= needed || (visible && flag & flag::KEEPING != 0) {
                return Ok(());
            }
            self.remove(row.at(seq).as_bytes())?;
            if visible {
                return Ok(());
            }
            limit = seq;
        }
    }

    pub(crate) fn lens(&self) -> Lens<'_> {
        Lens { view: self.view(), head: &self.head }
    }

    pub(crate) fn view(&self) -> &dyn View {
        self.change
    }

    pub(crate) fn insert(&mut self, key: &Key, flag: u8, value: &[u8]) -> Result<(), Error> {
        let before = self.change.insert(key.as_bytes(), flag, value)?;
        if key.as_bytes().first() < Some(&FIRST_PERMANENT) {
            self.head.written = self.head.seq;
        }
        self.undo.push(Undo { key: key.as_bytes().into(), before });
        Ok(())
    }

    /// Deletes a stored version.
    pub(crate) fn remove(&mut self, key: &[u8]) -> Result<(), Error> {
        let before = match self.change.seek(key)? {
            Some(entry) if entry.key == key => {
                let mut before = Vec::with_capacity(entry.value.len() + 1);
                before.push(entry.flag);
                before.extend_from_slice(entry.value);
                before.into_boxed_slice()
            }
            _ => return Ok(()),
        };
        self.change.remove(key)?;
        self.undo.push(Undo { key: key.into(), before: Some(before) });
        Ok(())
    }

    /// Gives the rest of this function another number.
    pub(crate) fn renumber(&mut self) {
        self.head.seq = next(self.head.seq);
        self.head_changed = true;
    }
}

/// The number after `seq`. At a million mutations a second they last for half a million years.
fn next(seq: Seq) -> Seq {
    Seq::new(seq.get().saturating_add(1))
}

impl Rows for Writer<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<&[u8]>, Error> {
        self.lens().get(table, key)
    }

    fn get_at(&self, table: Table, key: &[u8], at: Seq) -> Result<Option<Version<'_>>, Error> {
        self.lens().get_at(table, key, at)
    }

    fn scan<'a>(&'a self, table: Table, prefix: &[u8], after: Option<&[u8]>) -> Result<Scan<'a>, Error> {
        Ok(Scan(self.scan_at(table, prefix, after, Seq::MAX)?))
    }

    fn scan_at<'a>(&'a self, table: Table, prefix: &[u8], after: Option<&[u8]>, at: Seq) -> Result<ScanAt<'a>, Error> {
        self.lens().scan_at(table, prefix, after, at)
    }

    fn seq(&self) -> Seq {
        self.numbered.set(true);
        self.head.seq
    }

    fn stamp(&self) -> Stamp {
        self.numbered.set(true);
        Stamp(self.change.id())
    }

    fn snapshots(&self) -> Result<Vec<(String, Seq)>, Error> {
        snapshot::list(self.view())
    }

    fn last_snapshot(&self) -> Seq {
        self.head.last_snapshot
    }
}
