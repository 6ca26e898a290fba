//! Snapshots and reset, in place and at the price of one small row: they change which mutation numbers are visible, never
//! the rows. Versions that nobody can see any more are dropped by [`Writer::sweep`], a few at a time.
//!
//! A snapshot is the visible set cut at the moment it was saved; restoring it makes that set visible again, and all that
//! is written from now on. Numbers never go back, so what lies between stays invisible for ever.

use crate::engine::{Entry, View};
use crate::error::Error;
use crate::head::{Pass, Visible};
use crate::key::{self, Key};
use crate::rows::{Rows, Stored, flag};
use crate::types::{FIRST_PERMANENT, Seq, Swept};
use crate::writer::Writer;

const KIND: u8 = b's';
const CORRUPT: Error = Error::Corrupt { what: "a snapshot's row" };
/// How many rows a sweep looks at before it stops, if it has dropped anything.
const SWEEP_ROWS: usize = 4096;
/// How many rows other work sweeps beside itself, when the visible set has more than so many intervals.
const TIDY_ROWS: usize = 512;
const LONG: usize = 32;
/// Where a sweep begins: at or before the first row of table 0.
const FIRST_ROW: [u8; 1] = [0];

struct Snapshot {
    name: String,
    seq: Seq,
    visible: Visible,
}

impl Snapshot {
    fn decode(Entry { key, value, .. }: Entry<'_>) -> Result<Self, Error> {
        let name = key.get(2..).ok_or(CORRUPT)?;
        let name = String::from_utf8(name.to_vec()).map_err(|_| CORRUPT)?;
        let (seq, visible) = value.split_first_chunk().ok_or(CORRUPT)?;
        let visible = Visible::decode(visible).ok_or(CORRUPT)?;
        Ok(Self { name, seq: Seq::new(u64::from_le_bytes(*seq)), visible })
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = self.seq.get().to_le_bytes().to_vec();
        self.visible.encode(&mut out);
        out
    }
}

fn all(view: &dyn View) -> Result<Vec<Snapshot>, Error> {
    let prefix = Key::meta(KIND, &[])?;
    let mut walk = view.walk()?;
    let mut entry = walk.seek(prefix.as_bytes())?;
    let mut snapshots = Vec::new();
    while let Some(found) = entry.filter(|entry| entry.key.starts_with(prefix.as_bytes())) {
        snapshots.push(Snapshot::decode(found)?);
        entry = walk.next()?;
    }
    Ok(snapshots)
}

/// Names and numbers of the snapshots.
pub(crate) fn list(view: &dyn View) -> Result<Vec<(String, Seq)>, Error> {
    Ok(all(view)?.into_iter().map(|snapshot| (snapshot.name, snapshot.seq)).collect())
}

impl Writer<'_> {
    /// Saves all that is visible now, this function's own changes until here included, under a name; replaces the
    /// snapshot that had it. Costs one row. What the function writes afterwards has another number.
    ///
    /// # Errors
    /// The name is too long, or the engine fails.
    pub fn save_snapshot(&mut self, name: &str) -> Result<Seq, Error> {
        self.delete_snapshot(name)?;
        let seq = self.head.seq;
        // Without the empty end since the last restore, so that rewinding again and again adds no intervals.
        let visible = self.head.visible.cut(seq.min(self.head.written));
        self.insert(&Key::meta(KIND, name.as_bytes())?, 0, &Snapshot { name: name.into(), seq, visible }.encode())?;
        self.head.last_snapshot = seq;
        self.renumber();
        Ok(seq)
    }

    /// Makes the rows of versioned tables what they were when the snapshot was saved; this function's own changes until
    /// here are lost like all others. Costs nothing but the commit. Says whether there is such a snapshot.
    ///
    /// # Errors
    /// The name is too long, or the engine fails.
    pub fn restore_snapshot(&mut self, name: &str) -> Result<bool, Error> {
        let key = Key::meta(KIND, name.as_bytes())?;
        let snapshot = match self.view().seek(key.as_bytes())? {
            Some(entry) if entry.key == key.as_bytes() => Snapshot::decode(entry)?,
            _ => return Ok(false),
        };
        self.show(|now| snapshot.visible.and_after(now))?;
        Ok(true)
    }

    /// Forgets a snapshot and says whether there was one.
    ///
    /// # Errors
    /// The name is too long, or the engine fails.
    pub fn delete_snapshot(&mut self, name: &str) -> Result<bool, Error> {
        let key = Key::meta(KIND, name.as_bytes())?;
        if self.view().seek(key.as_bytes())?.is_none_or(|entry| entry.key != key.as_bytes()) {
            return Ok(false);
        }
        self.remove(key.as_bytes())?;
        self.head.last_snapshot = self.snapshots()?.into_iter().map(|(_, seq)| seq).max().unwrap_or_default();
        self.head_changed = true;
        self.hidden()?;
        Ok(true)
    }

    /// Makes the versioned tables empty, snapshots left alone; this function's own changes until here are lost like all
    /// others. Costs nothing but the commit.
    ///
    /// # Errors
    /// None at present; an engine may.
    pub fn reset(&mut self) -> Result<(), Error> {
        self.show(Visible::after)
    }

    fn show(&mut self, visible: impl FnOnce(Seq) -> Visible) -> Result<(), Error> {
        self.head.visible = visible(self.head.seq);
        self.renumber();
        self.hidden()
    }

    /// Notes that versions may have become invisible.
    fn hidden(&mut self) -> Result<(), Error> {
        match &mut self.head.sweep {
            Some(pass) => pass.again = true,
            None => self.head.sweep = Some(self.new_pass()?),
        }
        Ok(())
    }

    fn new_pass(&self) -> Result<Pass, Error> {
        let snapshots = all(self.view())?;
        let sets = snapshots.iter().map(|snapshot| &snapshot.visible).chain([&self.head.visible]);
        Ok(Pass { position: Box::new(FIRST_ROW), used: Visible::union(sets), again: false })
    }

    /// Looks at some thousand rows, from where the last call stopped, and drops up to `limit` versions that neither the
    /// present nor a snapshot can see. Costs nothing when there is nothing to do. Versions that were superseded through
    /// [`Writer::put_keeping`] stay while the present or a snapshot sees them.
    ///
    /// # Errors
    /// The engine fails.
    pub fn sweep(&mut self, limit: usize) -> Result<Swept, Error> {
        let dropped = if limit > 0 && self.head.sweep.is_some() { self.sweep_rows(SWEEP_ROWS, limit)? } else { 0 };
        Ok(Swept { dropped, more: self.head.sweep.is_some() })
    }

    /// A little sweeping beside other work, when many restores have made the visible set long and nobody sweeps.
    pub(crate) fn tidy(&mut self) -> Result<(), Error> {
        if self.head.visible.len() > LONG && self.head.sweep.is_some() {
            self.sweep_rows(TIDY_ROWS, TIDY_ROWS)?;
        }
        Ok(())
    }

    /// Looks at the next `rows` rows and drops up to `limit` versions.
    fn sweep_rows(&mut self, rows: usize, limit: usize) -> Result<usize, Error> {
        let Some(mut pass) = self.head.sweep.take() else { return Ok(0) };
        let mut snapshots = all(self.view())?;
        let now = self.head.visible.clone();
        let sets: Vec<_> = snapshots.iter().map(|snapshot| &snapshot.visible).chain([&now]).collect();
        let Sweep { victims, next } = Sweep::look(self.view(), &pass.position, &sets, rows, limit)?;
        for victim in &victims {
            self.remove(victim)?;
        }
        self.head_changed = true;
        if let Some(next) = next {
            pass.position = next.into();
            self.head.sweep = Some(pass);
            return Ok(victims.len());
        }
        // The pass is complete: gaps of what it left are gaps of nothing.
        self.head.visible = now.close_gaps(&pass.used);
        for snapshot in &mut snapshots {
            let closed = snapshot.visible.close_gaps(&pass.used);
            if closed != snapshot.visible {
                snapshot.visible = closed;
                self.insert(&Key::meta(KIND, snapshot.name.as_bytes())?, 0, &snapshot.encode())?;
            }
        }
        if pass.again {
            self.head.sweep = Some(self.new_pass()?);
        }
        Ok(victims.len())
    }
}

/// One stretch of a sweep.
struct Sweep {
    victims: Vec<Vec<u8>>,
    /// Where to go on; `None` at the end.
    next: Option<Vec<u8>>,
}

impl Sweep {
    /// Looks at rows from a key on, until there are enough victims or rows.
    fn look(view: &dyn View, from: &[u8], sets: &[&Visible], limit_rows: usize, limit: usize) -> Result<Self, Error> {
        let mut victims = Vec::new();
        let mut walk = view.walk()?;
        let mut entry = walk.seek(from)?;
        let mut rows = 0;
        while let Some(Entry { key, .. }) = entry.filter(|entry| entry.key.first() < Some(&FIRST_PERMANENT)) {
            let (row, _) = key::split(key)?;
            if rows >= limit_rows || victims.len() >= limit {
                return Ok(Self { victims, next: Some(row.to_vec()) });
            }
            rows += 1;
            let mut keys = Vec::new();
            let mut versions = Vec::new();
            while let Some(Entry { key, flag, value }) = entry.filter(|entry| entry.key.starts_with(row)) {
                let (_, seq) = key::split(key)?;
                keys.push(key);
                versions.push(Stored { seq, flag, value });
                entry = walk.next()?;
            }
            let needed = needed(&versions, sets);
            // Oldest first: what a deletion covers goes before the deletion, should the limit come between.
            let unneeded = keys.iter().zip(&needed).rev().filter(|(_, needed)| !**needed);
            victims.extend(unneeded.map(|(key, _)| key.to_vec()));
            if victims.len() > limit {
                victims.truncate(limit);
                return Ok(Self { victims, next: Some(row.to_vec()) });
            }
        }
        Ok(Self { victims, next: None })
    }
}

/// Which versions of one row, newest first, some set needs.
fn needed(versions: &[Stored<'_>], sets: &[&Visible]) -> Vec<bool> {
    let mut needed = vec![false; versions.len()];
    let mut stones = Vec::new();
    for set in sets {
        let visible: Vec<usize> = (0..versions.len()).filter(|&index| set.contains(versions[index].seq)).collect();
        for (place, &index) in visible.iter().enumerate() {
            let superseder = place.checked_sub(1).map(|above| &versions[visible[above]]);
            if superseder.is_some_and(|above| !above.is_keeping() && !versions[index].is_keeping()) {
                continue;
            }
            if versions[index].flag == flag::DELETED {
                stones.push((index, visible[place + 1..].to_vec()));
            } else {
                needed[index] = true;
            }
        }
    }
    // A plain deletion is needed only over what would otherwise come to light again.
    for (index, below) in stones {
        needed[index] |= below.iter().any(|&older| needed[older] && !versions[older].is_deleted());
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Durability, Options, Store, Table};

    const T: Table = Table::new(1);

    fn intervals(store: &Store) -> usize {
        store.environment().unwrap().view_with_head(|_, head| head.visible.len()).unwrap()
    }

    fn store() -> (Store, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        (Store::open(directory.path(), Options { durability: Durability::Unsynced }).unwrap(), directory)
    }

    #[test]
    fn rewinding_for_ever_keeps_the_visible_set_short() {
        let (store, _directory) = store();
        store.write(|tx| (0..3000u32).try_for_each(|key| tx.put(T, &key.to_be_bytes(), b"1"))).unwrap();
        for round in 0..600u32 {
            store.write(|tx| tx.save_snapshot("s")).unwrap();
            store.write(|tx| tx.put(T, b"changed", b"")).unwrap();
            assert!(store.write(|tx| tx.restore_snapshot("s")).unwrap());
            assert!(intervals(&store) <= 2, "nothing is written between restoring and saving");
            assert_eq!(store.read(|rows| rows.get(T, b"changed").unwrap().is_some()), Ok(false), "{round}");
        }
        for round in 0..600u32 {
            store.write(|tx| tx.save_snapshot("s")).unwrap();
            store.write(|tx| tx.put(T, b"changed", b"")).unwrap();
            assert!(store.write(|tx| tx.restore_snapshot("s")).unwrap());
            store.write(|tx| tx.put(T, b"round", &round.to_be_bytes())).unwrap();
            assert!(intervals(&store) <= LONG + 10, "{round}: {}", intervals(&store));
        }
        store.write(|tx| tx.delete_snapshot("s")).unwrap();
        while store.write(|tx| tx.sweep(100)).unwrap().more {}
        assert_eq!(intervals(&store), 1);
        assert_eq!(store.read(|rows| rows.scan(T, b"", None).unwrap().count()), Ok(3001));
    }
}
