//! Operations: started, fed, finished, in the wrong order too.

use std::ptr;

use cryptoki_sys::*;

use super::Client;
use crate::input::Input;
use crate::memory::{Memory, Out, output};
use crate::module::{call, len};

impl Client<'_> {
    pub(super) fn start(&self, input: &mut Input<'_>, session: CK_SESSION_HANDLE) {
        let module = self.module;
        let key = input.handle(&self.objects);
        let memory = &mut Memory::default();
        let mechanism = self.mechanism(input, memory);
        match input.below(8) {
            0 => call!(module, C_EncryptInit(session, mechanism, key)),
            1 => call!(module, C_DecryptInit(session, mechanism, key)),
            2 => call!(module, C_SignInit(session, mechanism, key)),
            3 => call!(module, C_VerifyInit(session, mechanism, key)),
            4 => call!(module, C_SignRecoverInit(session, mechanism, key)),
            5 => call!(module, C_VerifyRecoverInit(session, mechanism, key)),
            6 => {
                let signature = input.bytes(128);
                let (bytes, length) = (memory.bytes(&signature), len(&signature));
                call!(module, C_VerifySignatureInit(session, mechanism, key, bytes, length))
            }
            _ => call!(module, C_DigestInit(session, mechanism)),
        };
    }

    pub(super) fn step(&self, input: &mut Input<'_>, session: CK_SESSION_HANDLE) {
        let module = self.module;
        let bytes = input.bytes(300);
        let memory = &mut Memory::default();
        let (data, data_len) = (memory.bytes(&bytes), len(&bytes));
        macro_rules! transform {
            ($name:ident) => {
                drop(output(stringify!($name), input, |out, out_len| {
                    call!(module, $name(session, data, data_len, out, out_len))
                }))
            };
        }
        macro_rules! finish {
            ($name:ident) => {
                drop(output(stringify!($name), input, |out, out_len| call!(module, $name(session, out, out_len))))
            };
        }
        match input.below(27) {
            0 => transform!(C_Encrypt),
            1 => transform!(C_EncryptUpdate),
            2 => finish!(C_EncryptFinal),
            3 => transform!(C_Decrypt),
            4 => transform!(C_DecryptUpdate),
            5 => finish!(C_DecryptFinal),
            6 => transform!(C_Digest),
            7 => {
                call!(module, C_DigestUpdate(session, data, data_len));
            }
            8 => {
                call!(module, C_DigestKey(session, input.handle(&self.objects)));
            }
            9 => finish!(C_DigestFinal),
            10 => transform!(C_Sign),
            11 => {
                call!(module, C_SignUpdate(session, data, data_len));
            }
            12 => finish!(C_SignFinal),
            13 => {
                let signature = input.bytes(200);
                call!(module, C_Verify(session, data, data_len, memory.bytes(&signature), len(&signature)));
            }
            14 => {
                call!(module, C_VerifyUpdate(session, data, data_len));
            }
            15 => {
                call!(module, C_VerifyFinal(session, data, data_len));
            }
            16 => transform!(C_SignRecover),
            17 => transform!(C_VerifyRecover),
            18 => transform!(C_DigestEncryptUpdate),
            19 => transform!(C_DecryptDigestUpdate),
            20 => transform!(C_SignEncryptUpdate),
            21 => transform!(C_DecryptVerifyUpdate),
            22 => self.in_place(input, session),
            23 => {
                call!(module, C_VerifySignature(session, data, data_len));
            }
            24 => {
                call!(module, C_VerifySignatureUpdate(session, data, data_len));
            }
            25 => {
                call!(module, C_VerifySignatureFinal(session));
            }
            _ => {
                call!(module, C_SeedRandom(session, data, data_len));
            }
        }
    }

    /// Data and output in the same place, as clients do it.
    fn in_place(&self, input: &mut Input<'_>, session: CK_SESSION_HANDLE) {
        let bytes = input.bytes(200);
        let mut out = Out::new(Some(bytes.len() + 64));
        let place = out.pointer();
        // SAFETY: the room is longer than what is copied.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len()) };
        let told = &raw mut out.len;
        let rv = if input.flag() {
            call!(self.module, C_Encrypt(session, place, len(&bytes), place, told))
        } else {
            call!(self.module, C_Decrypt(session, place, len(&bytes), place, told))
        };
        if rv == CKR_OK {
            out.written("a call in place");
        }
        out.check("a call in place");
    }
}
