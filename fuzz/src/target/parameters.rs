//! One mechanism with any parameter, used for everything with every key.

use std::cell::Cell;
use std::ptr;

use cryptoki_sys::*;

use crate::input::Input;
use crate::memory::{Attributes, Memory, Out};
use crate::module::{Module, call, len, with_module};
use crate::parameter;
use crate::template::template;

/// Room for the output of any mechanism here.
const ROOM: usize = 4096;

pub(super) fn run(bytes: &[u8]) {
    with_module(|module, session| {
        let mut input = Input::new(bytes);
        let memory = &mut Memory::default();
        let mechanism = parameter::mechanism(&mut input, memory, &module.mechanisms, &module.keys);
        if mechanism.is_null() {
            return;
        }
        let mut template = template(&mut input, memory);
        let data = input.bytes(300);
        let user = User { module, session, mechanism, data };
        user.digest();
        let mut made = 0;
        let (attributes, count) = (template.pointer(), template.count());
        call!(module, C_GenerateKey(session, mechanism, attributes, count, &raw mut made));
        for key in &module.keys {
            user.encrypt(*key);
            user.decrypt(*key);
            user.sign(*key);
            user.verify(*key);
            user.recover(*key);
            call!(module, C_DeriveKey(session, mechanism, *key, attributes, count, &raw mut made));
            user.wrap(*key);
            user.encapsulate(*key, &mut template);
            let (data, data_len) = user.data();
            call!(module, C_UnwrapKey(session, mechanism, *key, data, data_len, attributes, count, &raw mut made));
        }
    });
}

struct User<'a> {
    module: &'a Module,
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    data: Vec<u8>,
}

impl User<'_> {
    fn data(&self) -> (*mut CK_BYTE, CK_ULONG) {
        let pointer = if self.data.is_empty() { ptr::null_mut() } else { self.data.as_ptr().cast_mut() };
        (pointer, len(&self.data))
    }

    /// Asks for the length, then lets the output be written into one byte less and into the room that was told. A length that was
    /// told suffices.
    fn two_calls(name: &str, f: impl Fn(*mut CK_BYTE, *mut CK_ULONG) -> CK_RV) {
        let mut query = Out::new(None);
        let pointer = query.pointer();
        if f(pointer, &raw mut query.len) != CKR_OK {
            return;
        }
        let told = usize::try_from(query.len).expect("a length");
        assert!(told <= ROOM, "{name} wants {told} bytes");
        let mut out = Out::new(Some(told));
        let pointer = out.pointer();
        let rv = f(pointer, &raw mut out.len);
        assert_ne!(rv, CKR_BUFFER_TOO_SMALL, "{name} told {told} bytes and wants {}", out.len);
        if rv == CKR_OK {
            out.written(name);
        }
        out.check(name);
    }

    fn digest(&self) {
        let (module, session) = (self.module, self.session);
        if call!(module, C_DigestInit(session, self.mechanism)) == CKR_OK {
            let (data, data_len) = self.data();
            Self::two_calls("C_Digest", |out, len| call!(module, C_Digest(session, data, data_len, out, len)));
        }
    }

    fn encrypt(&self, key: CK_OBJECT_HANDLE) {
        let (module, session) = (self.module, self.session);
        if call!(module, C_EncryptInit(session, self.mechanism, key)) == CKR_OK {
            let (data, data_len) = self.data();
            Self::two_calls("C_Encrypt", |out, len| call!(module, C_Encrypt(session, data, data_len, out, len)));
        }
    }

    fn decrypt(&self, key: CK_OBJECT_HANDLE) {
        let (module, session) = (self.module, self.session);
        if call!(module, C_DecryptInit(session, self.mechanism, key)) == CKR_OK {
            let (data, data_len) = self.data();
            Self::two_calls("C_Decrypt", |out, len| call!(module, C_Decrypt(session, data, data_len, out, len)));
        }
    }

    fn sign(&self, key: CK_OBJECT_HANDLE) {
        let (module, session) = (self.module, self.session);
        if call!(module, C_SignInit(session, self.mechanism, key)) == CKR_OK {
            let (data, data_len) = self.data();
            Self::two_calls("C_Sign", |out, len| call!(module, C_Sign(session, data, data_len, out, len)));
        }
    }

    fn verify(&self, key: CK_OBJECT_HANDLE) {
        let (module, session) = (self.module, self.session);
        let (data, data_len) = self.data();
        if call!(module, C_VerifyInit(session, self.mechanism, key)) == CKR_OK {
            call!(module, C_Verify(session, data, data_len, data, data_len));
        }
        if call!(module, C_VerifySignatureInit(session, self.mechanism, key, data, data_len)) == CKR_OK {
            call!(module, C_VerifySignature(session, data, data_len));
        }
    }

    fn recover(&self, key: CK_OBJECT_HANDLE) {
        let (module, session) = (self.module, self.session);
        let (data, data_len) = self.data();
        if call!(module, C_SignRecoverInit(session, self.mechanism, key)) == CKR_OK {
            let sign = |out, len| call!(module, C_SignRecover(session, data, data_len, out, len));
            Self::two_calls("C_SignRecover", sign);
        }
        if call!(module, C_VerifyRecoverInit(session, self.mechanism, key)) == CKR_OK {
            let verify = |out, len| call!(module, C_VerifyRecover(session, data, data_len, out, len));
            Self::two_calls("C_VerifyRecover", verify);
        }
    }

    fn encapsulate(&self, key: CK_OBJECT_HANDLE, template: &mut Attributes) {
        let (module, session) = (self.module, self.session);
        let (attributes, count) = (template.pointer(), template.count());
        let made = Cell::new(0);
        Self::two_calls("C_EncapsulateKey", |out, len| {
            let place = made.as_ptr();
            call!(module, C_EncapsulateKey(session, self.mechanism, key, attributes, count, out, len, place))
        });
        let (data, data_len) = self.data();
        let place = made.as_ptr();
        call!(module, C_DecapsulateKey(session, self.mechanism, key, attributes, count, data, data_len, place));
    }

    fn wrap(&self, key: CK_OBJECT_HANDLE) {
        let (module, session) = (self.module, self.session);
        for other in &module.keys {
            Self::two_calls("C_WrapKey", |out, len| {
                call!(module, C_WrapKey(session, self.mechanism, key, *other, out, len))
            });
        }
    }
}
