//! Performance profiles: how much an HSM of a type does in a second, and how long it takes for one thing.
//!
//! An HSM does one thing after the other; what it is asked meanwhile waits. Who would wait too long is refused with code 187
//! (documented). Each process counts what it asks itself: two processes share an HSM as if each had its own (a simplification).
//! With the profile `unlimited` nothing is counted.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use store::Table;

use crate::error::{HsmError, Result};
use crate::id::NodeId;
use crate::lock::Mutex;
use crate::object::{Class, Flags, KeyType, Object};
use crate::row::{self, Record, Rows, Writer};

/// How fast the HSMs are. Part of the settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Profile {
    /// As fast as the machine.
    #[default]
    Unlimited,
    /// As the type of this name.
    Hsm1Medium,
    /// As the type of this name.
    Hsm2mMedium,
}

/// What an HSM is asked to do, as far as its speed is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// A signature or decryption with an RSA key.
    RsaPrivate,
    /// A verification or encryption with an RSA key.
    RsaPublic,
    /// A new RSA key pair.
    RsaPair,
    /// Anything with a key on an elliptic curve, a new key pair too.
    Curve,
    /// Anything else with a key, a new key, and random numbers.
    Symmetric,
    /// A login or another command, which takes an HSM no time that is known.
    Command,
}

impl Work {
    /// What the use of a key is.
    pub(crate) const fn with(key: &Object) -> Self {
        match (key.key_type, key.class) {
            (KeyType::Rsa, Class::Private) => Self::RsaPrivate,
            (KeyType::Rsa, _) => Self::RsaPublic,
            (KeyType::Ec | KeyType::Edwards | KeyType::Montgomery, _) => Self::Curve,
            _ => Self::Symmetric,
        }
    }

    /// What the making of objects is.
    pub(crate) fn making(objects: &[Object]) -> Self {
        let is_made_rsa = |object: &Object| object.key_type == KeyType::Rsa && object.flags.has(Flags::LOCAL);
        match objects {
            [_, _] if objects.iter().all(is_made_rsa) => Self::RsaPair,
            [first, ..] if Self::with(first) == Self::Curve => Self::Curve,
            _ => Self::Symmetric,
        }
    }
}

impl Record for Profile {
    const TABLE: Table = row::SETTINGS;
}

const KEY: &[u8] = b"performance";

/// How long a request may wait until it is refused (inferred).
const PATIENCE: Duration = Duration::from_millis(100);

impl Profile {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unlimited, Self::Hsm1Medium, Self::Hsm2mMedium];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unlimited => "unlimited",
            Self::Hsm1Medium => "hsm1.medium",
            Self::Hsm2mMedium => "hsm2m.medium",
        }
    }

    /// The profile of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// The profile in force.
    ///
    /// # Errors
    /// The store fails.
    pub fn load(rows: &impl Rows) -> Result<Self> {
        Ok(row::load(rows, KEY)?.unwrap_or_default())
    }

    /// Puts the profile in force.
    ///
    /// # Errors
    /// The store fails.
    pub fn save(self, tx: &mut Writer<'_>) -> Result<()> {
        row::save(tx, KEY, &self)
    }

    /// How much one node of a cluster of so many does in a second; none if it is unlimited.
    ///
    /// | work          | hsm1.medium | hsm2m.medium |                                                              |
    /// |---------------|-------------|--------------|--------------------------------------------------------------|
    /// | RSA, private  | 1000        | 1000         | documented: 2,000, 3,000 and 5,000 with 2, 3 and 6 nodes     |
    /// | curves        | 250         | 1500         | documented: 500, 750, 1,500; 3,000, 4,500, 7,000             |
    /// | RSA, public   | 10,000      | 10,000       | inferred                                                     |
    /// | new RSA pair  | 10          | 10           | inferred                                                     |
    /// | symmetric     | 10,000      | 10,000       | inferred from the documented output of the vendor's own test |
    pub fn rate(self, work: Work, nodes: usize) -> Option<f64> {
        let (one, with_six) = match (self, work) {
            (Self::Unlimited, _) | (_, Work::Command) => return None,
            (_, Work::RsaPrivate) => (1000.0, 5000.0 / 6.0),
            (Self::Hsm1Medium, Work::Curve) => (250.0, 250.0),
            (Self::Hsm2mMedium, Work::Curve) => (1500.0, 7000.0 / 6.0),
            (_, Work::RsaPair) => (10.0, 10.0),
            (_, Work::RsaPublic | Work::Symmetric) => (10_000.0, 10_000.0),
        };
        // Nearly linear up to three nodes (documented), evenly less from there to six (inferred).
        let beyond = nodes.clamp(3, 6) - 3;
        let part = f64::from(u8::try_from(beyond).unwrap_or(3)) / 3.0;
        Some(one + (with_six - one) * part)
    }
}

/// The queue before one node.
#[derive(Debug)]
pub(crate) struct Queue {
    since: Instant,
    /// When the node will have done what it was asked so far.
    free_at: Mutex<Duration>,
}

impl Queue {
    /// The node is asked at `now` for what takes it `cost`: how long until it is done.
    fn join(&self, now: Duration, cost: Duration) -> Result<Duration, HsmError> {
        let mut free_at = self.free_at.lock();
        let start = (*free_at).max(now);
        if start - now > PATIENCE {
            return Err(HsmError::Busy);
        }
        *free_at = start + cost;
        Ok(*free_at - now)
    }
}

/// The queues before the nodes that this process asked.
#[derive(Debug, Default)]
pub(crate) struct Queues(Mutex<HashMap<NodeId, Arc<Queue>>>);

impl Queues {
    fn of(&self, node: &NodeId) -> Arc<Queue> {
        let mut queues = self.0.lock();
        let queue = queues.entry(node.clone());
        Arc::clone(queue.or_insert_with(|| Arc::new(Queue { since: Instant::now(), free_at: Mutex::default() })))
    }
}

/// How fast one node is.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    profile: Profile,
    nodes: usize,
    queue: Arc<Queue>,
}

impl Pace {
    /// The pace of a node of a cluster of so many; none if it is as fast as the machine.
    pub(crate) fn of(profile: Profile, queues: &Queues, node: &NodeId, nodes: usize) -> Option<Self> {
        (profile != Profile::Unlimited).then(|| Self { profile, nodes, queue: queues.of(node) })
    }

    /// How long the node takes from now on, what waits before it included.
    ///
    /// # Errors
    /// [`HsmError::Busy`] when too much waits.
    pub(crate) fn take(&self, work: Work) -> Result<Duration, HsmError> {
        match self.profile.rate(work, self.nodes) {
            Some(rate) => self.queue.join(self.queue.since.elapsed(), Duration::from_secs_f64(1.0 / rate)),
            None => Ok(Duration::ZERO),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documented table, and its sums over a cluster.
    #[test]
    fn rates_are_the_documented_ones() {
        let total = |profile: Profile, work, nodes: usize| {
            let rate = profile.rate(work, nodes).unwrap();
            (rate * f64::from(u8::try_from(nodes).unwrap())).round()
        };
        for (profile, work, expected) in [
            (Profile::Hsm1Medium, Work::RsaPrivate, [2000.0, 3000.0, 5000.0]),
            (Profile::Hsm1Medium, Work::Curve, [500.0, 750.0, 1500.0]),
            (Profile::Hsm2mMedium, Work::RsaPrivate, [2000.0, 3000.0, 5000.0]),
            (Profile::Hsm2mMedium, Work::Curve, [3000.0, 4500.0, 7000.0]),
        ] {
            assert_eq!([2, 3, 6].map(|nodes| total(profile, work, nodes)), expected, "{profile:?} {work:?}");
        }
        assert_eq!(Profile::Unlimited.rate(Work::RsaPrivate, 2), None);
        for profile in Profile::ALL {
            assert_eq!(Profile::of_name(profile.name()), Some(profile));
        }
    }

    /// A queue of 100 ms, then refusals; the queue empties with time.
    #[test]
    fn a_node_refuses_what_would_wait_too_long() {
        let queue = Queue { since: Instant::now(), free_at: Mutex::default() };
        let millis = Duration::from_millis;
        let start = millis(5000);
        let taken: Vec<_> = (0..200).map_while(|_| queue.join(start, millis(1)).ok()).collect();
        assert_eq!(taken.len(), 101);
        assert_eq!((taken[0], taken[100]), (millis(1), millis(101)));
        assert_eq!(queue.join(start, millis(1)), Err(HsmError::Busy));
        assert_eq!(queue.join(start + millis(50), millis(1)), Ok(millis(52)));
        assert_eq!(queue.join(start + millis(500), millis(1)), Ok(millis(1)));
    }
}
