//! Random bytes come from a value that is passed in, so that a deterministic mode is a constructor and not a build (documented).
//!
//! The one subtlety is [`Entropy::iv`]: it is drawn for every message, so it comes from a buffer per thread. A child made by `fork` inherits a
//! copy of that buffer and would repeat its parent's IVs under the same key; therefore the buffer knows the process that filled it and is thrown
//! away in any other. Which process it is the caller says: to ask the system would cost more than the IV.

use std::{
    cell::RefCell,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use rand::{Rng, SeedableRng, rngs::ChaCha20Rng};
use ring::rand::{SecureRandom, SystemRandom};

/// A source of random bytes, cheap to clone; clones share their state.
#[derive(Clone)]
pub struct Entropy(Kind);

#[derive(Clone)]
enum Kind {
    System,
    Seeded(Arc<Mutex<ChaCha20Rng>>),
}

impl Entropy {
    /// Bytes from the operating system.
    #[must_use]
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// Bytes that repeat for the same `seed` when drawn in the same order. For tests and rehearsals: whoever knows the seed knows every key.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Kind::Seeded(Arc::new(Mutex::new(ChaCha20Rng::seed_from_u64(seed)))))
    }

    /// Whether this source was made by [`Entropy::seeded`].
    #[must_use]
    pub fn is_deterministic(&self) -> bool {
        matches!(self.0, Kind::Seeded(_))
    }

    /// Overwrites `out` with random bytes.
    pub fn fill(&self, out: &mut [u8]) {
        match &self.0 {
            Kind::System => fill_from_system(out),
            // A panic cannot leave the generator in a state that matters, so a poisoned lock is taken over.
            Kind::Seeded(generator) => generator.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(out),
        }
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }

    /// A uniformly distributed number below `bound`; 0 when `bound` is 0.
    #[must_use]
    pub fn below(&self, bound: u32) -> u32 {
        if bound == 0 {
            return 0;
        }
        // Numbers from the last, incomplete run of `bound` would favour the small results; they are drawn again.
        let last_fair = u32::MAX - bound.wrapping_neg() % bound;
        loop {
            let drawn = u32::from_le_bytes(self.bytes());
            if drawn <= last_fair {
                return drawn % bound;
            }
        }
    }

    /// A fresh IV for [`crate::AesGcm`]. `process` is a number that a process and its forked children do not share, such as a count of forks.
    #[must_use]
    pub fn iv(&self, process: u64) -> [u8; 12] {
        match &self.0 {
            Kind::System => IVS.with_borrow_mut(|buffer| buffer.take(process)),
            Kind::Seeded(_) => self.bytes(),
        }
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_deterministic() { "Entropy(seeded)" } else { "Entropy(system)" })
    }
}

fn fill_from_system(out: &mut [u8]) {
    // `getrandom(2)` cannot fail once the kernel's generator is initialised; going on without random bytes would be worse than stopping.
    SystemRandom::new().fill(out).expect("the operating system supplies random bytes");
}

thread_local! {
    static IVS: RefCell<IvBuffer> = const { RefCell::new(IvBuffer::EMPTY) };
}

/// Random bytes drawn in bulk: one system call for 682 IVs.
struct IvBuffer {
    bytes: [u8; Self::SIZE],
    used: usize,
    /// The process that filled the buffer.
    process: u64,
}

impl IvBuffer {
    const SIZE: usize = 8 * 1024;
    const EMPTY: Self = Self { bytes: [0; Self::SIZE], used: Self::SIZE, process: 0 };

    fn take(&mut self, process: u64) -> [u8; 12] {
        if self.process != process || Self::SIZE - self.used < 12 {
            fill_from_system(&mut self.bytes);
            (self.used, self.process) = (0, process);
        }
        let mut iv = [0; 12];
        let range = self.used..self.used + 12;
        iv.copy_from_slice(&self.bytes[range]);
        self.used += 12;
        iv
    }
}
