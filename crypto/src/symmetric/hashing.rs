//! Universal hashes over data that arrives in pieces, for GCM, GMAC and ChaCha20-Poly1305.

use ghash::universal_hash::{Block, UniversalHash, common::BlockSizeUser};
use poly1305::universal_hash::consts::U16;

const BLOCK: usize = 16;

/// A hash of sections, each of which is filled up with zeros to whole blocks.
#[derive(Clone)]
pub(super) struct Sections<U> {
    hash: U,
    pending: [u8; BLOCK],
    used: usize,
}

impl<U: UniversalHash + BlockSizeUser<BlockSize = U16>> Sections<U> {
    pub(super) fn new(hash: U) -> Self {
        Self { hash, pending: [0; BLOCK], used: 0 }
    }

    /// Adds `data` to the present section.
    pub(super) fn update(&mut self, mut data: &[u8]) {
        if self.used > 0 {
            let (now, later) = data.split_at(data.len().min(BLOCK - self.used));
            self.pending[self.used..self.used + now.len()].copy_from_slice(now);
            self.used += now.len();
            data = later;
            if self.used < BLOCK {
                return;
            }
            self.end_section();
        }
        let (blocks, rest) = Block::<U>::slice_as_chunks(data);
        self.hash.update(blocks);
        self.pending[..rest.len()].copy_from_slice(rest);
        self.used = rest.len();
    }

    /// Fills the present section up.
    pub(super) fn end_section(&mut self) {
        if self.used > 0 {
            self.pending[self.used..].fill(0);
            self.hash.update(&[self.pending.into()]);
            self.used = 0;
        }
    }

    /// The hash of all sections and of a last block that tells their lengths.
    pub(super) fn finish(mut self, lengths: [u8; BLOCK]) -> [u8; BLOCK] {
        self.end_section();
        self.hash.update(&[lengths.into()]);
        self.hash.finalize().into()
    }
}
