//! An account's view of one Region: clusters, backups and key stores belong to exactly one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::InvalidId;

/// The account that callers have unless their access key id is an account number (documented).
pub const DEFAULT_ACCOUNT: &str = "111122223333";

/// The Region that the ready environment of `up` lives in.
pub const DEFAULT_REGION: &str = "us-east-1";

/// An account and a Region.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Realm {
    account: String,
    region: String,
}

impl Realm {
    /// An account (12 digits) in a Region (`us-east-1` form).
    ///
    /// # Errors
    /// The account or the Region is malformed.
    pub fn new(account: &str, region: &str) -> Result<Self, InvalidId> {
        if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidId { kind: "account", text: account.to_owned() });
        }
        if !is_region(region) {
            return Err(InvalidId { kind: "Region", text: region.to_owned() });
        }
        Ok(Self { account: account.to_owned(), region: region.to_owned() })
    }

    /// The 12-digit account id.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The Region's name.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// `account/region`, the prefix of rows that belong to this realm.
    pub fn key(&self) -> String {
        format!("{}/{}/", self.account, self.region)
    }

    /// The Availability Zones of the Region: `a`, `b`, `c` (inferred: every Region is given three).
    pub fn zones(&self) -> [AvailabilityZone; 3] {
        ['a', 'b', 'c'].map(|letter| AvailabilityZone(format!("{}{letter}", self.region)))
    }
}

impl Default for Realm {
    fn default() -> Self {
        Self { account: DEFAULT_ACCOUNT.to_owned(), region: DEFAULT_REGION.to_owned() }
    }
}

impl fmt::Debug for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}

/// `^([a-z]+-){2,3}\d+$` (KMS RegionType).
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let Some((number, words)) = parts.split_last() else { return false };
    text.len() <= 32
        && (2..=3).contains(&words.len())
        && words.iter().all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// An Availability Zone, a Region's name and a letter.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AvailabilityZone(String);

impl AvailabilityZone {
    /// The zone's name, such as `us-east-1a`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AvailabilityZone {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId { kind: "Availability Zone", text: text.to_owned() };
        let (region, letter) = text.split_at_checked(text.len().wrapping_sub(1)).ok_or_else(invalid)?;
        if is_region(region) && letter.bytes().all(|b| b.is_ascii_lowercase()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(invalid())
        }
    }
}

impl fmt::Display for AvailabilityZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AvailabilityZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn realms_and_zones() {
        assert!(Realm::new("111122223333", "us-gov-west-1").is_ok());
        for (account, region) in
            [("1111", "us-east-1"), ("111122223333", "useast1"), ("111122223333", "us-east-"), ("111122223333", "")]
        {
            assert!(Realm::new(account, region).is_err(), "{account} {region}");
        }
        assert!("us-west-2a".parse::<AvailabilityZone>().is_ok());
        for text in ["", "a", "us-west-2", "us-west-2A", "us-west-2é"] {
            assert!(text.parse::<AvailabilityZone>().is_err(), "{text}");
        }
    }
}
