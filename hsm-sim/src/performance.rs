//! Performance profiles: how much an HSM of a type does in a second, and how long it takes for one thing.
//!
//! An HSM does one thing after the other; what it is asked meanwhile waits. Who would wait too long is refused with code 187
//! (documented). All processes of a directory share an HSM: one that asks keeps its account in a small file, which costs it microseconds.
//! With the profile `unlimited` nothing is counted.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use store::Table;

use crate::clock::WallClock;
use crate::error::{HsmError, Result};
use crate::id::NodeId;
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

/// No request waits as long: who asked last waited no longer than [`PATIENCE`], and the slowest work takes as long again.
const LONGEST: Duration = Duration::from_secs(1);

/// Of the files' names, before the HSM's id.
const PREFIX: &str = "pace.";

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

/// The queue before one node, which all processes of a directory join: a file that says when the node will have done what it was asked so
/// far, in nanoseconds of the machine's clock. Opened anew each time, since a lock on a file is shared with whom the open file is.
#[derive(Debug, Clone)]
struct Queue(PathBuf);

impl Queue {
    /// The node is asked at `now` for what takes it `cost`: how long until it is done.
    ///
    /// # Errors
    /// [`HsmError::Busy`], or the directory cannot be written.
    fn join(&self, now: i128, cost: Duration) -> Result<Duration> {
        let (mut file, stored) = self.open().map_err(store::Error::from)?;
        let free_at = stored.try_into().map_or(now, i128::from_be_bytes);
        let waits = u64::try_from(free_at - now).map_or(Duration::ZERO, Duration::from_nanos);
        let waits = match waits {
            // The clock was set back.
            waits if waits > LONGEST => Duration::ZERO,
            waits if waits > PATIENCE => return Err(HsmError::Busy.into()),
            waits => waits,
        };
        let done = waits + cost;
        // Invariant: less than a few seconds.
        let free_at = now + i128::try_from(done.as_nanos()).unwrap_or_default();
        let written = file.rewind().and_then(|()| file.write_all(&free_at.to_be_bytes()));
        written.map_err(store::Error::from)?;
        Ok(done)
    }

    /// The file, locked until it is dropped, and what it holds.
    fn open(&self) -> io::Result<(File, Vec<u8>)> {
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&self.0)?;
        file.lock()?;
        let mut stored = Vec::new();
        file.read_to_end(&mut stored)?;
        Ok((file, stored))
    }
}

/// How fast one node is.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    profile: Profile,
    nodes: usize,
    queue: Queue,
}

impl Pace {
    /// The pace of a node of a cluster of so many; none if it is as fast as the machine.
    pub(crate) fn of(profile: Profile, directory: &Path, node: &NodeId, nodes: usize) -> Option<Self> {
        let queue = || Queue(directory.join(format!("{PREFIX}{node}")));
        (profile != Profile::Unlimited).then(|| Self { profile, nodes, queue: queue() })
    }

    /// How long the node takes from now on, what waits before it included.
    ///
    /// # Errors
    /// [`HsmError::Busy`] when too much waits, or the directory cannot be written.
    pub(crate) fn take(&self, wall: &dyn WallClock, work: Work) -> Result<Duration> {
        match self.profile.rate(work, self.nodes) {
            Some(rate) => self.queue.join(wall.now_nanos(), Duration::from_secs_f64(1.0 / rate)),
            None => Ok(Duration::ZERO),
        }
    }
}

#[cfg(test)]
mod tests {
    use crypto::Entropy;

    use super::*;
    use crate::temporary::TemporaryDirectory;

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

    /// A queue of 100 ms, then refusals; the queue empties with time, and starts anew when the clock was set back.
    #[test]
    fn a_node_refuses_what_would_wait_too_long() {
        let directory = TemporaryDirectory::create().unwrap();
        let node = NodeId::generate(&Entropy::system());
        let pace = || Pace::of(Profile::Hsm1Medium, directory.path(), &node, 1).unwrap();
        // As two processes have it.
        let (queue, other) = (pace().queue, pace().queue);
        let millis = Duration::from_millis;
        let at = |ms: i128| ms * 1_000_000;
        let start = 5000;
        let one = |queue: &Queue, now| queue.join(at(now), millis(1));
        let taken: Vec<_> =
            (0..100).flat_map(|_| [one(&queue, start), one(&other, start)]).map_while(Result::ok).collect();
        assert_eq!(taken.len(), 101);
        assert_eq!((taken[0], taken[100]), (millis(1), millis(101)));
        assert_eq!(one(&other, start), Err(HsmError::Busy.into()));
        assert_eq!(one(&queue, start + 50), Ok(millis(52)));
        assert_eq!(one(&queue, start + 500), Ok(millis(1)));
        assert_eq!(one(&queue, start - 4000), Ok(millis(1)));
    }
}
