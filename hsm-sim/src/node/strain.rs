//! What keeps a node from answering at once.

use std::thread;

use crypto::Entropy;

use crate::fault::Delay;

/// The strain that a node is under; a node under none has no such value, so that it costs nothing.
#[derive(Debug, Clone)]
pub(crate) struct Strain {
    delay: Delay,
}

impl Strain {
    pub(crate) const fn new(delay: Delay) -> Self {
        Self { delay }
    }

    /// Takes the time that the node takes for one request. Never called in a transaction.
    pub(crate) fn bear(&self, entropy: &Entropy) {
        thread::sleep(self.delay.draw(entropy));
    }
}
