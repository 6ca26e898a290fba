//! Identifiers: one newtype each, made by a checked constructor or by the world's entropy.
//!
//! New ids have 11 characters of `a-z2-7` after their prefix; 11 to 16 characters of `0-9a-zA-Z` are accepted, because
//! the example ids of the documentation contain digits that the service's own model forbids (documented).

use std::fmt;
use std::str::FromStr;

use crypto::Entropy;
use serde::{Deserialize, Serialize};

/// The text is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a valid {kind} id")]
pub struct InvalidId {
    /// What was expected, such as `cluster`.
    pub kind: &'static str,
    /// What was given.
    pub text: String,
}

/// The alphabet of generated ids (base 32 in lower case).
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const GENERATED_LENGTH: usize = 11;

fn generate(prefix: &str, entropy: &Entropy) -> String {
    let random = entropy.bytes::<GENERATED_LENGTH>();
    let tail = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
    prefix.chars().chain(tail).collect()
}

fn generate_hex(prefix: &str, entropy: &Entropy) -> String {
    let random = entropy.bytes::<9>();
    let mut text = String::from(prefix);
    for byte in random {
        text.push_str(&format!("{byte:02x}"));
    }
    text.truncate(prefix.len() + 17);
    text
}

fn service_tail(tail: &str) -> bool {
    (11..=16).contains(&tail.len()) && tail.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn hex_tail(tail: &str) -> bool {
    (8..=17).contains(&tail.len()) && tail.bytes().all(|b| b.is_ascii_hexdigit())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $prefix:literal, $check:ident, $generate:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(String);

        impl $name {
            /// A new identifier from the world's entropy.
            pub fn generate(entropy: &Entropy) -> Self {
                Self($generate($prefix, entropy))
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                match text.strip_prefix($prefix) {
                    Some(tail) if $check(tail) => Ok(Self(text.to_owned())),
                    _ => Err(InvalidId { kind: $kind, text: text.to_owned() }),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(/** A cluster, `cluster-…`. */ ClusterId, "cluster", "cluster-", service_tail, generate);
id!(/** A node (HSM) of a cluster, `hsm-…`. */ NodeId, "hsm", "hsm-", service_tail, generate);
id!(/** A backup, `backup-…`. */ BackupId, "backup", "backup-", service_tail, generate);
id!(/** The elastic network interface of a node, `eni-…`. */ EniId, "eni", "eni-", hex_tail, generate_hex);
id!(/** A subnet, `subnet-…`. */ SubnetId, "subnet", "subnet-", hex_tail, generate_hex);
id!(/** A virtual private cloud, `vpc-…`. */ VpcId, "vpc", "vpc-", hex_tail, generate_hex);
id!(/** A security group, `sg-…`. */ SecurityGroupId, "sg", "sg-", hex_tail, generate_hex);
id!(/** A fault that was set, `fault-…`. */ FaultId, "fault", "fault-", service_tail, generate);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (text, valid) in [
            ("cluster-1a23b4cdefg", true),
            ("cluster-igklspoyj5v", true),
            ("cluster-abcdefghijklmnop", true),
            ("cluster-short", false),
            ("cluster-abcdefghijklmnopq", false),
            ("cluster-igklspoyj5!", false),
            ("hsm-igklspoyj5v", false),
            ("", false),
        ] {
            assert_eq!(text.parse::<ClusterId>().is_ok(), valid, "{text}");
        }
        assert!("subnet-49a1bc00".parse::<SubnetId>().is_ok());
        assert!("subnet-xyz".parse::<SubnetId>().is_err());
    }

    #[test]
    fn generated_ids_parse() {
        let entropy = Entropy::seeded(7);
        for _ in 0..100 {
            let id = ClusterId::generate(&entropy);
            assert_eq!(id.as_str().parse::<ClusterId>().as_ref(), Ok(&id));
            let eni = EniId::generate(&entropy);
            assert_eq!(eni.as_str().parse::<EniId>().as_ref(), Ok(&eni));
        }
    }
}
