//! What can go wrong with the state directory, told so that its owner knows what to do next.

use std::io;
use std::path::Path;

/// Any failure of the store or of the presence table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("{message}")]
    Io {
        /// The kind, for callers that branch.
        kind: io::ErrorKind,
        /// What the operating system said, with the path if it is known.
        message: String,
    },
    /// The directory lies on a network file system, where several processes cannot share a memory map.
    #[error("'{path}' is on a network file system ({name}); put the state directory on a local disk")]
    NetworkFileSystem {
        /// The directory.
        path: String,
        /// The file system.
        name: &'static str,
    },
    /// Processes of another PID namespace (another container) are using the directory.
    #[error(
        "'{path}' is in use by processes of another PID namespace; run all of them in one container, or stop the others"
    )]
    ForeignNamespace {
        /// The directory.
        path: String,
    },
    /// Another copy of this library in the same process has the directory open.
    #[error("another copy of the library in this process has '{path}' open; load one copy only")]
    OpenedTwice {
        /// The directory.
        path: String,
    },
    /// The directory has a format that this program does not know.
    #[error("the state directory has format {found}, this program reads format {supported}; use a matching version")]
    Format {
        /// The version in the directory.
        found: u32,
        /// The version that this program writes.
        supported: u32,
    },
    /// A row of the store itself is damaged.
    #[error("the state directory is damaged ({what}); restore it from a copy")]
    Corrupt {
        /// Which row.
        what: &'static str,
    },
    /// A key is too long for the engine.
    #[error("a row's key takes {length} bytes, the limit is {limit}")]
    KeyTooLong {
        /// The encoded key's length in bytes.
        length: usize,
        /// The largest possible.
        limit: usize,
    },
    /// A value is too long for the engine.
    #[error("a row's value of {length} bytes is too long")]
    ValueTooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// No space is left on the disk, or a quota is reached.
    #[error("the disk of the state directory is full; free some space and try again")]
    DiskFull,
    /// The directory holds as much as its memory map may.
    #[error("the state directory has reached its largest size of {limit} bytes")]
    MapFull {
        /// The map's size in bytes.
        limit: usize,
    },
    /// Too many threads and processes read at once.
    #[error("too many processes and threads read the state directory at once")]
    ReadersFull,
    /// Another process, of another version, opened the directory with a larger map.
    #[error("another program enlarged the state directory; restart this one")]
    MapResized,
    /// The engine stopped after a failed write and is being reopened; nothing of the transaction was kept.
    #[error("the state directory failed while writing and was reopened; try again")]
    Fatal,
    /// A write inside a write, or inside a presence update, on one thread.
    #[error("a write transaction was started inside another one")]
    Nested,
    /// The transaction's function panicked; nothing of it was kept.
    #[error("a transaction's function panicked; it was undone")]
    Panicked,
    /// The process forked while the transaction ran; the child's copy of it is void.
    #[error("the process forked inside a transaction; the child's copy of it is void")]
    Forked,
    /// Anything else that the engine reports.
    #[error("the state directory failed: {message} (code {code})")]
    Engine {
        /// LMDB's or the operating system's number.
        code: i32,
        /// Its text.
        message: String,
    },
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            kind => Self::Io { kind, message: error.to_string() },
        }
    }
}

impl Error {
    /// An operating system error with the file or directory that it concerns.
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |error| Self::from(error).within(path)
    }

    /// This error with the file or directory that it concerns.
    pub(crate) fn within(self, path: &Path) -> Self {
        match self {
            Self::Io { kind, message } => Self::Io { kind, message: format!("{}: {message}", path.display()) },
            Self::ForeignNamespace { .. } => Self::ForeignNamespace { path: path.display().to_string() },
            other => other,
        }
    }
}
