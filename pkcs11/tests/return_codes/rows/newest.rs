//! What version 3.2 added.

use std::ptr;

use cryptoki_sys::*;

use crate::flaw::Flaw::*;
use crate::objects::KeyKind;
use crate::row::{Leaves, Operation, Row, row};

/// A `cloudhsm` token has none of them.
pub(super) fn rows() -> Vec<Row> {
    all().into_iter().map(Row::absent_in_cloud).collect()
}

fn all() -> Vec<Row> {
    const VERIFY: &[Operation] = &[Operation::VerifySignature];
    vec![
        row!(
            C_EncapsulateKey,
            [
                BadSession,
                NullMechanism,
                NullTemplate,
                NullLength,
                BadKey,
                BadMechanism,
                WrongKeyType,
                NotPermitted,
                BadParameter,
                SmallBuffer,
                Query,
                ReadOnly,
                NotLoggedIn
            ],
            |a| (
                a.session(),
                a.mechanism(CKM_ML_KEM, 0),
                a.key(),
                a.any_secret(),
                4,
                a.out(768),
                a.out_len(),
                a.other_result()
            )
        )
        .keys(KeyKind::KemPublic),
        row!(
            C_DecapsulateKey,
            [
                BadSession,
                NullMechanism,
                NullData,
                NullTemplate,
                NullResult,
                BadKey,
                BadMechanism,
                WrongKeyType,
                NotPermitted,
                BadParameter,
                ReadOnly,
                NotLoggedIn
            ],
            |a| (
                a.session(),
                a.mechanism(CKM_ML_KEM, 0),
                a.key(),
                a.any_secret(),
                4,
                a.data(),
                a.data_len(),
                a.result()
            )
        )
        .keys(KeyKind::KemPrivate)
        .answers(CKR_WRAPPED_KEY_LEN_RANGE),
        row!(
            C_VerifySignatureInit,
            [BadSession, NullData, BadKey, BadMechanism, WrongKeyType, NotPermitted, BadParameter],
            |a| (a.session(), a.mechanism(CKM_AES_CMAC, 0), a.key(), a.data(), 16)
        )
        .starts(Operation::VerifySignature),
        row!(C_VerifySignature, [BadSession, NullData], |a| (a.session(), a.data(), a.data_len()))
            .needs(VERIFY, Leaves::Ended)
            .answers(CKR_SIGNATURE_INVALID),
        row!(C_VerifySignatureUpdate, [BadSession, NullData], |a| (a.session(), a.data(), a.data_len()))
            .needs(VERIFY, Leaves::Active),
        row!(C_VerifySignatureFinal, [BadSession], |a| (a.session()))
            .needs(VERIFY, Leaves::Ended)
            .answers(CKR_SIGNATURE_INVALID),
        row!(C_GetSessionValidationFlags, [BadSession, NullResult, BadFlags], |a| (
            a.session(),
            if a.has(BadFlags) { 2 } else { CKS_LAST_VALIDATION_OK },
            a.result()
        )),
        row!(C_AsyncComplete, [BadSession], |a| (a.session(), ptr::null_mut(), a.result()))
            .answers(CKR_FUNCTION_NOT_SUPPORTED),
        row!(C_AsyncGetID, [BadSession], |a| (a.session(), ptr::null_mut(), a.result()))
            .answers(CKR_FUNCTION_NOT_SUPPORTED),
        row!(C_AsyncJoin, [BadSession], |a| (a.session(), ptr::null_mut(), 1, a.data(), a.data_len()))
            .answers(CKR_FUNCTION_NOT_SUPPORTED),
        row!(
            C_WrapKeyAuthenticated,
            [
                BadSession,
                NullMechanism,
                NullData,
                NullLength,
                BadKey,
                BadMechanism,
                WrongKeyType,
                NotPermitted,
                BadObject
            ],
            |a| (a.session(), a.gcm_mechanism(), a.key(), a.wrapped(), a.data(), a.data_len(), a.out(48), a.out_len())
        )
        .codes(&[
            (BadKey, CKR_WRAPPING_KEY_HANDLE_INVALID),
            (WrongKeyType, CKR_WRAPPING_KEY_TYPE_INCONSISTENT),
            (BadObject, CKR_KEY_HANDLE_INVALID),
        ]),
        row!(
            C_UnwrapKeyAuthenticated,
            [
                BadSession,
                NullMechanism,
                NullData,
                NullTemplate,
                NullResult,
                BadKey,
                BadMechanism,
                WrongKeyType,
                NotPermitted
            ],
            |a| (
                a.session(),
                a.gcm_mechanism(),
                a.key(),
                a.data(),
                a.data_len(),
                a.any_secret(),
                4,
                a.data(),
                16,
                a.result()
            )
        )
        .data_len(40)
        .answers(CKR_WRAPPED_KEY_INVALID)
        .codes(&[(BadKey, CKR_UNWRAPPING_KEY_HANDLE_INVALID), (WrongKeyType, CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT)]),
    ]
}
