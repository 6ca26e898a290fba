//! Operations with data: ciphers, digests, signatures, and two at a time.

use cryptoki_sys::*;

use crate::flaw::Flaw::*;
use crate::objects::KeyKind;
use crate::row::{Leaves, Operation, Row, row};

pub(super) fn rows() -> Vec<Row> {
    [ciphers(), digests(), signatures(), duals()].into_iter().flatten().collect()
}

fn ciphers() -> Vec<Row> {
    vec![
        row!(C_EncryptInit, [BadSession, BadKey, BadMechanism, WrongKeyType, NotPermitted, BadParameter], |a| (
            a.session(),
            a.mechanism(CKM_AES_CBC, 16),
            a.key()
        ))
        .starts(Operation::Encrypt),
        row!(C_Encrypt, [BadSession, NullData, NullLength, SmallBuffer, Query], |a| (
            a.session(),
            a.data(),
            a.data_len(),
            a.out(32),
            a.out_len()
        ))
        .needs(&[Operation::Encrypt], Leaves::Ended),
        row!(C_EncryptUpdate, [BadSession, NullData, NullLength, SmallBuffer, Query], |a| (
            a.session(),
            a.data(),
            a.data_len(),
            a.out(16),
            a.out_len()
        ))
        .needs(&[Operation::Encrypt], Leaves::Active),
        row!(C_EncryptFinal, [BadSession, NullLength, SmallBuffer, Query], |a| (a.session(), a.out(16), a.out_len()))
            .needs(&[Operation::Encrypt], Leaves::Ended),
        row!(C_DecryptInit, [BadSession, BadKey, BadMechanism, WrongKeyType, NotPermitted, BadParameter], |a| (
            a.session(),
            a.mechanism(CKM_AES_CBC, 16),
            a.key()
        ))
        .starts(Operation::Decrypt),
        row!(C_Decrypt, [BadSession, NullData, NullLength, SmallBuffer, Query], |a| (
            a.session(),
            a.data(),
            a.data_len(),
            a.out(16),
            a.out_len()
        ))
        .needs(&[Operation::Decrypt], Leaves::Ended),
        row!(C_DecryptUpdate, [BadSession, NullData, NullLength, SmallBuffer, Query], |a| (
            a.session(),
            a.data(),
            a.data_len(),
            a.out(16),
            a.out_len()
        ))
        .needs(&[Operation::Decrypt], Leaves::Active),
        row!(C_DecryptFinal, [BadSession, NullLength, Query], |a| (a.session(), a.out(16), a.out_len()))
            .needs(&[Operation::Decrypt], Leaves::Ended),
    ]
}

fn digests() -> Vec<Row> {
    vec![
        row!(C_DigestInit, [BadSession, BadMechanism, BadParameter], |a| (a.session(), a.mechanism(CKM_SHA256, 0)))
            .starts(Operation::Digest),
        row!(C_Digest, [BadSession, NullData, NullLength, SmallBuffer, Query], |a| (
            a.session(),
            a.data(),
            a.data_len(),
            a.out(32),
            a.out_len()
        ))
        .needs(&[Operation::Digest], Leaves::Ended),
        row!(C_DigestUpdate, [BadSession, NullData], |a| (a.session(), a.data(), a.data_len()))
            .needs(&[Operation::Digest], Leaves::Active),
        row!(C_DigestKey, [BadSession, BadKey, WrongKeyType], |a| (a.session(), a.key()))
            .absent_in_cloud()
            .keys(KeyKind::Secret)
            .codes(&[(WrongKeyType, CKR_KEY_INDIGESTIBLE)])
            .needs(&[Operation::Digest], Leaves::Active),
        row!(C_DigestFinal, [BadSession, NullLength, SmallBuffer, Query], |a| (a.session(), a.out(32), a.out_len()))
            .needs(&[Operation::Digest], Leaves::Ended),
    ]
}

fn signatures() -> Vec<Row> {
    vec![
        row!(C_SignInit, [BadSession, BadKey, BadMechanism, WrongKeyType, NotPermitted, BadParameter], |a| (
            a.session(),
            a.mechanism(CKM_AES_CMAC, 0),
            a.key()
        ))
        .starts(Operation::Sign),
        row!(C_Sign, [BadSession, NullData, NullLength, SmallBuffer, Query], |a| (
            a.session(),
            a.data(),
            a.data_len(),
            a.out(16),
            a.out_len()
        ))
        .needs(&[Operation::Sign], Leaves::Ended),
        row!(C_SignUpdate, [BadSession, NullData], |a| (a.session(), a.data(), a.data_len()))
            .needs(&[Operation::Sign], Leaves::Active),
        row!(C_SignFinal, [BadSession, NullLength, SmallBuffer, Query], |a| (a.session(), a.out(16), a.out_len()))
            .needs(&[Operation::Sign], Leaves::Ended),
        row!(C_SignRecoverInit, [BadSession, BadKey, BadMechanism, WrongKeyType, NotPermitted, BadParameter], |a| (
            a.session(),
            a.mechanism(CKM_RSA_PKCS, 0),
            a.key()
        ))
        .absent_in_cloud()
        .keys(KeyKind::RsaPrivate)
        .starts(Operation::SignRecover),
        row!(C_SignRecover, [BadSession, NullData, NullLength, SmallBuffer, Query], |a| (
            a.session(),
            a.data(),
            a.data_len(),
            a.out(128),
            a.out_len()
        ))
        .absent_in_cloud()
        .needs(&[Operation::SignRecover], Leaves::Ended),
        row!(C_VerifyInit, [BadSession, BadKey, BadMechanism, WrongKeyType, NotPermitted, BadParameter], |a| (
            a.session(),
            a.mechanism(CKM_AES_CMAC, 0),
            a.key()
        ))
        .starts(Operation::Verify),
        row!(C_Verify, [BadSession, NullData], |a| (a.session(), a.data(), a.data_len(), a.data(), 16))
            .needs(&[Operation::Verify], Leaves::Ended)
            .answers(CKR_SIGNATURE_INVALID),
        row!(C_VerifyUpdate, [BadSession, NullData], |a| (a.session(), a.data(), a.data_len()))
            .needs(&[Operation::Verify], Leaves::Active),
        row!(C_VerifyFinal, [BadSession, NullData], |a| (a.session(), a.data(), a.data_len()))
            .needs(&[Operation::Verify], Leaves::Ended)
            .answers(CKR_SIGNATURE_INVALID),
        row!(C_VerifyRecoverInit, [BadSession, BadKey, BadMechanism, WrongKeyType, NotPermitted, BadParameter], |a| (
            a.session(),
            a.mechanism(CKM_RSA_PKCS, 0),
            a.key()
        ))
        .absent_in_cloud()
        .keys(KeyKind::RsaPublic)
        .starts(Operation::VerifyRecover),
        row!(C_VerifyRecover, [BadSession, NullData, NullLength, Query], |a| (
            a.session(),
            a.data(),
            a.data_len(),
            a.out(128),
            a.out_len()
        ))
        .absent_in_cloud()
        .needs(&[Operation::VerifyRecover], Leaves::Ended)
        .answers(CKR_SIGNATURE_LEN_RANGE),
    ]
}

fn duals() -> Vec<Row> {
    use Operation::{Decrypt, Digest, Encrypt, Sign, Verify};
    macro_rules! dual {
        ($name:ident, $($needs:ident),*) => {
            row!($name, [BadSession, NullData, NullLength, SmallBuffer, Query], |a| (
                a.session(),
                a.data(),
                a.data_len(),
                a.out(16),
                a.out_len()
            ))
            .needs(&[$($needs),*], Leaves::Active)
            .absent_in_cloud()
        };
    }
    vec![
        dual!(C_DigestEncryptUpdate, Digest, Encrypt),
        dual!(C_DecryptDigestUpdate, Decrypt, Digest),
        dual!(C_SignEncryptUpdate, Sign, Encrypt),
        dual!(C_DecryptVerifyUpdate, Decrypt, Verify),
    ]
}
