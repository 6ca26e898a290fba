//! Choices read from bytes. When the bytes are used up, every choice is the first one.

use arbitrary::Unstructured;

/// The bytes of one run.
pub(crate) struct Input<'a>(Unstructured<'a>);

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(Unstructured::new(bytes))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.0.arbitrary().unwrap_or_default()
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// True once in a while: one time of `n`, for evenly spread bytes.
    pub(crate) fn rarely(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    /// A number below `n`; 0 if `n` is.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        n.checked_sub(1).and_then(|last| self.0.int_in_range(0..=last).ok()).unwrap_or(0)
    }

    /// One of several.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let at = self.below(from.len());
        from.get(at).copied()
    }

    /// One of these handles, or now and then a handle of nobody.
    pub(crate) fn handle(&mut self, from: &[u64]) -> u64 {
        if self.rarely(16) { self.number() } else { self.pick(from).unwrap_or_default() }
    }

    /// A number, often one at which something changes.
    pub(crate) fn number(&mut self) -> u64 {
        const EDGES: &[u64] = &[
            0,
            1,
            2,
            7,
            8,
            12,
            15,
            16,
            17,
            24,
            31,
            32,
            33,
            64,
            96,
            127,
            128,
            255,
            256,
            801,
            4096,
            0x7fff_ffff,
            0x8000_0000,
            0xffff_ffff,
            u64::MAX / 2,
            u64::MAX - 1,
            u64::MAX,
        ];
        if self.flag() { self.0.arbitrary().unwrap_or_default() } else { self.pick(EDGES).unwrap_or_default() }
    }

    /// At most `most` bytes, often as many as some block, key or IV has.
    pub(crate) fn bytes(&mut self, most: usize) -> Vec<u8> {
        const USUAL: &[usize] = &[0, 1, 8, 12, 16, 20, 24, 28, 32, 48, 64, 65, 128, 256];
        let len = if self.flag() { self.below(most + 1) } else { self.pick(USUAL).unwrap_or(0).min(most) };
        // What the input lacks is zeros.
        let mut bytes = self.0.bytes(len.min(self.0.len())).unwrap_or_default().to_vec();
        bytes.resize(len, 0);
        bytes
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        let len = self.0.len();
        self.0.bytes(len).unwrap_or_default()
    }
}
