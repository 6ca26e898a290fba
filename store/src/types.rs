//! The small values of the interface: tables, mutation numbers, stamps, versions and options.

use serde::{Deserialize, Serialize};

/// A table: the first byte of its rows' keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Table(u8);

/// The first table that snapshots and reset do not touch: the store's own.
pub(crate) const FIRST_PERMANENT: u8 = 200;

impl Table {
    /// A versioned table: its rows follow snapshots and reset.
    ///
    /// # Panics
    /// For a number above 199; tables are constants, so this is a compile error in practice.
    pub const fn new(number: u8) -> Self {
        assert!(number < FIRST_PERMANENT, "versioned tables are 0 to 199");
        Self(number)
    }

    /// A permanent table: its rows have one version and survive the restore of a snapshot and reset.
    ///
    /// # Panics
    /// For a number outside 201 to 254; tables are constants, so this is a compile error in practice.
    pub const fn permanent(number: u8) -> Self {
        assert!(number > FIRST_PERMANENT && number < u8::MAX, "permanent tables are 201 to 254");
        Self(number)
    }

    /// The table's number.
    pub const fn number(self) -> u8 {
        self.0
    }

    pub(crate) const fn is_permanent(self) -> bool {
        self.0 >= FIRST_PERMANENT
    }
}

/// The number of a mutation. It grows for ever, also across the restore of a snapshot and reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seq(u64);

impl Seq {
    /// Later than every mutation.
    pub const MAX: Self = Self(u64::MAX);
    /// Earlier than every mutation.
    pub const ZERO: Self = Self(0);

    /// A number that was stored by the caller.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number itself.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// What a cache keeps to ask later whether anything was committed since: [`crate::Store::is_current`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stamp(pub(crate) u64);

impl Stamp {
    /// The number of the last commit that it saw, for who keeps it in an atomic.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The stamp of a number that [`Stamp::number`] gave.
    pub const fn of_number(number: u64) -> Self {
        Self(number)
    }
}

/// One version of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version<'a> {
    /// The mutation that wrote it.
    pub seq: Seq,
    /// The value; `None` when the mutation deleted the row.
    pub value: Option<&'a [u8]>,
}

/// Whether a commit reaches the disk before it is acknowledged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// Every commit is on the disk when `write` returns; nothing acknowledged is lost by a power cut.
    #[default]
    Synced,
    /// Nothing waits for the disk: survives the death of processes, not of the machine. For tests and `--ephemeral`.
    Unsynced,
}

/// How to open a directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// When commits are acknowledged. Of several openings in one process the first decides.
    pub durability: Durability,
}

/// What a simulated failure of the store looks like: [`crate::Store::fail_next_commits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The disk is full: [`crate::Error::DiskFull`].
    DiskFull,
    /// The map is full: [`crate::Error::MapFull`].
    MapFull,
    /// The disk reports an error: [`crate::Error::Io`].
    Io,
    /// The engine gives up ([`crate::Error::Fatal`]) and the directory is reopened, as after a failed last write.
    Fatal,
}

/// Room that a directory takes on the disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// The length of the file with the rows.
    pub file: u64,
    /// What the present rows take of it.
    pub used: u64,
}

/// What a stretch of pruning did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    /// How many versions it dropped.
    pub dropped: usize,
    /// The key of the row after which it goes on; none at the end.
    pub next: Option<Vec<u8>>,
}

/// What a stretch of sweeping did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swept {
    /// How many versions it dropped.
    pub dropped: usize,
    /// Whether there is more to look at.
    pub more: bool,
}
