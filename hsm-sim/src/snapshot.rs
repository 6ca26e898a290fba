//! The whole world's past: snapshots, and a fresh start (documented).
//!
//! Each is one transaction in place whose cost does not depend on what the world holds. Whoever was logged in is not any more, as
//! after a power cut.

use crate::audit;
use crate::clock::ClockSetting;
use crate::error::{ControlError, Error, Result};
use crate::id::InvalidId;
use crate::object::collect;
use crate::performance::Profile;
use crate::row::{Rows, Seq};
use crate::settings::Settings;
use crate::timeline::Timeline;
use crate::world::World;

const LONGEST_NAME: usize = 64;
/// Versions that one transaction frees, so that it holds up no other writer for long.
const SWEPT_AT_ONCE: usize = 1024;

/// The snapshots of a world.
#[derive(Debug, Clone)]
pub struct Snapshots {
    world: World,
}

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// The last mutation that it contains.
    pub seq: Seq,
}

impl World {
    /// Saves and restores the whole world.
    pub fn snapshots(&self) -> Snapshots {
        Snapshots { world: self.clone() }
    }
}

impl Snapshots {
    /// Saves the world under a name of 1 to 64 letters, digits, `-`, `_` and `.`; an older snapshot of the name is replaced.
    ///
    /// # Errors
    /// The name is malformed, or the store fails.
    pub fn save(&self, name: &str) -> Result<Snapshot> {
        check_name(name)?;
        let seq = self.world.write(|tx| {
            audit::settle(tx, &self.world)?;
            Ok::<_, Error>(tx.save_snapshot(name)?)
        })?;
        Ok(Snapshot { name: name.to_owned(), seq })
    }

    /// Puts the world back to a snapshot, its clock and faults included; says whether there is one of the name.
    ///
    /// # Errors
    /// The store fails.
    pub fn restore(&self, name: &str) -> Result<bool> {
        // Past the fault model: this is one of the ways out of a failing store.
        let found = self.world.store().write(|tx| {
            let Some((_, seq)) = tx.snapshots()?.into_iter().find(|(found, _)| found == name) else { return Ok(false) };
            tx.restore_snapshot(name)?;
            Timeline::rewind(tx, Some(seq))?;
            audit::rewound(tx, &self.world)?;
            Ok::<_, Error>(true)
        })?;
        self.world.forget_keys();
        Ok(found)
    }

    /// Deletes a snapshot; says whether there was one of the name.
    ///
    /// # Errors
    /// The store fails.
    pub fn delete(&self, name: &str) -> Result<bool> {
        self.world.write(|tx| {
            let found = tx.delete_snapshot(name)?;
            if found {
                // What only the snapshot needed.
                collect::mark(tx)?;
            }
            Ok(found)
        })
    }

    /// The snapshots, oldest first.
    ///
    /// # Errors
    /// The store fails.
    pub fn list(&self) -> Result<Vec<Snapshot>> {
        let mut snapshots = self.world.read(|rows| Ok::<_, Error>(rows.snapshots()?))?;
        snapshots.sort_by_key(|(_, seq)| *seq);
        Ok(snapshots.into_iter().map(|(name, seq)| Snapshot { name, seq }).collect())
    }

    /// Frees a little of what no snapshot and not the present can see any more, and of what they see but no node and no backup shows;
    /// says whether there is more to do. The server calls it beside its other work.
    ///
    /// # Errors
    /// The store fails.
    pub fn sweep(&self) -> Result<bool> {
        let hidden = self.world.write(|tx| Ok::<_, Error>(tx.sweep(SWEPT_AT_ONCE)?.more))?;
        Ok(collect::step(&self.world)? || hidden)
    }

    /// Empties the world. Settings stay, a running clock goes back to the machine's time, a manual one stays where it is.
    ///
    /// # Errors
    /// The store fails.
    pub fn reset(&self) -> Result<()> {
        self.world.store().write(|tx| {
            let (settings, profile) = (Settings::load(tx)?, Profile::load(tx)?);
            let clock = World::clock(tx)?;
            tx.reset()?;
            Timeline::rewind(tx, None)?;
            audit::rewound(tx, &self.world)?;
            settings.save(tx)?;
            profile.save(tx)?;
            match clock {
                ClockSetting::Running { .. } | ClockSetting::Scaled { .. } => Ok(()),
                ClockSetting::Manual { .. } => self.world.set_clock(tx, clock),
            }
        })?;
        self.world.forget_keys();
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), ControlError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(())
    } else {
        Err(InvalidId { kind: "snapshot", text: name.to_owned() }.into())
    }
}
