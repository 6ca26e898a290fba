//! Object rows that nobody shows any more: the layers of clusters, nodes and backups that are gone, and versions that no view's
//! watermark, no pin and no snapshot needs. They are dropped in the background, a few rows at a time.
//!
//! Whatever leaves such rows behind marks it in its own transaction; a pass over all objects begins when there is a mark and takes
//! away the one that it began with.

use std::collections::HashMap;

use store::{Need, Superseded};

use crate::backup::Backup;
use crate::error::Result;
use crate::lock::Mutex;
use crate::node::Node;
use crate::node::view::{LayerId, Step, View};
use crate::object::layer;
use crate::row::{self, Rows, Seq, Table, Writer};
use crate::world::World;

/// Rows that one transaction looks at, so that it holds up no other writer for long.
const ROWS_AT_ONCE: usize = 1024;
const TABLES: [Table; 2] = [row::OBJECT, row::OBJECT_INDEX];
const KEY: &[u8] = b"objects";

/// Notes that there may be something to collect.
pub(crate) fn mark(tx: &mut Writer<'_>) -> Result<()> {
    Ok(tx.put(row::GARBAGE, KEY, &[])?)
}

/// The mutation that marked last, if a pass is due.
fn marked(rows: &impl Rows) -> Result<Option<Seq>> {
    let version = rows.get_at(row::GARBAGE, KEY, Seq::MAX)?;
    Ok(version.filter(|version| version.value.is_some()).map(|version| version.seq))
}

/// How far this process has come. A pass that dies with its process is begun again.
#[derive(Debug, Default)]
pub(crate) struct Collection(Mutex<Option<Pass>>);

#[derive(Debug, Clone)]
struct Pass {
    /// The mark that it began with.
    mark: Seq,
    /// The table, by its place among those to look at, and the row after which it goes on.
    table: usize,
    after: Option<Vec<u8>>,
}

/// Drops what a stretch of rows holds for nobody; says whether there is more to look at.
pub(crate) fn step(world: &World) -> Result<bool> {
    let mut place = world.collection().0.lock();
    if place.is_none() && world.read(|rows| marked(rows))?.is_none() {
        return Ok(false);
    }
    let before = place.take();
    *place = world.write(|tx| match (before.clone(), marked(tx)?) {
        (_, None) => Ok::<_, crate::Error>(None),
        (None, Some(mark)) => Pass { mark, table: 0, after: None }.go_on(tx),
        (Some(pass), Some(_)) => pass.go_on(tx),
    })?;
    Ok(place.is_some())
}

impl Pass {
    fn go_on(self, tx: &mut Writer<'_>) -> Result<Option<Self>> {
        let Some(table) = TABLES.get(self.table).copied() else { return self.end(tx) };
        let next = Needs::load(tx)?.prune(tx, table, self.after.as_deref())?;
        let place = match next {
            Some(after) => Self { after: Some(after), ..self },
            None => Self { table: self.table + 1, after: None, ..self },
        };
        Ok(Some(place))
    }

    fn end(self, tx: &mut Writer<'_>) -> Result<Option<Self>> {
        if marked(tx)? != Some(self.mark) {
            // More was left behind since.
            return Ok(marked(tx)?.map(|mark| Self { mark, table: 0, after: None }));
        }
        tx.delete(row::GARBAGE, KEY)?;
        Ok(None)
    }
}

/// What is shown of each layer.
#[derive(Default)]
struct Needs {
    layers: HashMap<LayerId, Shown>,
}

#[derive(Default)]
struct Shown {
    /// The watermarks up to which views show it.
    until: Vec<Seq>,
    /// Whether some view has another layer behind it.
    covers: bool,
}

impl Needs {
    fn load(rows: &impl Rows) -> Result<Self> {
        let mut needs = Self::default();
        // The layer that a cluster's nodes share is in their chains; without nodes it goes on with another one.
        for (_, node) in row::list::<Node>(rows, b"")? {
            needs.add_view(&node.view);
        }
        for (_, backup) in row::list::<Backup>(rows, b"")? {
            needs.add(&backup.view);
        }
        Ok(needs)
    }

    fn add_view(&mut self, view: &View) {
        // The own layer too where it says nothing yet.
        let own = Step { layer: view.own, until: Seq::MAX };
        self.add(&[&[own], view.chain.as_slice()].concat());
    }

    fn add(&mut self, chain: &[Step]) {
        for (place, step) in chain.iter().enumerate() {
            let shown = self.layers.entry(step.layer).or_default();
            shown.covers |= place + 1 < chain.len();
            if !shown.until.contains(&step.until) {
                shown.until.push(step.until);
            }
        }
    }

    /// Drops what a stretch of a table's rows holds for nobody; answers the row after which to go on.
    fn prune(&self, tx: &mut Writer<'_>, table: Table, after: Option<&[u8]>) -> Result<Option<Vec<u8>>> {
        Ok(tx.prune(table, after, ROWS_AT_ONCE, |tx, version| self.of(tx, table, version))?.next)
    }

    fn of(&self, rows: &impl Rows, table: Table, version: Superseded<'_>) -> Result<Need> {
        let layer = LayerId::of_key(version.key).ok_or_else(|| row::corrupt(table, version.key))?;
        let shown = self.layers.get(&layer);
        let is_shown = shown.is_some_and(|shown| {
            shown.until.iter().any(|until| version.seq <= *until && version.newer.is_none_or(|newer| newer > *until))
        });
        if table != row::OBJECT {
            return Ok(if is_shown { Need::Kept } else { Need::None });
        }
        if is_shown {
            // That there is nothing need only be said before layers that may hold something.
            let stone = shown.is_some_and(|shown| !shown.covers) && layer::says_nothing(version.key, version.value)?;
            return Ok(if stone { Need::Cover } else { Need::Kept });
        }
        let pinned = layer::is_pinned(rows, self.layers.keys().copied(), version.key, version.seq)?;
        Ok(if pinned { Need::Kept } else { Need::None })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Drops all that these views do not show.
    pub(crate) fn collect(tx: &mut Writer<'_>, views: &[View]) -> Result<()> {
        let mut needs = Needs::default();
        views.iter().for_each(|view| needs.add_view(view));
        for table in TABLES {
            let mut after = needs.prune(tx, table, None)?;
            while after.is_some() {
                after = needs.prune(tx, table, after.as_deref())?;
            }
        }
        Ok(())
    }
}
