//! Who is here now: rows that belong to a process and are void when it is dead.
//!
//! A second environment in `<directory>/presence`, never synced. The first process to come wipes it, so it is empty
//! after a reboot. Checking who is there and entering oneself is one step: [`Presence::update`].

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::commit::Inside;
use crate::engine::{Change, View};
use crate::environment::{Environment, Kind};
use crate::error::Error;
use crate::key::{self, Key};
use crate::lmdb::{PerProcess, WriteTxn, fork_generation};
use crate::owner::Owner;
use crate::types::{Seq, Table};

const ENTRIES: Table = Table::new(0);
const NUMBER: u8 = b'n';
const CORRUPT: Error = Error::Corrupt { what: "a presence row" };

/// The last number that this process used in any table.
static LAST_NUMBER: AtomicU64 = AtomicU64::new(0);

/// The presence table of a directory. Clones are the same table; a fork's child opens it anew when it first uses it.
#[derive(Debug, Clone)]
pub struct Presence(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    environment: PerProcess<Arc<Environment>>,
    /// One more than the [`fork_generation`] in which the dead were looked for: the child of a fork looks again.
    tidied: AtomicU64,
}

impl Inner {
    fn is_tidied(&self) -> bool {
        self.tidied.load(Ordering::Relaxed) == fork_generation() + 1
    }
}

/// A live process's entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its key; several entries may have the same.
    pub key: Vec<u8>,
    /// What its owner wrote.
    pub value: Vec<u8>,
    /// Whether this process owns it.
    pub mine: bool,
    /// Its owner's process number.
    pub pid: u32,
}

/// What it takes to leave again. Plain data; a fork's child holds copies of its parent's tickets but owns none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ticket {
    key: Vec<u8>,
    number: Seq,
    owner: Owner,
}

impl Presence {
    /// The presence table of a state directory. It is opened when it is first used: a program that only starts pays nothing for it.
    ///
    /// # Errors
    /// A relative path, and the process has no working directory.
    pub fn of(dir: &Path) -> Result<Self, Error> {
        let directory = std::path::absolute(dir).map_err(Error::at(dir))?.join("presence");
        Ok(Self(Arc::new(Inner { directory, environment: PerProcess::new(), tidied: AtomicU64::new(0) })))
    }

    /// Opens the table and looks for the dead, unless this was done: for who will use it where others wait.
    ///
    /// # Errors
    /// The table cannot be opened or written.
    pub fn ready(&self) -> Result<(), Error> {
        if self.0.is_tidied() { Ok(()) } else { self.update(|_| Ok(())) }
    }

    /// Runs `f` alone among all processes; an error or panic undoes it. It may run inside [`crate::Store::write`], and
    /// never the other way round.
    ///
    /// # Errors
    /// What `f` returns, or the failure of the table.
    pub fn update<T, E: From<Error>>(&self, f: impl FnOnce(&mut PresenceTx<'_>) -> Result<T, E>) -> Result<T, E> {
        thread_local! {
            static UPDATING: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
        }
        struct Updating;
        impl Drop for Updating {
            fn drop(&mut self) {
                UPDATING.set(false);
            }
        }

        if UPDATING.replace(true) {
            return Err(Error::Nested.into());
        }
        let _updating = Updating;
        let _inside = Inside::enter();
        let owner = Owner::current()?;
        let mut result = None;
        self.environment()?.with_env(|env| {
            let mut tx = PresenceTx { txn: env.write()?, owner, changed: false };
            if !self.0.is_tidied() {
                // Cleans up after the dead.
                tx.entries(&[])?;
            }
            let outcome = f(&mut tx);
            if outcome.is_ok() {
                if tx.changed {
                    tx.txn.commit()?;
                }
                self.0.tidied.store(fork_generation() + 1, Ordering::Relaxed);
            }
            result = Some(outcome);
            Ok(())
        })?;
        // Invariant: the closure sets it or fails.
        result.unwrap_or_else(|| Err(Error::Fatal.into()))
    }

    /// The live entries whose keys start with `prefix`, in key order, without waiting for anybody.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn view(&self, prefix: &[u8]) -> Result<Vec<Entry>, Error> {
        self.environment()?.view(|view| Ok(Found::list(view, prefix)?.live))?
    }

    fn environment(&self) -> Result<&Environment, Error> {
        let Inner { directory, environment, .. } = &*self.0;
        environment.get_or_try_init(|| Environment::obtain(directory, Kind::Presence)).map(|environment| &**environment)
    }
}

/// The table inside [`Presence::update`].
pub struct PresenceTx<'a> {
    txn: WriteTxn<'a>,
    owner: Owner,
    changed: bool,
}

impl fmt::Debug for PresenceTx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresenceTx").field("owner", &self.owner).finish_non_exhaustive()
    }
}

impl PresenceTx<'_> {
    /// The live entries whose keys start with `prefix`, in key order. Entries of dead processes are deleted.
    ///
    /// # Errors
    /// The engine fails.
    pub fn entries(&mut self, prefix: &[u8]) -> Result<Vec<Entry>, Error> {
        let Found { live, dead } = Found::list(&self.txn, prefix)?;
        for key in dead {
            self.changed |= self.txn.remove(&key)?;
        }
        Ok(live)
    }

    /// Enters this process under a key, beside whoever has the same.
    ///
    /// # Errors
    /// The key is too long, or the engine fails.
    pub fn enter(&mut self, key: &[u8], value: &[u8]) -> Result<Ticket, Error> {
        let number = self.next_number()?;
        let mut data = Vec::with_capacity(Owner::LENGTH + value.len());
        data.extend_from_slice(&self.owner.encode());
        data.extend_from_slice(value);
        self.txn.insert(Key::row(ENTRIES, key)?.at(number).as_bytes(), 0, &data)?;
        self.changed = true;
        Ok(Ticket { key: key.to_vec(), number, owner: self.owner })
    }

    /// Leaves again and says whether the entry was still there. A ticket of another process, such as the one that this
    /// forked from, changes nothing.
    ///
    /// # Errors
    /// The engine fails.
    pub fn leave(&mut self, ticket: &Ticket) -> Result<bool, Error> {
        if ticket.owner != self.owner {
            return Ok(false);
        }
        let row = Key::row(ENTRIES, &ticket.key)?.at(ticket.number);
        let removed = self.txn.remove(row.as_bytes())?;
        self.changed |= removed;
        Ok(removed)
    }

    /// Entries of equal keys are told apart by a number that is not used twice.
    fn next_number(&mut self) -> Result<Seq, Error> {
        let key = Key::meta(NUMBER, &[])?;
        let last = match self.txn.seek(key.as_bytes())? {
            Some(entry) if entry.key == key.as_bytes() => {
                u64::from_le_bytes(entry.value.try_into().map_err(|_| CORRUPT)?)
            }
            _ => 0,
        };
        // Nor after the table was wiped: this process may hold tickets from before.
        let number = last.max(LAST_NUMBER.load(Ordering::Relaxed)).saturating_add(1);
        LAST_NUMBER.fetch_max(number, Ordering::Relaxed);
        self.txn.insert(key.as_bytes(), 0, &number.to_le_bytes())?;
        Ok(Seq::new(number))
    }
}

struct Found {
    live: Vec<Entry>,
    dead: Vec<Vec<u8>>,
}

impl Found {
    fn list(view: &dyn View, prefix: &[u8]) -> Result<Self, Error> {
        let me = Owner::current()?;
        let mut alive = HashMap::new();
        let prefix = Key::prefix(ENTRIES, prefix)?;
        let mut found = Self { live: Vec::new(), dead: Vec::new() };
        let mut walk = view.walk()?;
        let mut row = walk.seek(prefix.as_bytes())?;
        while let Some(entry) = row.filter(|entry| entry.key.starts_with(prefix.as_bytes())) {
            let (owner, value) = entry.value.split_first_chunk().ok_or(CORRUPT)?;
            let owner = Owner::decode(owner);
            let lives = match alive.get(&owner) {
                Some(lives) => *lives,
                None => *alive.entry(owner).or_insert(owner.is_alive()?),
            };
            if lives {
                let (key, _) = key::split(entry.key)?;
                found.live.push(Entry {
                    key: key::unescape(key)?,
                    value: value.to_vec(),
                    mine: owner == me,
                    pid: owner.pid(),
                });
            } else {
                found.dead.push(entry.key.to_vec());
            }
            row = walk.next()?;
        }
        Ok(found)
    }
}
