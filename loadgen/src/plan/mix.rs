//! The mix of operations: `encrypt=70,decrypt=20,sign=10`.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// The largest sum of weights: the deck has a card for each.
const LARGEST_SUM: u64 = 100_000;

/// Operations with weights; at least one, none twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mix(Vec<Entry>);

/// One operation of a mix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// As it was given; the target knows what it means.
    pub name: String,
    /// Its share of the sum of all weights.
    pub weight: u32,
}

/// Whether two names mean the same operation: case and hyphens do not matter, so that `GenerateDataKey` is `generate-data-key`.
#[must_use]
pub fn same_name(one: &str, other: &str) -> bool {
    let letters = |name: &str| -> String { name.chars().filter(|c| *c != '-').flat_map(char::to_lowercase).collect() };
    letters(one) == letters(other)
}

impl Mix {
    /// The operations in the order given.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }
}

impl FromStr for Mix {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |part: &str, reason: &str| Error::Argument { text: part.to_owned(), reason: reason.to_owned() };
        let mut entries: Vec<Entry> = Vec::new();
        for part in text.split(',') {
            let (name, weight) = part.split_once('=').unwrap_or((part, "1"));
            let (name, weight) = (name.trim(), weight.trim());
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
                return Err(wrong(part, "not OPERATION or OPERATION=WEIGHT"));
            }
            let weight = weight.parse().ok().filter(|weight| *weight > 0);
            let weight = weight.ok_or_else(|| wrong(part, "the weight is not a whole number from 1"))?;
            if entries.iter().any(|entry| same_name(&entry.name, name)) {
                return Err(wrong(part, "the operation stands in the mix twice"));
            }
            entries.push(Entry { name: name.to_owned(), weight });
        }
        if entries.iter().map(|entry| u64::from(entry.weight)).sum::<u64>() > LARGEST_SUM {
            return Err(wrong(text, "the sum of the weights is more than 100000"));
        }
        Ok(Self(entries))
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, entry) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{}={}", entry.name, entry.weight)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn mixes_are_read() {
        let shown = |text: &str| text.parse::<Mix>().map(|mix| mix.to_string());
        assert_eq!(shown("encrypt=70,decrypt=20,sign=10").unwrap(), "encrypt=70,decrypt=20,sign=10");
        assert_eq!(shown("Encrypt").unwrap(), "Encrypt=1");
        assert_eq!(shown(" hmac = 2 , random").unwrap(), "hmac=2,random=1");
        for (text, reason) in [
            ("", "not OPERATION"),
            ("a=1,,b", "not OPERATION"),
            ("a b", "not OPERATION"),
            ("a=0", "from 1"),
            ("a=-1", "from 1"),
            ("a=x", "from 1"),
            ("a=1=2", "from 1"),
            ("a=4294967296", "from 1"),
            ("re-encrypt=1,ReEncrypt=2", "twice"),
            ("a=99999,b=2", "more than 100000"),
        ] {
            let error = shown(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read(names in proptest::collection::btree_set("[a-z]{1,8}", 1..6), weights in proptest::collection::vec(1u32..1000, 6)) {
            let entries = names.into_iter().zip(weights).map(|(name, weight)| Entry { name, weight }).collect();
            let mix = Mix(entries);
            prop_assert_eq!(mix.to_string().parse::<Mix>(), Ok(mix));
        }

        #[test]
        fn no_text_is_a_panic(text in ".{0,40}") {
            let _ = text.parse::<Mix>();
        }
    }
}
