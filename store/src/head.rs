//! The store's head: last mutation and which mutations are visible. One small row, read when the stamp changes.

use crate::engine::View;
use crate::error::Error;
use crate::key::Key;
use crate::types::{Seq, Table};

const KIND: u8 = b'h';
const NO_PASS: u8 = 2;
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

    /// What any of the sets contains.
    pub(crate) fn union<'a>(sets: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut intervals: Vec<_> = sets.into_iter().flat_map(|set| set.0.iter().copied()).collect();
        intervals.sort_unstable();
        let mut union: Vec<(Seq, Seq)> = Vec::with_capacity(intervals.len());
        for (from, to) in intervals {
            match union.last_mut() {
                Some((_, end)) if from <= *end => *end = to.max(*end),
                _ => union.push((from, to)),
            }
        }
        Self(union)
    }

    /// This set without those gaps of which `used` contains nothing.
    pub(crate) fn close_gaps(&self, used: &Self) -> Self {
        let mut closed: Vec<(Seq, Seq)> = Vec::with_capacity(self.0.len());
        for &(from, to) in &self.0 {
            match closed.last_mut() {
                // The newest used number before this interval lies in or before the last one.
                Some((_, end)) if used.at_or_below(from).is_none_or(|newest| newest <= *end) => *end = to,
                _ => closed.push((from, to)),
            }
        }
        Self(closed)
    }

    /// Of how many intervals it consists.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
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
    /// The last mutation that wrote a versioned row.
    pub(crate) written: Seq,
    /// The newest snapshot's number, or zero: versions that are not newer may be needed.
    pub(crate) last_snapshot: Seq,
    /// What can be seen now.
    pub(crate) visible: Visible,
    /// The search for versions that nobody can see; `None` when there are none.
    pub(crate) sweep: Option<Pass>,
}

/// One pass of a sweep over all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pass {
    /// Where it goes on.
    pub(crate) position: Box<[u8]>,
    /// What the present or a snapshot could see when it began. Restores and resets meanwhile only hide more of it, so at
    /// the end of the pass there are no versions outside.
    pub(crate) used: Visible,
    /// Whether more was hidden since, so that another pass must follow.
    pub(crate) again: bool,
}

impl Head {
    /// A new directory's head.
    pub(crate) fn new() -> Self {
        Self { seq: Seq::ZERO, written: Seq::ZERO, last_snapshot: Seq::ZERO, visible: Visible::all(), sweep: None }
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
        out.extend_from_slice(&self.seq.get().to_le_bytes());
        out.extend_from_slice(&self.written.get().to_le_bytes());
        out.extend_from_slice(&self.last_snapshot.get().to_le_bytes());
        match &self.sweep {
            None => out.push(NO_PASS),
            Some(Pass { position, used, again }) => {
                out.push(u8::from(*again));
                push_sized(&mut out, position);
                let mut intervals = Vec::new();
                used.encode(&mut intervals);
                push_sized(&mut out, &intervals);
            }
        }
        self.visible.encode(&mut out);
        out
    }

    fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let (seq, bytes) = bytes.split_first_chunk().ok_or(CORRUPT)?;
        let (written, bytes) = bytes.split_first_chunk().ok_or(CORRUPT)?;
        let (last_snapshot, bytes) = bytes.split_first_chunk().ok_or(CORRUPT)?;
        let (&again, bytes) = bytes.split_first().ok_or(CORRUPT)?;
        let (sweep, bytes) = match again {
            NO_PASS => (None, bytes),
            again => {
                let (position, bytes) = split_sized(bytes).ok_or(CORRUPT)?;
                let (used, bytes) = split_sized(bytes).ok_or(CORRUPT)?;
                let used = Visible::decode(used).ok_or(CORRUPT)?;
                (Some(Pass { position: position.into(), used, again: again != 0 }), bytes)
            }
        };
        Ok(Self {
            seq: Seq::new(u64::from_le_bytes(*seq)),
            written: Seq::new(u64::from_le_bytes(*written)),
            last_snapshot: Seq::new(u64::from_le_bytes(*last_snapshot)),
            visible: Visible::decode(bytes).ok_or(CORRUPT)?,
            sweep,
        })
    }
}

fn push_sized(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    out.extend_from_slice(bytes);
}

fn split_sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, bytes) = bytes.split_first_chunk()?;
    bytes.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)
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
    fn gaps_close_where_nobody_sees_anything() {
        let (now, saved) = (seqs(&[(0, 4), (6, 8), (9, 12), (15, u64::MAX)]), seqs(&[(0, 3), (9, 14)]));
        let used = Visible::union([&now, &saved]);
        assert_eq!(used, seqs(&[(0, 4), (6, 8), (9, 14), (15, u64::MAX)]));
        assert_eq!(now.close_gaps(&used), seqs(&[(0, 12), (15, u64::MAX)]), "the snapshot sees 13 and 14");
        assert_eq!(saved.close_gaps(&used), saved, "the present sees 4, 7 and 8");
        assert_eq!(now.close_gaps(&now), seqs(&[(0, u64::MAX)]));
    }

    #[test]
    fn heads_come_back() {
        let pass = |position: &[u8], again| Pass { position: position.into(), used: seqs(&[(0, 7), (8, 9)]), again };
        for sweep in [None, Some(pass(&[], true)), Some(pass(&[7; 511], false))] {
            let head = Head {
                seq: Seq::new(9),
                written: Seq::new(8),
                last_snapshot: Seq::new(4),
                visible: seqs(&[(0, 4), (6, u64::MAX)]),
                sweep,
            };
            let bytes = head.encode();
            assert_eq!(Head::decode(&bytes), Ok(head));
            for length in 0..38 {
                let _ = Head::decode(&bytes[..length]);
            }
        }
    }
}
