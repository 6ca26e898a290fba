//! What an object has beyond the attributes of every key: those of PKCS#11 clients' objects, by the standard's numbers.
//!
//! Keys of the key management service have none, and cost nothing for it.

use serde::{Deserialize, Serialize};

/// Attributes by number, in ascending order. None of their values is secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extra(Vec<(u32, ExtraValue)>);

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExtraValue {
    /// True or false.
    Flag(bool),
    /// A number.
    Number(u64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Numbers of mechanisms.
    Numbers(Vec<u64>),
    /// Attributes.
    Template(Vec<(u32, ExtraValue)>),
}

impl Extra {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of an attribute.
    pub fn get(&self, number: u32) -> Option<&ExtraValue> {
        let at = self.0.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// Sets the value of an attribute.
    pub fn set(&mut self, number: u32, value: ExtraValue) {
        match self.0.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (number, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_a_number_counts() {
        let mut extra = Extra::default();
        for (number, value) in [(7, 1), (3, 2), (9, 3), (7, 4)] {
            extra.set(number, ExtraValue::Number(value));
        }
        let numbers = [3, 7, 9, 8].map(|number| extra.get(number).cloned());
        assert_eq!(
            numbers,
            [Some(ExtraValue::Number(2)), Some(ExtraValue::Number(4)), Some(ExtraValue::Number(3)), None]
        );
    }
}
