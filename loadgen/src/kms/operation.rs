//! The operations of a KMS target: one row each.

use crate::error::{Error, Result};
use crate::plan::Plan;

/// What a call asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Encrypt,
    Decrypt,
    ReEncrypt,
    GenerateDataKey,
    GenerateDataKeyWithoutPlaintext,
    GenerateRandom,
    Sign,
    Verify,
    GenerateMac,
    VerifyMac,
    DescribeKey,
    ListKeys,
}

/// What a key is for; KMS calls it the key's usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usage {
    Encrypt,
    Sign,
    Mac,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) names: &'static [&'static str],
    pub(super) operation: Operation,
    /// The API's operation.
    pub(super) action: &'static str,
    /// Of the key that it needs.
    pub(super) usage: Option<Usage>,
    /// The largest payload, bytes; none if it takes none.
    pub(super) largest: Option<usize>,
    pub(super) about: &'static str,
}

const fn row(
    names: &'static [&'static str],
    operation: Operation,
    action: &'static str,
    usage: Option<Usage>,
    largest: Option<usize>,
    about: &'static str,
) -> Row {
    Row { names, operation, action, usage, largest, about }
}

const SYMMETRIC: Option<Usage> = Some(Usage::Encrypt);

/// Sizes are those of the API reference.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Row] = &[
    row(&["encrypt"], Operation::Encrypt, "Encrypt", SYMMETRIC, Some(4096), "a symmetric key"),
    row(&["decrypt"], Operation::Decrypt, "Decrypt", SYMMETRIC, Some(4096), "a symmetric key"),
    row(&["re-encrypt"], Operation::ReEncrypt, "ReEncrypt", SYMMETRIC, Some(4096), "to the same key"),
    row(&["generate-data-key"], Operation::GenerateDataKey, "GenerateDataKey", SYMMETRIC, None, "AES_256"),
    row(&["generate-data-key-without-plaintext"], Operation::GenerateDataKeyWithoutPlaintext, "GenerateDataKeyWithoutPlaintext", SYMMETRIC, None, "AES_256"),
    row(&["generate-random", "random"], Operation::GenerateRandom, "GenerateRandom", None, Some(1024), "as many bytes as the size"),
    row(&["sign", "ecdsa-sign"], Operation::Sign, "Sign", Some(Usage::Sign), Some(4096), "the first algorithm of the key"),
    row(&["verify", "ecdsa-verify"], Operation::Verify, "Verify", Some(Usage::Sign), Some(4096), "the same"),
    row(&["generate-mac", "hmac"], Operation::GenerateMac, "GenerateMac", Some(Usage::Mac), Some(4096), "the first algorithm of the key"),
    row(&["verify-mac"], Operation::VerifyMac, "VerifyMac", Some(Usage::Mac), Some(4096), "the same"),
    row(&["describe-key"], Operation::DescribeKey, "DescribeKey", SYMMETRIC, None, "reads no key material"),
    row(&["list-keys"], Operation::ListKeys, "ListKeys", None, None, "one page of 100"),
];

/// Refuses plans that the API cannot carry out.
pub(super) fn check(plan: &Plan, rows: &[Row]) -> Result<()> {
    for row in rows {
        if let Some(largest) = row.largest.filter(|largest| plan.sizes.largest() > *largest) {
            return Err(Error::Plan(format!("{} takes payloads of at most {largest} bytes", row.action)));
        }
    }
    Ok(())
}

impl Usage {
    pub(super) const ALL: [Self; 3] = [Self::Encrypt, Self::Sign, Self::Mac];

    /// As the API names it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Encrypt => "ENCRYPT_DECRYPT",
            Self::Sign => "SIGN_VERIFY",
            Self::Mac => "GENERATE_VERIFY_MAC",
        }
    }

    /// The kind of keys that a run makes for this.
    pub(super) const fn spec(self) -> &'static str {
        match self {
            Self::Encrypt => "SYMMETRIC_DEFAULT",
            Self::Sign => "ECC_NIST_P256",
            Self::Mac => "HMAC_256",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_its_name() {
        for row in OPERATIONS {
            assert!(crate::plan::same_name(row.names[0], row.action), "{}", row.action);
            assert_eq!(row.action, format!("{:?}", row.operation));
        }
    }
}
