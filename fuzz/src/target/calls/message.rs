//! Message-based operations (PKCS#11 v3.0).

use cryptoki_sys::*;

use super::Client;
use crate::input::Input;
use crate::memory::{Memory, output};
use crate::message::message;
use crate::module::{call, len};

impl Client<'_> {
    pub(super) fn start_messages(&self, input: &mut Input<'_>, session: CK_SESSION_HANDLE) {
        let module = self.module;
        let key = input.handle(&self.objects);
        let memory = &mut Memory::default();
        let mechanism = self.mechanism(input, memory);
        match input.below(4) {
            0 => call!(module, C_MessageEncryptInit(session, mechanism, key)),
            1 => call!(module, C_MessageDecryptInit(session, mechanism, key)),
            2 => call!(module, C_MessageSignInit(session, mechanism, key)),
            _ => call!(module, C_MessageVerifyInit(session, mechanism, key)),
        };
    }

    pub(super) fn message(&self, input: &mut Input<'_>, session: CK_SESSION_HANDLE) {
        let module = self.module;
        let memory = &mut Memory::default();
        let (bytes, other) = (input.bytes(200), input.bytes(64));
        let (data, data_len) = (memory.bytes(&bytes), len(&bytes));
        let (aad, aad_len) = (memory.bytes(&other), len(&other));
        let parameter = message(input, memory, bytes.len());
        let (place, place_len) = (parameter.pointer.cast(), parameter.len);
        let last = if input.rarely(16) { input.number() } else { CKF_END_OF_MESSAGE * u64::from(input.flag()) };
        macro_rules! whole {
            ($name:ident) => {
                drop(output(stringify!($name), input, |out, out_len| {
                    call!(module, $name(session, place, place_len, aad, aad_len, data, data_len, out, out_len))
                }))
            };
        }
        macro_rules! piece {
            ($name:ident $(, $flags:ident)?) => {
                drop(output(stringify!($name), input, |out, out_len| {
                    call!(module, $name(session, place, place_len, data, data_len, out, out_len $(, $flags)?))
                }))
            };
        }
        macro_rules! plain {
            ($name:ident($($argument:expr),*)) => {{
                call!(module, $name(session, $($argument),*));
            }};
        }
        match input.below(19) {
            0 => whole!(C_EncryptMessage),
            1 => plain!(C_EncryptMessageBegin(place, place_len, aad, aad_len)),
            2 | 3 => piece!(C_EncryptMessageNext, last),
            4 => plain!(C_MessageEncryptFinal()),
            5 => whole!(C_DecryptMessage),
            6 => plain!(C_DecryptMessageBegin(place, place_len, aad, aad_len)),
            7 | 8 => piece!(C_DecryptMessageNext, last),
            9 => plain!(C_MessageDecryptFinal()),
            10 => piece!(C_SignMessage),
            11 => plain!(C_SignMessageBegin(place, place_len)),
            12 if input.flag() => {
                // A piece that is not the last has no place for a signature.
                let none = std::ptr::null_mut();
                plain!(C_SignMessageNext(place, place_len, data, data_len, none, std::ptr::null_mut()));
            }
            12 => piece!(C_SignMessageNext),
            13 => plain!(C_MessageSignFinal()),
            14 => plain!(C_VerifyMessage(place, place_len, data, data_len, aad, aad_len)),
            15 => plain!(C_VerifyMessageBegin(place, place_len)),
            16 | 17 => plain!(C_VerifyMessageNext(place, place_len, data, data_len, aad, aad_len)),
            _ => plain!(C_MessageVerifyFinal()),
        }
    }
}
