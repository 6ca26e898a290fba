//! Names of keys and aliases (KMS API reference, identifiers).

use std::fmt;
use std::str::FromStr;

use hsm_sim::{Entropy, Realm};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Missing, Result};

/// A KMS key's id, a UUID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct KeyId([u8; 16]);

impl KeyId {
    pub(crate) fn generate(entropy: &Entropy) -> Self {
        Self(*uuid::Builder::from_random_bytes(entropy.bytes()).as_uuid().as_bytes())
    }

    pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The id's 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The key's ARN in a realm.
    pub fn arn(&self, realm: &Realm) -> String {
        format!("arn:{}:kms:{}:{}:key/{self}", partition(realm), realm.region(), realm.account())
    }

    /// The row key of this key in a realm.
    pub(crate) fn row_key(&self, realm: &Realm) -> Vec<u8> {
        let mut key = realm.key().into_bytes();
        key.extend_from_slice(&self.0);
        key
    }
}

impl FromStr for KeyId {
    type Err = Missing;

    fn from_str(text: &str) -> Result<Self, Missing> {
        let hyphenated = text.len() == 36;
        match Uuid::try_parse(text) {
            Ok(uuid) if hyphenated => Ok(Self(*uuid.as_bytes())),
            _ => Err(Missing::KeyId(text.to_owned())),
        }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_bytes(self.0).hyphenated().fmt(f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The ARN partition of a realm's Region.
pub(crate) fn partition(realm: &Realm) -> &'static str {
    match realm.region() {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// The ARN of an alias (`name` with its `alias/` prefix).
pub(crate) fn alias_arn(realm: &Realm, name: &str) -> String {
    format!("arn:{}:kms:{}:{}:{name}", partition(realm), realm.region(), realm.account())
}

/// What a `KeyId` parameter names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyName<'a> {
    /// A key, by id or ARN.
    Key(KeyId),
    /// An alias, with its `alias/` prefix, by name or ARN.
    Alias(&'a str),
}

impl<'a> KeyName<'a> {
    /// Reads a `KeyId` parameter as `realm` sees it.
    ///
    /// # Errors
    /// `NotFoundException` for what is no key id or belongs to another Region or account, `InvalidArnException` for a
    /// broken ARN.
    pub(crate) fn parse(realm: &Realm, text: &'a str) -> Result<Self> {
        if text.starts_with("alias/") {
            return Ok(Self::Alias(text));
        }
        if !text.starts_with("arn:") {
            return Ok(Self::Key(text.parse()?));
        }
        let broken = || Error::InvalidArn(text.to_owned());
        let mut parts = text.splitn(6, ':').skip(1);
        let (Some(named_partition), Some("kms"), Some(region), Some(account), Some(resource)) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(broken());
        };
        if named_partition.is_empty() || region.is_empty() || account.is_empty() {
            return Err(broken());
        }
        if region != realm.region() {
            return Err(Missing::Region(region.to_owned()).into());
        }
        let here = account == realm.account() && named_partition == partition(realm);
        match resource.split_once('/') {
            Some(("key", id)) => {
                let id = id.parse()?;
                if here { Ok(Self::Key(id)) } else { Err(Missing::Key(text.to_owned()).into()) }
            }
            Some(("alias", name)) if !name.is_empty() => {
                if here {
                    Ok(Self::Alias(resource))
                } else {
                    Err(Missing::Alias(text.to_owned()).into())
                }
            }
            _ => Err(broken()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

    #[test]
    fn names() {
        let realm = Realm::default();
        let id: KeyId = ID.parse().unwrap();
        let arn = |rest: &str| format!("arn:aws:kms:{rest}");
        let here = arn(&format!("us-east-1:111122223333:key/{ID}"));
        assert_eq!(id.arn(&realm), here);
        let foreign = arn(&format!("us-east-1:999922223333:key/{ID}"));
        let table = [
            (ID.to_owned(), Ok(KeyName::Key(id))),
            (here, Ok(KeyName::Key(id))),
            ("alias/a".to_owned(), Ok(KeyName::Alias("alias/a"))),
            (arn("us-east-1:111122223333:alias/a/b"), Ok(KeyName::Alias("alias/a/b"))),
            ("fake-key-id".to_owned(), Err(Missing::KeyId("fake-key-id".to_owned()).into())),
            (ID.replace('-', ""), Err(Missing::KeyId(ID.replace('-', "")).into())),
            (arn(&format!("us-west-2:111122223333:key/{ID}")), Err(Missing::Region("us-west-2".to_owned()).into())),
            (arn("us-east-1:111122223333:key/x"), Err(Missing::KeyId("x".to_owned()).into())),
            (foreign.clone(), Err(Missing::Key(foreign).into())),
            ("arn:aws:kms".to_owned(), Err(Error::InvalidArn("arn:aws:kms".to_owned()))),
            (arn("us-east-1:111122223333:keyx"), Err(Error::InvalidArn(arn("us-east-1:111122223333:keyx")))),
            (arn("us-east-1:111122223333:alias/"), Err(Error::InvalidArn(arn("us-east-1:111122223333:alias/")))),
        ];
        for (text, expected) in table {
            assert_eq!(KeyName::parse(&realm, &text), expected, "{text}");
        }
    }
}
