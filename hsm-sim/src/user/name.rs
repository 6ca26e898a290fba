//! User names.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::HsmError;

/// The longest user name (documented).
const MAX_LENGTH: usize = 31;

/// Letters, digits and underscores, at most 31; shown as given, compared whatever the case (documented).
#[derive(Clone, Serialize, Deserialize)]
pub struct UserName(String);

impl UserName {
    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that identifies the user, for row keys.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for UserName {
    type Err = HsmError;

    fn from_str(text: &str) -> Result<Self, HsmError> {
        let valid = (1..=MAX_LENGTH).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if valid { Ok(Self(text.to_owned())) } else { Err(HsmError::InvalidName) }
    }
}

impl PartialEq for UserName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for UserName {}

impl Hash for UserName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (text, valid) in [
            ("kmsuser", true),
            ("A_1", true),
            ("abcdefghijklmnopqrstuvwxyz12345", true),
            ("abcdefghijklmnopqrstuvwxyz123456", false),
            ("", false),
            ("two words", false),
            ("dash-ed", false),
            ("näme", false),
        ] {
            assert_eq!(text.parse::<UserName>().is_ok(), valid, "{text}");
        }
        assert_eq!("KmsUser".parse::<UserName>(), "kmsuser".parse());
    }
}
