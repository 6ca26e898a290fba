//! The operations of a PKCS#11 target: one row each.

use crate::error::{Error, Result};
use crate::plan::Plan;

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Encrypt,
    Decrypt,
    RsaSign,
    RsaVerify,
    EcdsaSign,
    EcdsaVerify,
    Hmac,
    Digest,
    Random,
    Generate,
    Find,
    Session,
    Login,
    Info,
}

/// Which keys an operation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Nothing,
    Aes,
    Rsa,
    Ec,
    Hmac,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Its name, then others for the same.
    pub(super) names: &'static [&'static str],
    pub(super) operation: Operation,
    pub(super) need: Need,
    pub(super) about: &'static str,
}

const fn row(names: &'static [&'static str], operation: Operation, need: Need, about: &'static str) -> Row {
    Row { names, operation, need, about }
}

#[rustfmt::skip]
pub(super) const OPERATIONS: &[Row] = &[
    row(&["encrypt", "aes-gcm-encrypt"], Operation::Encrypt, Need::Aes, "AES-256-GCM, a 12-byte IV of zeros"),
    row(&["decrypt", "aes-gcm-decrypt"], Operation::Decrypt, Need::Aes, "AES-256-GCM"),
    row(&["rsa-sign", "sign"], Operation::RsaSign, Need::Rsa, "RSA-2048, PKCS#1 v1.5 with SHA-256"),
    row(&["rsa-verify", "verify"], Operation::RsaVerify, Need::Rsa, "the same"),
    row(&["ecdsa-sign"], Operation::EcdsaSign, Need::Ec, "P-256 over 32 bytes"),
    row(&["ecdsa-verify"], Operation::EcdsaVerify, Need::Ec, "the same"),
    row(&["hmac"], Operation::Hmac, Need::Hmac, "HMAC-SHA-256"),
    row(&["digest"], Operation::Digest, Need::Nothing, "SHA-256"),
    row(&["random"], Operation::Random, Need::Nothing, "C_GenerateRandom"),
    row(&["generate"], Operation::Generate, Need::Nothing, "an AES-256 key; its destruction is not in the time"),
    row(&["find"], Operation::Find, Need::Aes, "one AES key by its label"),
    row(&["session"], Operation::Session, Need::Nothing, "open one that writes, and close it"),
    row(&["login"], Operation::Login, Need::Nothing, "the same with login and logout; alone and with one thread"),
    row(&["info"], Operation::Info, Need::Nothing, "C_GetSessionInfo: next to nothing, so the generator's own cost"),
];

/// Refuses plans that cannot work.
pub(super) fn check(plan: &Plan, rows: &[Row], pin: bool) -> Result<()> {
    let logs_in = rows.iter().any(|row| row.operation == Operation::Login);
    if logs_in && (rows.len() > 1 || plan.threads > 1) {
        // A program has one login at a token: each worker's logout would be everybody's.
        return Err(Error::Plan("'login' goes alone and with one thread".to_owned()));
    }
    if logs_in && !pin {
        return Err(Error::Plan("'login' needs the user's PIN".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::same_name;

    #[test]
    fn names_are_unique() {
        let names: Vec<&str> = OPERATIONS.iter().flat_map(|row| row.names).copied().collect();
        for (at, name) in names.iter().enumerate() {
            assert!(!names[..at].iter().any(|other| same_name(other, name)), "{name}");
        }
        for (at, row) in OPERATIONS.iter().enumerate() {
            assert_eq!(row.operation as usize, at, "{:?} stands where its variant does", row.names);
        }
    }
}
