//! Which objects a node holds, without a copy per node.
//!
//! Objects are stored once per *layer* and never changed: a new version is a new row with a higher sequence number. A view
//! is a chain of layers, each up to a watermark; for a handle the first layer of the chain that says something decides.
//! The first layer is the node's own and says only what sets the node apart (a change that reached other nodes but not this
//! one). So a backup, a restored cluster and a new node are each one small record, whatever the number of keys.

use serde::{Deserialize, Serialize};
use store::Seq;

use crate::row::Numbers;

/// A layer of objects; the sequence number of the transaction that opened it, so it is never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LayerId(u64);

impl LayerId {
    /// A layer opened by the transaction `seq`; `nth` tells apart several layers of one transaction (below 256).
    pub const fn opened_by(seq: Seq, nth: u8) -> Self {
        Self(seq.get() << 8 | nth as u64)
    }

    /// The layer of a row whose key begins with it.
    pub fn of_key(key: &[u8]) -> Option<Self> {
        Numbers::split(key).map(|(layer, _)| Self(layer))
    }

    /// With what the keys of its rows begin, in order of opening.
    pub(crate) fn key(self) -> Numbers {
        Numbers::of(self.0)
    }
}

/// One step of a chain: what the layer held up to and including `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The layer.
    pub layer: LayerId,
    /// The watermark; [`Seq::MAX`] follows the layer.
    pub until: Seq,
}

/// Which objects a node, or a backup, holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The node's own layer.
    pub own: LayerId,
    /// Whether the own layer says anything; if not, copies leave it out.
    pub diverged: bool,
    /// The layers behind the own one, nearest first. The one without a watermark is where the cluster's nodes write what they
    /// share; only what a node that was copied had of its own stands before it.
    pub chain: Vec<Step>,
}

impl View {
    /// A first node: nothing but the cluster's layer.
    pub fn new(own: LayerId, shared: LayerId) -> Self {
        Self { own, diverged: false, chain: vec![Step { layer: shared, until: Seq::MAX }] }
    }

    /// The view frozen at `now`: what a backup records.
    pub fn frozen(&self, now: Seq) -> Vec<Step> {
        let own = self.diverged.then_some(Step { layer: self.own, until: now });
        own.into_iter()
            .chain(self.chain.iter().copied())
            .map(|step| Step { until: step.until.min(now), ..step })
            .collect()
    }

    /// A node that joins beside the node of this view and from now on sees what the cluster writes.
    pub fn joined_by(&self, own: LayerId, now: Seq) -> Self {
        let source = self.diverged.then_some(Step { layer: self.own, until: now });
        Self { own, diverged: false, chain: source.into_iter().chain(self.chain.iter().copied()).collect() }
    }

    /// A node restored from a frozen view into a cluster whose nodes write to the fresh layer `shared`.
    pub fn restored(own: LayerId, shared: LayerId, frozen: &[Step]) -> Self {
        let shared = Step { layer: shared, until: Seq::MAX };
        Self { own, diverged: false, chain: std::iter::once(shared).chain(frozen.iter().copied()).collect() }
    }

    /// All steps, the own layer first.
    pub fn steps(&self) -> impl Iterator<Item = Step> + '_ {
        let own = self.diverged.then_some(Step { layer: self.own, until: Seq::MAX });
        own.into_iter().chain(self.chain.iter().copied())
    }
}
