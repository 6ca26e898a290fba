//! Changes that take their time on the real service: how long each lasts, and which state shows meanwhile.
//!
//! A change is done when its operation returns, and records hold its outcome. While it lasts, a row beside the record says
//! which state shows instead, as a fault does ([`Underway`]); so a change ends by time alone. By default nothing lasts.

mod underway;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use store::Table;

pub use underway::Underway;
pub(crate) use underway::{Shown, begin, drop_past, finish_cluster};

use crate::error::Result;
use crate::row::{self, Record, Rows, Writer};

/// A change that can last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Transition {
    /// CreateCluster, shown as CREATE_IN_PROGRESS.
    CreateCluster,
    /// CreateHsm, shown as CREATE_IN_PROGRESS.
    CreateHsm,
    /// How long after CreateHsm the users of a joining HSM are read; later changes of users miss it (observed on real clusters).
    CloneUsers,
    /// InitializeCluster, shown as INITIALIZE_IN_PROGRESS.
    InitializeCluster,
    /// Activation: the control plane goes on showing INITIALIZED.
    Activate,
    /// ModifyCluster with another HSM type, shown as MODIFY_IN_PROGRESS or ROLLBACK_IN_PROGRESS.
    ModifyCluster,
    /// DeleteHsm, shown as DELETE_IN_PROGRESS.
    DeleteHsm,
    /// DeleteCluster, shown as DELETE_IN_PROGRESS.
    DeleteCluster,
    /// A backup or its copy, shown as CREATE_IN_PROGRESS; its content is that of the beginning.
    Backup,
}

impl Transition {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::CreateCluster,
        Self::CreateHsm,
        Self::CloneUsers,
        Self::InitializeCluster,
        Self::Activate,
        Self::ModifyCluster,
        Self::DeleteHsm,
        Self::DeleteCluster,
        Self::Backup,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreateCluster => "create-cluster",
            Self::CreateHsm => "create-hsm",
            Self::CloneUsers => "clone-users",
            Self::InitializeCluster => "initialize-cluster",
            Self::Activate => "activate",
            Self::ModifyCluster => "modify-cluster",
            Self::DeleteHsm => "delete-hsm",
            Self::DeleteCluster => "delete-cluster",
            Self::Backup => "backup",
        }
    }

    /// The transition of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|transition| transition.name() == name)
    }

    /// What the real service takes, in seconds: measured where marked, inferred elsewhere.
    const fn realistic_seconds(self) -> u64 {
        match self {
            Self::CreateCluster => 180,
            // Measured.
            Self::CreateHsm => 313,
            // Between 34 and 65 seconds, measured.
            Self::CloneUsers => 45,
            Self::InitializeCluster => 120,
            // Measured.
            Self::Activate => 80,
            Self::ModifyCluster => 900,
            // Measured.
            Self::DeleteHsm => 120,
            Self::DeleteCluster => 60,
            Self::Backup => 60,
        }
    }
}

/// How long each change lasts, on the simulated clock; what is not listed is done at once. Part of the settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durations(BTreeMap<Transition, Duration>);

impl Record for Durations {
    const TABLE: Table = row::SETTINGS;
}

const KEY: &[u8] = b"transitions";

impl Durations {
    /// Everything is done at once.
    pub fn instant() -> Self {
        Self::default()
    }

    /// As long as on the real service.
    pub fn realistic() -> Self {
        let seconds = |transition: Transition| Duration::from_secs(transition.realistic_seconds());
        Self(Transition::ALL.map(|transition| (transition, seconds(transition))).into())
    }

    /// The same with another duration for one change.
    #[must_use]
    pub fn with(mut self, transition: Transition, duration: Duration) -> Self {
        if duration.is_zero() {
            self.0.remove(&transition);
        } else {
            self.0.insert(transition, duration);
        }
        self
    }

    /// How long a change lasts.
    pub fn of(&self, transition: Transition) -> Duration {
        self.0.get(&transition).copied().unwrap_or_default()
    }

    /// What lasts at all.
    pub fn lasting(&self) -> impl Iterator<Item = (Transition, Duration)> + '_ {
        self.0.iter().map(|(transition, duration)| (*transition, *duration))
    }

    /// The durations in force.
    ///
    /// # Errors
    /// The store fails.
    pub fn load(rows: &impl Rows) -> Result<Self> {
        Ok(row::load(rows, KEY)?.unwrap_or_default())
    }

    /// Puts these durations in force for changes that begin from now on.
    ///
    /// # Errors
    /// The store fails.
    pub fn save(&self, tx: &mut Writer<'_>) -> Result<()> {
        row::save(tx, KEY, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for transition in Transition::ALL {
            assert_eq!(Transition::of_name(transition.name()), Some(transition));
        }
        assert_eq!(Transition::of_name("CreateHsm"), None);
    }

    #[test]
    fn nothing_lasts_unless_asked_for() {
        let one = Durations::instant().with(Transition::Backup, Duration::from_secs(3));
        assert_eq!(
            (one.of(Transition::Backup), one.of(Transition::Activate)),
            (Duration::from_secs(3), Duration::ZERO)
        );
        assert_eq!(one.with(Transition::Backup, Duration::ZERO), Durations::instant());
        assert_eq!(Durations::realistic().lasting().count(), Transition::ALL.len());
    }
}
