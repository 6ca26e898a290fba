//! Numbers in the keys of rows: shorter keys make a lower tree.

use std::ops::Deref;

/// The longest number: how long it is, and eight bytes.
const LONGEST: usize = 1 + size_of::<u64>();
/// The store takes two bytes for one that is smaller.
const SHORTEST: u8 = 2;

/// One or two numbers as a row's key, or the beginning of one. Keys are in the order of their numbers, and none is the beginning of
/// another with as many. A number is its length (plus two) and its significant bytes, the highest first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbers {
    bytes: [u8; 2 * LONGEST],
    length: usize,
}

impl Numbers {
    /// A first number.
    pub(crate) fn of(number: u64) -> Self {
        Self { bytes: [0; 2 * LONGEST], length: 0 }.add(number)
    }

    /// With a second number.
    pub(crate) fn and(self, number: u32) -> Self {
        self.add(number.into())
    }

    fn add(mut self, number: u64) -> Self {
        let bytes = number.to_be_bytes();
        let significant = &bytes[number.leading_zeros() as usize / 8..];
        self.bytes[self.length] = SHORTEST + significant.len() as u8;
        self.length += 1;
        self.bytes[self.length..][..significant.len()].copy_from_slice(significant);
        self.length += significant.len();
        self
    }

    /// The number with which a key begins, and the rest of the key; none if it is damaged.
    pub(crate) fn split(key: &[u8]) -> Option<(u64, &[u8])> {
        let (length, rest) = key.split_first()?;
        let (significant, rest) = rest.split_at_checked(length.checked_sub(SHORTEST)?.into())?;
        let mut bytes = [0; size_of::<u64>()];
        let first = bytes.len().checked_sub(significant.len())?;
        bytes[first..].copy_from_slice(significant);
        Some((u64::from_be_bytes(bytes), rest))
    }
}

impl Deref for Numbers {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = u64> {
        (any::<u64>(), 0..64).prop_map(|(number, shift)| number >> shift)
    }

    proptest! {
        #[test]
        fn order_is_kept_and_none_is_the_beginning_of_another(a in number(), b in number(), x: u32, y: u32) {
            let (left, right) = (Numbers::of(a).and(x), Numbers::of(b).and(y));
            prop_assert_eq!(left.cmp(&*right), (a, x).cmp(&(b, y)));
            prop_assert_eq!(left.starts_with(&Numbers::of(b)), a == b);
        }

        #[test]
        fn numbers_come_back(a in number(), x: u32) {
            let key = Numbers::of(a).and(x);
            let (first, rest) = Numbers::split(&key).unwrap();
            prop_assert_eq!((first, Numbers::split(rest)), (a, Some((u64::from(x), &[][..]))));
        }

        #[test]
        fn any_bytes_are_taken(bytes: Vec<u8>) {
            let _ = Numbers::split(&bytes);
        }
    }

    #[test]
    fn small_numbers_are_short() {
        for (number, expected) in
            [(0, &[2][..]), (7, &[3, 7]), (256, &[4, 1, 0]), (u64::MAX, &[10, 255, 255, 255, 255, 255, 255, 255, 255])]
        {
            assert_eq!(&*Numbers::of(number), expected, "{number}");
        }
    }
}
