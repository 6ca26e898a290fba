//! Encryption contexts: pairs that must be the same at decryption (documented).

use std::collections::BTreeMap;

use crate::audit::Value;
use crate::error::{Invalid, Result};

/// The largest context, serialized (inferred).
const LIMIT: usize = 8192;

/// Pairs of strings that are bound to a ciphertext as additional authenticated data; their order does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EncryptionContext(BTreeMap<String, String>);

impl EncryptionContext {
    /// No pairs.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// The pairs in the order of their keys.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Appends the canonical form: per pair, in the order of the keys' bytes, each string behind its length. Different contexts
    /// have different forms.
    pub(super) fn append_canonical(&self, out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        for text in self.pairs().flat_map(|(key, value)| [key, value]) {
            let length = u32::try_from(text.len()).map_err(|_| Invalid::ContextTooLarge)?;
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(text.as_bytes());
            if out.len() - start > LIMIT {
                return Err(Invalid::ContextTooLarge.into());
            }
        }
        Ok(())
    }

    pub(super) fn audited(&self) -> Option<Value<'_>> {
        (!self.0.is_empty()).then(|| Value::Map(self.pairs().map(|(key, value)| (key.into(), value.into())).collect()))
    }
}

impl From<BTreeMap<String, String>> for EncryptionContext {
    fn from(pairs: BTreeMap<String, String>) -> Self {
        Self(pairs)
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for EncryptionContext {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::Error;

    fn canonical(context: &EncryptionContext) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        context.append_canonical(&mut out)?;
        Ok(out)
    }

    fn contexts() -> impl Strategy<Value = Vec<(String, String)>> {
        proptest::collection::vec(("[a-c]{0,3}", "[a-c]{0,3}"), 0..4)
    }

    proptest! {
        #[test]
        fn canonical_forms_are_equal_exactly_for_equal_contexts(a in contexts(), b in contexts()) {
            let reversed: EncryptionContext = {
                let unique: BTreeMap<_, _> = a.iter().cloned().collect();
                unique.into_iter().rev().collect()
            };
            let (a, b): (EncryptionContext, EncryptionContext) = (a.into_iter().collect(), b.into_iter().collect());
            prop_assert_eq!(canonical(&a), canonical(&reversed));
            prop_assert_eq!(canonical(&a) == canonical(&b), a == b);
        }
    }

    #[test]
    fn the_size_is_limited() {
        let of = |length: usize| canonical(&[("k", "x".repeat(length))].into_iter().collect());
        assert!(of(LIMIT - 9).is_ok());
        assert_eq!(of(LIMIT - 8), Err(Error::Validation(Invalid::ContextTooLarge)));
    }
}
