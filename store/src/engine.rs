//! What the rows ask of an engine. Everything above speaks these three traits; the embedded engine is [`crate::lmdb`].

use crate::error::Error;

/// One stored row. The flag is the first byte of the stored data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) flag: u8,
    pub(crate) value: &'a [u8],
}

/// A consistent view of all rows.
pub(crate) trait View {
    /// The transaction's number; equal numbers mean equal rows.
    fn id(&self) -> u64;

    /// The first row at or after `from`, in byte order of the keys.
    fn seek(&self, from: &[u8]) -> Result<Option<Entry<'_>>, Error>;

    /// A walk over the rows in key order.
    fn walk(&self) -> Result<Box<dyn Walk<'_> + '_>, Error>;
}

/// A position among the rows of a view.
pub(crate) trait Walk<'a> {
    /// Goes to the first row at or after `from`.
    fn seek(&mut self, from: &[u8]) -> Result<Option<Entry<'a>>, Error>;

    /// Goes to the next row.
    fn next(&mut self) -> Result<Option<Entry<'a>>, Error>;
}

/// A view that can be changed; all of it commits or nothing.
pub(crate) trait Change: View {
    /// Writes a row and returns the data (flag and value) that it replaced.
    fn insert(&mut self, key: &[u8], flag: u8, value: &[u8]) -> Result<Option<Box<[u8]>>, Error>;

    /// Deletes a row and says whether it was there.
    fn remove(&mut self, key: &[u8]) -> Result<bool, Error>;
}
