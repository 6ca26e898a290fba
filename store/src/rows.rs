//! Reading rows: which version of a row is seen, and walks over many rows.

use std::fmt;

use crate::engine::{Entry, View, Walk};
use crate::error::Error;
use crate::head::Head;
use crate::key::{self, Key};
use crate::snapshot;
use crate::types::{Seq, Stamp, Table, Version};

/// What a row's first byte says.
pub(crate) mod flag {
    pub(crate) const LIVE: u8 = 0;
    pub(crate) const DELETED: u8 = 1;
    /// Older versions stay readable.
    pub(crate) const KEEPING: u8 = 2;
}

/// Rows as one transaction sees them. [`Reader`] and [`crate::Writer`] have it.
pub trait Rows {
    /// The row's value; `None` when it is absent or deleted.
    ///
    /// # Errors
    /// The key is too long, or the engine fails.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<&[u8]>, Error>;

    /// The row's newest version that was written by mutation `at` or earlier, deletions included. Versions before the
    /// newest exist for certain only in rows that are written by [`crate::Writer::put_keeping`].
    ///
    /// # Errors
    /// The key is too long, or the engine fails.
    fn get_at(&self, table: Table, key: &[u8], at: Seq) -> Result<Option<Version<'_>>, Error>;

    /// The rows whose keys start with `prefix`, in key order, starting strictly after the key `after`.
    ///
    /// # Errors
    /// A key is too long, or the engine fails.
    fn scan<'a>(&'a self, table: Table, prefix: &[u8], after: Option<&[u8]>) -> Result<Scan<'a>, Error>;

    /// As [`Rows::scan`], each row as [`Rows::get_at`] sees it: deletions included.
    ///
    /// # Errors
    /// A key is too long, or the engine fails.
    fn scan_at<'a>(&'a self, table: Table, prefix: &[u8], after: Option<&[u8]>, at: Seq) -> Result<ScanAt<'a>, Error>;

    /// A reader's last committed mutation; a writer's own number, which all that it writes carries (and which saving or
    /// restoring a snapshot and reset advance).
    fn seq(&self) -> Seq;

    /// For a cache: equal stamps mean equal rows. A writer's is that of its commit, and void if the write fails.
    fn stamp(&self) -> Stamp;

    /// The snapshots and their mutation numbers, by name.
    ///
    /// # Errors
    /// The engine fails.
    fn snapshots(&self) -> Result<Vec<(String, Seq)>, Error>;

    /// The newest snapshot's mutation number, or zero: older versions may still be needed.
    fn last_snapshot(&self) -> Seq;
}

/// A consistent view of the committed rows, given to the function of [`crate::Store::read`].
pub struct Reader<'a> {
    lens: Lens<'a>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(view: &'a dyn View, head: &'a Head) -> Self {
        Self { lens: Lens { view, head } }
    }
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("seq", &self.lens.head.seq).finish_non_exhaustive()
    }
}

impl Rows for Reader<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<&[u8]>, Error> {
        self.lens.get(table, key)
    }

    fn get_at(&self, table: Table, key: &[u8], at: Seq) -> Result<Option<Version<'_>>, Error> {
        self.lens.get_at(table, key, at)
    }

    fn scan<'a>(&'a self, table: Table, prefix: &[u8], after: Option<&[u8]>) -> Result<Scan<'a>, Error> {
        Ok(Scan(self.lens.scan_at(table, prefix, after, Seq::MAX)?))
    }

    fn scan_at<'a>(&'a self, table: Table, prefix: &[u8], after: Option<&[u8]>, at: Seq) -> Result<ScanAt<'a>, Error> {
        self.lens.scan_at(table, prefix, after, at)
    }

    fn seq(&self) -> Seq {
        self.lens.head.seq
    }

    fn stamp(&self) -> Stamp {
        Stamp(self.lens.view.id())
    }

    fn snapshots(&self) -> Result<Vec<(String, Seq)>, Error> {
        snapshot::list(self.lens.view)
    }

    fn last_snapshot(&self) -> Seq {
        self.lens.head.last_snapshot
    }
}

/// A view of stored rows through what the head makes visible.
#[derive(Clone, Copy)]
pub(crate) struct Lens<'a> {
    pub(crate) view: &'a dyn View,
    pub(crate) head: &'a Head,
}

/// A version as it is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored<'a> {
    pub(crate) seq: Seq,
    pub(crate) flag: u8,
    pub(crate) value: &'a [u8],
}

impl<'a> Stored<'a> {
    pub(crate) fn is_deleted(&self) -> bool {
        self.flag & flag::DELETED != 0
    }

    pub(crate) fn is_keeping(&self) -> bool {
        self.flag & flag::KEEPING != 0
    }

    fn version(self) -> Version<'a> {
        Version { seq: self.seq, value: if self.is_deleted() { None } else { Some(self.value) } }
    }
}

impl<'a> Lens<'a> {
    pub(crate) fn get(self, table: Table, key: &[u8]) -> Result<Option<&'a [u8]>, Error> {
        Ok(self.get_at(table, key, Seq::MAX)?.and_then(|version| version.value))
    }

    pub(crate) fn get_at(self, table: Table, key: &[u8], at: Seq) -> Result<Option<Version<'a>>, Error> {
        Ok(self.newest_visible(table, &Key::row(table, key)?, at)?.map(Stored::version))
    }

    /// The newest stored version at or below `at`, visible or not.
    pub(crate) fn newest(self, row: &Key, at: Seq) -> Result<Option<Stored<'a>>, Error> {
        match self.view.seek(row.at(at).as_bytes())? {
            Some(Entry { key, flag, value }) if key.starts_with(row.as_bytes()) => {
                let (_, seq) = key::split(key)?;
                Ok(Some(Stored { seq, flag, value }))
            }
            _ => Ok(None),
        }
    }

    pub(crate) fn newest_visible(self, table: Table, row: &Key, at: Seq) -> Result<Option<Stored<'a>>, Error> {
        let mut limit = at;
        loop {
            let Some(visible) = self.head.at_or_below(table, limit) else { return Ok(None) };
            let Some(stored) = self.newest(row, visible)? else { return Ok(None) };
            if self.head.sees(table, stored.seq) {
                return Ok(Some(stored));
            }
            limit = stored.seq;
        }
    }

    pub(crate) fn scan_at(
        self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        at: Seq,
    ) -> Result<ScanAt<'a>, Error> {
        let prefix: Box<[u8]> = Key::prefix(table, prefix)?.as_bytes().into();
        let mut from = prefix.to_vec();
        if let Some(after) = after {
            from = from.max(key::after(Key::row(table, after)?.as_bytes()));
        }
        Ok(ScanAt { walk: self.view.walk()?, head: self.head, table, prefix, at, step: Step::Seek(from) })
    }
}

/// The rows of [`Rows::scan`]: key and value.
#[derive(Debug)]
pub struct Scan<'a>(pub(crate) ScanAt<'a>);

impl<'a> Iterator for Scan<'a> {
    type Item = Result<(Vec<u8>, &'a [u8]), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.0.next()? {
                Ok((key, Version { value: Some(value), .. })) => return Some(Ok((key, value))),
                Ok((_, Version { value: None, .. })) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// The rows of [`Rows::scan_at`]: key and version. After an error it ends.
pub struct ScanAt<'a> {
    walk: Box<dyn Walk<'a> + 'a>,
    head: &'a Head,
    table: Table,
    prefix: Box<[u8]>,
    at: Seq,
    step: Step<'a>,
}

enum Step<'a> {
    Seek(Vec<u8>),
    /// The next stored version, unless it belongs to this row, which is done.
    After(&'a [u8]),
    Done,
}

impl fmt::Debug for ScanAt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScanAt").field("table", &self.table).field("at", &self.at).finish_non_exhaustive()
    }
}

impl<'a> ScanAt<'a> {
    fn advance(&mut self) -> Result<Option<(Vec<u8>, Version<'a>)>, Error> {
        loop {
            let entry = match &self.step {
                Step::Seek(from) => self.walk.seek(from)?,
                Step::After(_) => self.walk.next()?,
                Step::Done => None,
            };
            let Some(Entry { key, flag, value }) = entry.filter(|entry| entry.key.starts_with(&self.prefix)) else {
                self.step = Step::Done;
                return Ok(None);
            };
            let (row, seq) = key::split(key)?;
            if matches!(self.step, Step::After(done) if done == row) {
                // A row with many versions: jump over the rest.
                self.step = Step::Seek(key::after(row));
                continue;
            }
            match self.head.at_or_below(self.table, seq.min(self.at)) {
                Some(visible) if visible == seq => {
                    self.step = Step::After(row);
                    return Ok(Some((key::unescape(row)?, Stored { seq, flag, value }.version())));
                }
                Some(visible) => {
                    let mut from = row.to_vec();
                    from.extend_from_slice(&(!visible.get()).to_be_bytes());
                    self.step = Step::Seek(from);
                }
                None => self.step = Step::Seek(key::after(row)),
            }
        }
    }
}

impl<'a> Iterator for ScanAt<'a> {
    type Item = Result<(Vec<u8>, Version<'a>), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let result = self.advance().transpose();
        if matches!(result, Some(Err(_))) {
            self.step = Step::Done;
        }
        result
    }
}
