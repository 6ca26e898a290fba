//! Which pasts belong to the present world.
//!
//! Rows follow a snapshot's restore by themselves. What is kept outside the state notes its [`Place`]; after a rewind the
//! [`Timeline`] says whether that place still belongs to the world's past.

use serde::{Deserialize, Serialize};
use store::Table;

use crate::error::Result;
use crate::node::generation;
use crate::row::{self, Record, Rows, Seq, Writer};

/// A moment of the world's history: how often it had been rewound, and its last mutation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    generation: u64,
    seq: Seq,
}

impl Place {
    /// The present moment of a view.
    ///
    /// # Errors
    /// The store fails.
    pub fn of(rows: &impl Rows) -> Result<Self> {
        Ok(Self { generation: generation::current(rows)?, seq: rows.seq() })
    }
}

/// The stretches of history that led to the present world.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    generation: u64,
    /// Earlier generations, each up to the mutation that the world was rewound to.
    past: Vec<(u64, Seq)>,
}

impl Record for Timeline {
    const TABLE: Table = row::TIMELINE;
}

const KEY: &[u8] = b"timeline";

impl Timeline {
    /// The present world's timeline.
    ///
    /// # Errors
    /// The store fails.
    pub fn load(rows: &impl Rows) -> Result<Self> {
        Ok(row::load(rows, KEY)?.unwrap_or_default())
    }

    /// Whether the place belongs to the world's past.
    pub fn contains(&self, place: Place) -> bool {
        place.generation == self.generation
            || self.past.iter().any(|(generation, until)| place.generation == *generation && place.seq <= *until)
    }

    /// Begins a new generation after the rows were put back to what they were at `to`, or to nothing.
    pub(crate) fn rewind(tx: &mut Writer<'_>, to: Option<Seq>) -> Result<()> {
        let mut timeline = Self::default();
        if let Some(until) = to {
            timeline = Self::load(tx)?;
            timeline.past.push((timeline.generation, until));
        }
        timeline.generation = generation::advance(tx)?;
        row::save(tx, KEY, &timeline)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Error, World};

    use super::*;

    #[test]
    fn what_a_rewind_undoes_is_no_past() -> Result<()> {
        let world = World::ephemeral()?;
        let place = || world.read(|rows| Place::of(rows));
        let change = || world.write(|tx| Ok::<_, Error>(tx.put(row::CLUSTER, b"x", b"")?));
        let known = |place| world.read(|rows| Ok::<_, Error>(Timeline::load(rows)?.contains(place)));

        change()?;
        let before = place()?;
        world.snapshots().save("s")?;
        change()?;
        let undone = place()?;
        assert!(known(before)? && known(undone)?);
        for _ in 0..3 {
            world.snapshots().restore("s")?;
            change()?;
            let after = place()?;
            assert!(known(before)? && !known(undone)? && known(after)?);
        }
        world.snapshots().reset()?;
        assert!(!known(before)? && !known(undone)?);
        world.snapshots().restore("s")?;
        assert!(known(before)? && !known(undone)?);
        Ok(())
    }
}
