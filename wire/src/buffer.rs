//! A buffer for messages: what they carry may be secret, so nothing is left behind when it grows or goes.

use std::fmt;
use std::ops::{Deref, DerefMut};

use postcard::ser_flavors::Flavor;
use serde::Serialize;
use zeroize::optimization_barrier;

/// Room that is kept from one message to the next.
const KEPT: usize = 64 << 10;

/// Bytes that are wiped before they are let go.
#[derive(Default)]
pub struct Buffer(Vec<u8>);

impl Buffer {
    /// An empty one.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Forgets the bytes, and room beyond the usual.
    pub fn clear(&mut self) {
        wipe(&mut self.0);
        if self.0.capacity() > KEPT {
            self.0 = Vec::new();
        }
    }

    /// Adds bytes.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// Makes it this long; what is new is zero, what goes is wiped.
    pub fn resize(&mut self, len: usize) {
        if len < self.0.len() {
            self.0[len..].fill(0);
            optimization_barrier(self.0.as_slice());
        } else {
            self.reserve(len - self.0.len());
        }
        self.0.resize(len, 0);
    }

    /// Adds a value.
    ///
    /// # Errors
    /// The value cannot be written; none of the messages' values is such.
    pub fn write(&mut self, value: &impl Serialize) -> postcard::Result<()> {
        postcard::serialize_with_flavor(value, Growing(self))
    }

    /// Growing in place would leave a copy behind.
    fn reserve(&mut self, more: usize) {
        if self.0.capacity() - self.0.len() < more {
            let room = (self.0.len() + more).next_power_of_two().max(1024);
            let mut grown = Vec::with_capacity(room);
            grown.extend_from_slice(&self.0);
            wipe(&mut self.0);
            self.0 = grown;
        }
    }
}

fn wipe(bytes: &mut Vec<u8>) {
    bytes.fill(0);
    optimization_barrier(bytes.as_slice());
    bytes.clear();
}

impl Drop for Buffer {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer(<{} bytes>)", self.0.len())
    }
}

struct Growing<'a>(&'a mut Buffer);

impl Flavor for Growing<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.extend(&[byte]);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
