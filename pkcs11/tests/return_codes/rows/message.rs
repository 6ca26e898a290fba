//! Message-based operations. No step of these ends the operation, whatever is wrong with it.

use std::ptr;

use cryptoki_sys::*;

use crate::row::{Leaves, Operation, Row, row};

pub(super) fn rows() -> Vec<Row> {
    [sealed(), signed()].into_iter().flatten().map(Row::absent_in_cloud).collect()
}

fn sealed() -> Vec<Row> {
    const SEAL: &[Operation] = &[Operation::MessageEncrypt];
    const OPEN: &[Operation] = &[Operation::MessageDecrypt];
    macro_rules! init {
        ($name:ident, $operation:ident) => {
            row!($name, [BadSession, BadKey, BadMechanism, WrongKeyType, NotPermitted], |a| (
                a.session(),
                a.mechanism(CKM_AES_GCM, 0),
                a.key()
            ))
            .starts(Operation::$operation)
        };
    }
    macro_rules! whole {
        ($name:ident) => {
            row!($name, [BadSession, NullData, NullLength, BadParameter, SmallBuffer, Query], |a| (
                a.session(),
                a.message(),
                a.message_len(),
                ptr::null_mut(),
                0,
                a.data(),
                a.data_len(),
                a.out(16),
                a.out_len()
            ))
        };
    }
    macro_rules! begin {
        ($name:ident) => {
            row!($name, [BadSession, NullData, BadParameter], |a| (
                a.session(),
                a.message(),
                a.message_len(),
                a.data(),
                a.data_len()
            ))
        };
    }
    // No message has begun.
    macro_rules! next {
        ($name:ident) => {
            row!($name, [BadSession, NullData, NullLength], |a| (
                a.session(),
                a.message(),
                a.message_len(),
                a.data(),
                a.data_len(),
                a.out(16),
                a.out_len(),
                0
            ))
            .answers(CKR_OPERATION_NOT_INITIALIZED)
        };
    }
    vec![
        init!(C_MessageEncryptInit, MessageEncrypt),
        whole!(C_EncryptMessage).looks_at(SEAL),
        begin!(C_EncryptMessageBegin).looks_at(SEAL),
        next!(C_EncryptMessageNext).looks_at(SEAL),
        row!(C_MessageEncryptFinal, [BadSession], |a| (a.session())).needs(SEAL, Leaves::Ended),
        init!(C_MessageDecryptInit, MessageDecrypt),
        whole!(C_DecryptMessage).answers(CKR_AEAD_DECRYPT_FAILED).looks_at(OPEN),
        begin!(C_DecryptMessageBegin).looks_at(OPEN),
        next!(C_DecryptMessageNext).looks_at(OPEN),
        row!(C_MessageDecryptFinal, [BadSession], |a| (a.session())).needs(OPEN, Leaves::Ended),
    ]
}

fn signed() -> Vec<Row> {
    const SIGN: &[Operation] = &[Operation::MessageSign];
    const VERIFY: &[Operation] = &[Operation::MessageVerify];
    macro_rules! init {
        ($name:ident, $operation:ident) => {
            row!($name, [BadSession, BadKey, BadMechanism, WrongKeyType, NotPermitted, BadParameter], |a| (
                a.session(),
                a.mechanism(CKM_AES_CMAC, 0),
                a.key()
            ))
            .starts(Operation::$operation)
        };
    }
    macro_rules! sign {
        ($name:ident, [$($flaw:ident),*]) => {
            row!($name, [BadSession, NullData, NullLength $(, $flaw)*], |a| (
                a.session(),
                ptr::null_mut(),
                0,
                a.data(),
                a.data_len(),
                a.out(16),
                a.out_len()
            ))
            .looks_at(SIGN)
        };
    }
    macro_rules! verify {
        ($name:ident, $rv:ident) => {
            row!($name, [BadSession, NullData], |a| (
                a.session(),
                ptr::null_mut(),
                0,
                a.data(),
                a.data_len(),
                a.data(),
                16
            ))
            .answers($rv)
            .looks_at(VERIFY)
        };
    }
    vec![
        init!(C_MessageSignInit, MessageSign),
        sign!(C_SignMessage, [SmallBuffer, Query]),
        row!(C_SignMessageBegin, [BadSession], |a| (a.session(), ptr::null_mut(), 0)).looks_at(SIGN),
        sign!(C_SignMessageNext, []).answers(CKR_OPERATION_NOT_INITIALIZED),
        row!(C_MessageSignFinal, [BadSession], |a| (a.session())).needs(SIGN, Leaves::Ended),
        init!(C_MessageVerifyInit, MessageVerify),
        verify!(C_VerifyMessage, CKR_SIGNATURE_INVALID),
        row!(C_VerifyMessageBegin, [BadSession], |a| (a.session(), ptr::null_mut(), 0)).looks_at(VERIFY),
        verify!(C_VerifyMessageNext, CKR_OPERATION_NOT_INITIALIZED),
        row!(C_MessageVerifyFinal, [BadSession], |a| (a.session())).needs(VERIFY, Leaves::Ended),
    ]
}
