//! Tokens, sessions, logins.

use std::ptr;

use cryptoki_sys::*;

use super::Client;
use crate::input::Input;
use crate::memory::{Out, output};
use crate::module::{Module, SLOT, SO_PIN, USER_PIN, call, len, pointer};

fn slot(input: &mut Input<'_>) -> CK_SLOT_ID {
    if input.rarely(16) { input.number() } else { SLOT }
}

fn pin(input: &mut Input<'_>) -> &'static [u8] {
    match input.below(32) {
        0 => b"not-the-pin",
        1 => b"abc",
        2 => b"user:user-pin",
        3..12 => SO_PIN,
        _ => USER_PIN,
    }
}

impl Client<'_> {
    pub(super) fn call_of_session(&mut self, input: &mut Input<'_>, session: CK_SESSION_HANDLE) {
        let module = self.module;
        match input.below(22) {
            0 => self.open_session(input),
            1 => {
                call!(module, C_CloseSession(session));
            }
            2 if input.rarely(8) => {
                call!(module, C_CloseAllSessions(slot(input)));
            }
            3 => {
                let mut info = CK_SESSION_INFO::default();
                call!(module, C_GetSessionInfo(session, &raw mut info));
            }
            4 => {
                let mut info = CK_TOKEN_INFO::default();
                call!(module, C_GetTokenInfo(slot(input), &raw mut info));
            }
            5 => {
                let mut info = CK_MECHANISM_INFO::default();
                let kind = if input.flag() { input.number() } else { input.pick(&module.mechanisms).unwrap_or(0) };
                call!(module, C_GetMechanismInfo(slot(input), kind, &raw mut info));
            }
            6 => {
                call!(module, C_Logout(session));
            }
            7..10 => {
                let pin = pin(input);
                let user = input.pick(&[CKU_USER, CKU_SO, CKU_CONTEXT_SPECIFIC, 3]).unwrap_or_default();
                call!(module, C_Login(session, user, pointer(pin), len(pin)));
            }
            10 => {
                let pin = pin(input);
                let name = input.bytes(16);
                call!(module, C_LoginUser(session, CKU_USER, pointer(pin), len(pin), pointer(&name), len(&name)));
            }
            11 => {
                let (old, new) = (pin(input), pin(input));
                call!(module, C_SetPIN(session, pointer(old), len(old), pointer(new), len(new)));
            }
            12 => {
                call!(module, C_InitPIN(session, pointer(USER_PIN), len(USER_PIN)));
            }
            13 if input.rarely(8) => {
                let pin = pin(input);
                let label = input.bytes(32);
                let mut room = [b' '; 32];
                room[..label.len()].copy_from_slice(&label);
                call!(module, C_InitToken(slot(input), pointer(pin), len(pin), pointer(&room)));
            }
            14 => {
                let state = output("C_GetOperationState", input, |out, out_len| {
                    call!(module, C_GetOperationState(session, out, out_len))
                });
                self.state = state;
            }
            15 => {
                let saved = if input.flag() { self.state.clone() } else { input.bytes(300) };
                call!(module, C_SetOperationState(session, pointer(&saved), len(&saved), 0, 0));
            }
            16 => {
                call!(module, C_SessionCancel(session, input.number()));
            }
            17 => {
                call!(module, C_GetFunctionStatus(session));
            }
            18 => {
                let mut flags = 0;
                call!(module, C_GetSessionValidationFlags(session, input.number(), &raw mut flags));
            }
            19 => Self::asynchronous(module, input, session),
            20 => {
                let mut slot = 0;
                call!(module, C_WaitForSlotEvent(CKF_DONT_BLOCK, &raw mut slot, ptr::null_mut()));
            }
            _ => {
                let mut out = Out::new(Some(input.below(80)));
                let (pointer, len) = (out.pointer(), out.len);
                call!(module, C_GenerateRandom(session, pointer, len));
                out.check("C_GenerateRandom");
            }
        }
    }

    fn open_session(&mut self, input: &mut Input<'_>) {
        let flags =
            if input.rarely(32) { input.number() } else { CKF_SERIAL_SESSION | (input.number() & CKF_RW_SESSION) };
        let mut session = 0;
        let slot = slot(input);
        let rv = call!(self.module, C_OpenSession(slot, flags, ptr::null_mut(), None, &raw mut session));
        if rv == CKR_OK {
            self.sessions.push(session);
        }
    }

    /// No call here is asynchronous.
    fn asynchronous(module: &Module, input: &mut Input<'_>, session: CK_SESSION_HANDLE) {
        let mut name = *b"C_Sign\0";
        let name = name.as_mut_ptr();
        match input.below(3) {
            0 => {
                let mut data = CK_ASYNC_DATA::default();
                call!(module, C_AsyncComplete(session, name, &raw mut data));
            }
            1 => {
                let mut id = 0;
                call!(module, C_AsyncGetID(session, name, &raw mut id));
            }
            _ => {
                let mut data = input.bytes(20);
                let length = len(&data);
                call!(module, C_AsyncJoin(session, name, input.number(), data.as_mut_ptr(), length));
            }
        }
    }
}
