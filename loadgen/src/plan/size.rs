//! Sizes of payloads: `1KiB`, `64,1KiB,64KiB` or `64..4KiB`.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// The largest payload, bytes.
pub const LARGEST: usize = 64 << 20;
/// How many sizes stand for a range.
const OF_RANGE: usize = 16;
/// How many sizes a list may have.
const OF_LIST: usize = 64;

/// The sizes among which each call's is drawn evenly; at least one, none twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sizes {
    text: String,
    bytes: Vec<usize>,
}

impl Sizes {
    /// The sizes, bytes.
    #[must_use]
    pub fn bytes(&self) -> &[usize] {
        &self.bytes
    }

    /// The largest of them, bytes.
    #[must_use]
    pub fn largest(&self) -> usize {
        self.bytes.iter().copied().max().unwrap_or(0)
    }
}

impl FromStr for Sizes {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |reason: &str| Error::Argument { text: text.to_owned(), reason: reason.to_owned() };
        let mut bytes = match text.split_once("..") {
            None => text.split(',').map(one).collect::<Result<Vec<_>, _>>()?,
            Some((first, last)) => {
                let (first, last) = (one(first)?, one(last)?);
                let width = last.checked_sub(first).ok_or_else(|| wrong("the range ends before it begins"))?;
                (0..OF_RANGE).map(|step| first + width * step / (OF_RANGE - 1)).collect()
            }
        };
        bytes.sort_unstable();
        bytes.dedup();
        if bytes.len() > OF_LIST {
            return Err(wrong("more than 64 sizes"));
        }
        Ok(Self { text: text.to_owned(), bytes })
    }
}

fn one(text: &str) -> Result<usize, Error> {
    let wrong = |reason: &str| Error::Argument { text: text.to_owned(), reason: reason.to_owned() };
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit: usize = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        _ => return Err(wrong("not a size such as 64, 1KiB or 2MiB")),
    };
    let number: usize = number.parse().map_err(|_| wrong("not a size such as 64, 1KiB or 2MiB"))?;
    let size = number.checked_mul(unit).filter(|size| (1..=LARGEST).contains(size));
    size.ok_or_else(|| wrong("not from 1 byte to 64 MiB"))
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_are_read() {
        for (text, expected) in [
            ("64", vec![64]),
            ("1KiB", vec![1024]),
            ("2m", vec![2 << 20]),
            ("1k,64,1024,64 B", vec![]),
            ("64KiB,64,64", vec![64, 65536]),
            ("7..7", vec![7]),
            ("1..4", vec![1, 2, 3, 4]),
            ("0..15", vec![]),
            ("1..16", (1..=16).collect()),
            ("64MiB", vec![LARGEST]),
        ] {
            let read = text.parse::<Sizes>().map(|sizes| sizes.bytes);
            match expected.is_empty() {
                true => assert!(read.is_err(), "{text}"),
                false => assert_eq!(read, Ok(expected), "{text}"),
            }
        }
        for text in [
            "",
            "0",
            "64MiB1",
            "65MiB",
            "1..",
            "..2",
            "9..8",
            "1,,2",
            "-1",
            "1e3",
            "99999999999999999999",
            "99999999999999m",
        ] {
            assert!(text.parse::<Sizes>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_range_has_its_ends(first in 1usize..5000, width in 0usize..5000) {
            let sizes: Sizes = format!("{first}..{}", first + width).parse().unwrap();
            prop_assert_eq!((sizes.bytes()[0], sizes.largest()), (first, first + width));
            prop_assert!(sizes.bytes().len() <= OF_RANGE);
            prop_assert!(sizes.bytes().is_sorted_by(|a, b| a < b));
        }

        #[test]
        fn no_text_is_a_panic(text in ".{0,40}") {
            let _ = text.parse::<Sizes>();
        }
    }
}
