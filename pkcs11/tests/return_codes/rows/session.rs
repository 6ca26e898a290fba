//! The module itself, slots, tokens, sessions.

use std::ptr;

use cryptoki_sys::*;

use crate::arguments::Arguments;
use crate::flaw::Flaw::{self, *};
use crate::row::{Operation, Row, row};
use crate::world::Login;

pub(super) fn rows() -> Vec<Row> {
    [general(), slots(), sessions()].into_iter().flatten().collect()
}

fn general() -> Vec<Row> {
    vec![
        row!(C_Initialize, [], |a| (a.reserved())).answers(CKR_CRYPTOKI_ALREADY_INITIALIZED).always(),
        row!(C_Finalize, [Reserved], |a| (a.reserved())).only_flawed(),
        row!(C_GetInfo, [NullResult], |a| (a.result())),
        row!(C_GetFunctionList, [NullResult], |a| (a.result())).always(),
        row!(C_GetInterfaceList, [NullLength, Query, SmallBuffer], |a| (a.out(3), a.out_len())).always(),
        row!(C_GetInterface, [NullResult, BadFlags], |a| (
            ptr::null_mut(),
            ptr::null_mut(),
            a.result(),
            if a.has(BadFlags) { 2 } else { 0 }
        ))
        .always(),
    ]
}

fn slots() -> Vec<Row> {
    vec![
        row!(C_GetSlotList, [NullLength, Query, SmallBuffer], |a| (CK_TRUE, a.out(1), a.out_len())),
        row!(C_GetSlotInfo, [NullResult, BadSlot], |a| (a.slot(), a.result())),
        row!(C_GetTokenInfo, [NullResult, BadSlot], |a| (a.slot(), a.result())),
        row!(C_GetMechanismList, [NullLength, Query, SmallBuffer, BadSlot], |a| (
            a.slot(),
            a.out(if a.has(SmallBuffer) { 2 } else { 500 }),
            a.out_len()
        )),
        row!(C_GetMechanismInfo, [NullResult, BadMechanism, BadSlot], |a| (
            a.slot(),
            if a.has(BadMechanism) { 0x7fff_fff0 } else { CKM_AES_CBC },
            a.result()
        )),
        // Sessions are open, of the test itself.
        row!(C_InitToken, [NullData, NullResult, BadSlot], |a| (a.slot(), a.pin(), a.pin_len(), a.result()))
            .answers(CKR_SESSION_EXISTS)
            .in_cloud(Some(CKR_FUNCTION_NOT_SUPPORTED), &[]),
        row!(C_InitPIN, [BadSession, NullData, NotLoggedIn, ShortPin], |a| (a.session(), a.new_pin(), a.new_pin_len()))
            .absent_in_cloud()
            .login(Login::Officer),
        row!(C_SetPIN, [BadSession, NullData, WrongPin, ShortPin, ReadOnly], |a| (
            a.session(),
            a.pin(),
            a.pin_len(),
            a.new_pin(),
            a.new_pin_len()
        ))
        .absent_in_cloud(),
        row!(C_WaitForSlotEvent, [NullResult, Reserved], |a| (CKF_DONT_BLOCK, a.result(), a.reserved()))
            .answers(CKR_NO_EVENT),
    ]
}

fn sessions() -> Vec<Row> {
    const LOGIN: &[(Flaw, CK_RV)] = &[(ReadOnly, CKR_SESSION_READ_ONLY_EXISTS)];
    fn user(a: &Arguments<'_>) -> CK_USER_TYPE {
        match () {
            () if a.has(BadUserType) => 9,
            () if a.has(ReadOnly) => CKU_SO,
            () => CKU_USER,
        }
    }
    vec![
        row!(C_OpenSession, [NullResult, BadSlot, BadFlags, OtherUser], |a| (
            a.slot(),
            match () {
                () if a.has(BadFlags) => CKF_RW_SESSION,
                // To read only, while the officer is logged in.
                () if a.has(OtherUser) => CKF_SERIAL_SESSION,
                () => CKF_SERIAL_SESSION | CKF_RW_SESSION,
            },
            ptr::null_mut(),
            None,
            a.result()
        ))
        .codes(&[(BadFlags, CKR_SESSION_PARALLEL_NOT_SUPPORTED), (OtherUser, CKR_SESSION_READ_WRITE_SO_EXISTS)]),
        row!(C_CloseSession, [BadSession], |a| (a.session())),
        row!(C_CloseAllSessions, [BadSlot], |a| (a.slot())).only_flawed(),
        row!(C_GetSessionInfo, [BadSession, NullResult], |a| (a.session(), a.result())),
        row!(C_GetOperationState, [BadSession, NullLength, Query, SmallBuffer], |a| (
            a.session(),
            a.out(if a.has(SmallBuffer) { 2 } else { 1000 }),
            a.out_len()
        ))
        .absent_in_cloud()
        .looks_at(&[Operation::Digest]),
        row!(C_SetOperationState, [BadSession, NullData], |a| (a.session(), a.data(), a.data_len(), 0, 0))
            .absent_in_cloud()
            .answers(CKR_SAVED_STATE_INVALID),
        row!(C_Login, [BadSession, NullData, SameUser, OtherUser, ReadOnly, WrongPin, BadUserType], |a| (
            a.session(),
            user(a),
            a.pin(),
            a.pin_len()
        ))
        .codes(LOGIN)
        .login(Login::Nobody),
        row!(C_LoginUser, [BadSession, NullData, SameUser, OtherUser, ReadOnly, WrongPin, BadUserType], |a| (
            a.session(),
            user(a),
            a.pin(),
            a.pin_len(),
            b"user".as_ptr().cast_mut(),
            4
        ))
        .absent_in_cloud()
        .codes(LOGIN)
        .login(Login::Nobody),
        row!(C_Logout, [BadSession, NotLoggedIn], |a| (a.session())),
        row!(C_SessionCancel, [BadSession], |a| (a.session(), 0)).absent_in_cloud(),
        row!(C_GetFunctionStatus, [BadSession], |a| (a.session())).absent_in_cloud().answers(CKR_FUNCTION_NOT_PARALLEL),
        row!(C_CancelFunction, [BadSession], |a| (a.session())).absent_in_cloud().answers(CKR_FUNCTION_NOT_PARALLEL),
        row!(C_SeedRandom, [BadSession, NullData], |a| (a.session(), a.data(), a.data_len())).absent_in_cloud(),
        row!(C_GenerateRandom, [BadSession, NullResult], |a| (a.session(), a.result(), 16)),
    ]
}
