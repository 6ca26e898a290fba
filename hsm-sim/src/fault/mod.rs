//! Faults: what is broken on purpose, as part of the model.
//!
//! A fault is a row and an overlay: the record of a node, a cluster or a subnet stays as it is, only its *effective* state
//! changes, so clearing the fault heals it. Every operation looks at the world through a [`FaultView`].

mod kind;
mod operation;
mod part;
mod request;
mod set;
mod view;

use std::time::Duration;

pub use kind::{FaultKind, KINDS, KindInfo};
pub use operation::Watched;
pub(crate) use operation::{Watch, command_fails};
pub use part::{Clients, Code, Delay, OperationName, Part, Turn};
pub use request::{FaultRequest, FaultRequestError};
use serde::{Deserialize, Serialize};
pub use set::Faults;
use store::Table;
use view::use_up;
pub use view::{FaultView, take_kms_internal_error};
pub(crate) use view::{consume_store_failure, store_is_failing};

use crate::clock::SimTime;
use crate::id::FaultId;
use crate::row::{self, Record};

/// Who asks for a node; faults may cut one off and not another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClientClass {
    /// The key management service, from its own network.
    Kms,
    /// The management utilities.
    Tools,
    /// Applications with a PKCS#11 module.
    Pkcs11,
    /// Other nodes of the cluster, which a joining one is copied from.
    Nodes,
}

impl ClientClass {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Kms, Self::Pkcs11, Self::Tools, Self::Nodes];

    /// The name on the command line and in the control API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kms => "kms",
            Self::Tools => "tools",
            Self::Pkcs11 => "pkcs11",
            Self::Nodes => "nodes",
        }
    }
}

/// A fault to set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultSpec {
    /// What breaks.
    pub kind: FaultKind,
    /// How long until it heals by itself, on the simulated clock.
    pub lasts: Option<Duration>,
    /// How many operations it hits until it is gone. Kinds that are not counted describe a state and ignore it.
    pub remaining: Option<u32>,
}

impl FaultSpec {
    /// A fault that stays until it is cleared.
    pub const fn new(kind: FaultKind) -> Self {
        Self { kind, lasts: None, remaining: None }
    }

    /// The same, healing by itself.
    #[must_use]
    pub fn lasting(self, duration: Duration) -> Self {
        Self { lasts: Some(duration), ..self }
    }

    /// The same, for this many operations.
    #[must_use]
    pub fn times(self, count: u32) -> Self {
        Self { remaining: Some(count), ..self }
    }
}

/// A fault that is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Its id.
    pub id: FaultId,
    /// What is broken.
    pub kind: FaultKind,
    /// Since when.
    pub since: SimTime,
    /// When it heals by itself.
    pub until: Option<SimTime>,
    /// How many more operations it hits.
    pub remaining: Option<u32>,
}

impl Record for Fault {
    const TABLE: Table = row::FAULT;
}

impl Fault {
    /// Whether it has an effect at `now`.
    pub fn is_live(&self, now: SimTime) -> bool {
        self.until.is_none_or(|until| now < until) && self.remaining != Some(0)
    }
}
