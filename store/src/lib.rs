//! Durable rows with versions and snapshots, shared by any number of processes on one directory.
//!
//! Rows are `(table, key) → value`. [`Store::read`] gives a consistent view, [`Store::write`] is one durable transaction;
//! transactions of concurrent threads share their disk flush (group commit), and processes take turns. A [`Stamp`] tells
//! a cache in nanoseconds whether anything changed. Snapshots ([`Writer::save_snapshot`]) and reset are in place and cost
//! one small row whatever the number of rows. [`Presence`] is a second, volatile table of who is here now, whose rows are
//! void when their process is dead.
//!
//! The embedded engine is LMDB. What it takes to use it from several processes, forked children included, is in here:
//! one environment per process and directory, a reader table that is cleaned, no read transaction that stays open, a
//! refusal of network file systems and foreign PID namespaces, reopening after a fatal failure. Standard locks only:
//! those of `parking_lot` share a table that a fork may leave locked.
//!
//! ```
//! # use hsm_sim_store as store; // the name that the workspace gives it
//! use store::{Durability, Options, Rows, Store, Table};
//!
//! const COLOURS: Table = Table::new(1);
//!
//! let directory = tempfile::tempdir()?;
//! let store = Store::open(directory.path(), Options { durability: Durability::Unsynced })?;
//! let number = store.write(|tx| {
//!     tx.put(COLOURS, b"sky", b"blue")?;
//!     Ok::<_, store::Error>(tx.seq())
//! })?;
//! let (sky, stamp) = store.read(|rows| {
//!     let sky = rows.get(COLOURS, b"sky")?.map(<[u8]>::to_vec);
//!     Ok::<_, store::Error>((sky, rows.stamp()))
//! })??;
//! assert_eq!(sky.as_deref(), Some(&b"blue"[..]));
//! assert!(store.is_current(stamp));
//! # assert!(number > store::Seq::ZERO);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(unsafe_code, unsafe_op_in_unsafe_fn)]

mod commit;
mod engine;
mod environment;
mod error;
mod format;
mod guard;
mod head;
mod key;
mod lmdb;
mod owner;
mod presence;
mod prune;
mod rows;
mod snapshot;
mod store;
mod types;
mod writer;

pub use error::Error;
pub use lmdb::fork_generation;
pub use owner::Owner;
pub use presence::{Entry, Presence, PresenceTx, Ticket};
pub use prune::{Need, Superseded};
pub use rows::{Reader, Rows, Scan, ScanAt};
pub use store::Store;
pub use types::{Durability, Failure, Options, Pruned, Seq, Space, Stamp, Swept, Table, Version};
pub use writer::Writer;
