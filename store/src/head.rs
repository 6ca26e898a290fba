//! The store's head: format, last mutation and which mutations are visible. One small row, read when the stamp changes.

use crate::engine::View;
use crate::error::Error;
use crate::key::Key;
use crate::types::{Seq, Table};

/// The directory format that this program writes.
pub(crate) const FORMAT: u32 = 1;

const KIND: u8 = b'h';
const CORRUPT: Error = Error::Corrupt { what: "the head row" };

/// Mutation numbers that can be seen: ascending, disjoint intervals, each open at its start and closed at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visible(Vec<(Seq, Seq)>);

impl Visible {
    /// Everything.
    pub(crate) fn all() -> Self {
        Self(vec![(Seq::ZERO, Seq::MAX)])
    }

    /// What will be written after `seq`, nothing else.
    pub(crate) fn after(seq: Seq) -> Self {
        Self(vec![(seq, Seq::MAX)])
    }

    /// The part up to and with `seq`.
    pub(crate) fn cut(&self, seq: Seq) -> Self {
        Self(self.0.iter().filter(|(from, _)| *from < seq).map(|&(from, to)| (from, to.min(seq))).collect())
    }

    /// This set, which must end before `seq`, and all that will be written after `seq`.
    pub(crate) fn and_after(mut self, seq: Seq) -> Self {
        match self.0.last_mut() {
            Some((_, to)) if *to >= seq => *to = Seq::MAX,
            _ => self.0.push((seq, Seq::MAX)),
        }
        self
    }

    /// The newest visible number at or below `seq`.
    pub(crate) fn at_or_below(&self, seq: Seq) -> Option<Seq> {
        let index = self.0.partition_point(|(from, _)| *from < seq);
        let (_, to) = self.0.get(index.checked_sub(1)?)?;
        Some(seq.min(*to))
    }

    pub(crate) fn contains(&self, seq: Seq) -> bool {
        self.at_or_below(seq) == Some(seq)
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        for (from, to) in &self.0 {
            out.extend_from_slice(&from.get().to_le_bytes());
            out.extend_from_slice(&to.get().to_le_bytes());
        }
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (pairs, []) = bytes.as_chunks::<16>() else { return None };
        let number = |half: &[u8]| Some(Seq::new(u64::from_le_bytes(half.try_into().ok()?)));
        pairs.iter().map(|pair| Some((number(&pair[..8])?, number(&pair[8..])?))).collect::<Option<_>>().map(Self)
    }
}

/// The head row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// The last mutation.
    pub(crate) seq: Seq,
    /// The newest snapshot's number, or zero: versions that are not newer may be needed.
    pub(crate) last_snapshot: Seq,
    /// What can be seen now.
    pub(crate) visible: Visible,
    /// Where the search for versions that nobody can see goes on; `None` when there are none.
    pub(crate) sweep: Option<Box<[u8]>>,
}

impl Head {
    /// A new directory's head.
    pub(crate) fn new() -> Self {
        Self { seq: Seq::ZERO, last_snapshot: Seq::ZERO, visible: Visible::all(), sweep: None }
    }

    pub(crate) fn key() -> Result<Key, Error> {
        Key::meta(KIND, &[])
    }

    /// Reads the head; `None` in a new directory.
    pub(crate) fn load(view: &(impl View + ?Sized)) -> Result<Option<Self>, Error> {
        let key = Self::key()?;
        match view.seek(key.as_bytes())? {
            Some(entry) if entry.key == key.as_bytes() => Self::decode(entry.value).map(Some),
            _ => Ok(None),
        }
    }

    /// Whether the version can be seen: permanent tables have no others.
    pub(crate) fn sees(&self, table: Table, seq: Seq) -> bool {
        table.is_permanent() || self.visible.contains(seq)
    }

    /// The newest number at or below `seq` that can be seen in the table.
    pub(crate) fn at_or_below(&self, table: Table, seq: Seq) -> Option<Seq> {
        if table.is_permanent() { Some(seq) } else { self.visible.at_or_below(seq) }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        out.extend_from_slice(&FORMAT.to_le_bytes());
        out.extend_from_slice(&self.seq.get().to_le_bytes());
        out.extend_from_slice(&self.last_snapshot.get().to_le_bytes());
        // Invariant: a position is a stored key, at most 511 bytes.
        let position = self.sweep.as_deref();
        let length = position.map_or(u16::MAX, |position| u16::try_from(position.len()).unwrap_or(u16::MAX));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(position.unwrap_or_default());
        self.visible.encode(&mut out);
        out
    }

    fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let (format, bytes) = bytes.split_first_chunk().ok_or(CORRUPT)?;
        let found = u32::from_le_bytes(*format);
        if found != FORMAT {
            return Err(Error::Format { found, supported: FORMAT });
        }
        let (seq, bytes) = bytes.split_first_chunk().ok_or(CORRUPT)?;
        let (last_snapshot, bytes) = bytes.split_first_chunk().ok_or(CORRUPT)?;
        let (length, bytes) = bytes.split_first_chunk().ok_or(CORRUPT)?;
        let (sweep, bytes) = match u16::from_le_bytes(*length) {
            u16::MAX => (None, bytes),
            length => {
                let (position, bytes) = bytes.split_at_checked(length.into()).ok_or(CORRUPT)?;
                (Some(position.into()), bytes)
            }
        };
        Ok(Self {
            seq: Seq::new(u64::from_le_bytes(*seq)),
            last_snapshot: Seq::new(u64::from_le_bytes(*last_snapshot)),
            visible: Visible::decode(bytes).ok_or(CORRUPT)?,
            sweep,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seqs(pairs: &[(u64, u64)]) -> Visible {
        Visible(pairs.iter().map(|&(from, to)| (Seq::new(from), Seq::new(to))).collect())
    }

    #[test]
    fn newest_visible_number() {
        let set = seqs(&[(2, 5), (9, 12)]);
        for (at, expected) in
            [(2, None), (3, Some(3)), (5, Some(5)), (7, Some(5)), (9, Some(5)), (10, Some(10)), (99, Some(12))]
        {
            assert_eq!(set.at_or_below(Seq::new(at)), expected.map(Seq::new), "{at}");
        }
        assert_eq!(Visible::all().at_or_below(Seq::MAX), Some(Seq::MAX));
        assert_eq!(seqs(&[]).at_or_below(Seq::MAX), None);
    }

    #[test]
    fn cut_and_extend() {
        let set = seqs(&[(0, 4), (6, u64::MAX)]);
        assert_eq!(set.cut(Seq::new(3)), seqs(&[(0, 3)]));
        assert_eq!(set.cut(Seq::new(6)), seqs(&[(0, 4)]));
        assert_eq!(set.cut(Seq::new(8)), seqs(&[(0, 4), (6, 8)]));
        assert_eq!(set.cut(Seq::new(8)).and_after(Seq::new(9)), seqs(&[(0, 4), (6, 8), (9, u64::MAX)]));
        assert_eq!(set.cut(Seq::new(8)).and_after(Seq::new(8)), set);
    }

    #[test]
    fn heads_come_back_and_other_formats_are_refused() {
        for sweep in [None, Some(Vec::new()), Some(vec![7; 511])] {
            let head = Head {
                seq: Seq::new(9),
                last_snapshot: Seq::new(4),
                visible: seqs(&[(0, 4), (6, u64::MAX)]),
                sweep: sweep.map(Vec::into_boxed_slice),
            };
            let bytes = head.encode();
            assert_eq!(Head::decode(&bytes), Ok(head));
            for length in 0..30 {
                let _ = Head::decode(&bytes[..length]);
            }
        }
        let mut bytes = Head::new().encode();
        bytes[0] = 9;
        assert_eq!(Head::decode(&bytes), Err(Error::Format { found: 9, supported: FORMAT }));
    }
}
