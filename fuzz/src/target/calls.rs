//! Sequences of calls in any order, with handles that were seen, handles of nobody, and outputs that do not fit.

use std::ptr;

use cryptoki_sys::*;

use crate::input::Input;
use crate::memory::{Attributes, Memory, Out};
use crate::module::{Module, SLOT, SO_PIN, USER_PIN, call, len, pointer, with_module};
use crate::parameter::mechanism;
use crate::template::template;

/// Calls in one sequence.
const MOST_CALLS: usize = 64;

pub(super) fn run(bytes: &[u8]) {
    with_module(|module, session| {
        let mut input = Input::new(bytes);
        let mut client = Client { module, sessions: vec![session], objects: module.keys.clone(), state: Vec::new() };
        for _ in 0..MOST_CALLS {
            if input.is_empty() {
                break;
            }
            client.call(&mut input);
        }
    });
}

/// What a client knows.
struct Client<'a> {
    module: &'a Module,
    sessions: Vec<CK_SESSION_HANDLE>,
    objects: Vec<CK_OBJECT_HANDLE>,
    /// A saved operation.
    state: Vec<u8>,
}

impl Client<'_> {
    fn session(&self, input: &mut Input<'_>) -> CK_SESSION_HANDLE {
        if input.rarely(32) { input.number() } else { input.pick(&self.sessions).unwrap_or_default() }
    }

    fn object(&self, input: &mut Input<'_>) -> CK_OBJECT_HANDLE {
        if input.rarely(16) { input.number() } else { input.pick(&self.objects).unwrap_or_default() }
    }

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

    fn mechanism(&self, input: &mut Input<'_>, memory: &mut Memory) -> *mut CK_MECHANISM {
        mechanism(input, memory, &self.module.mechanisms, &self.objects)
    }

    /// A call of a function with an output.
    fn with_out(
        &self,
        name: &str,
        input: &mut Input<'_>,
        f: impl FnOnce(*mut CK_BYTE, *mut CK_ULONG) -> CK_RV,
    ) -> Vec<u8> {
        let mut out = Out::new((!input.rarely(4)).then(|| if input.flag() { 600 } else { input.below(80) }));
        let told = if input.rarely(64) { ptr::null_mut() } else { &raw mut out.len };
        let pointer = out.pointer();
        let rv = f(pointer, told);
        if rv == CKR_OK && !told.is_null() {
            return out.written(name).to_vec();
        }
        out.check(name);
        Vec::new()
    }

    fn call(&mut self, input: &mut Input<'_>) {
        match input.below(8) {
            0 => self.tokens_and_sessions(input),
            1 => self.objects(input),
            2 => self.make(input),
            3 | 4 => self.start(input),
            _ => self.step(input),
        }
    }

    fn tokens_and_sessions(&mut self, input: &mut Input<'_>) {
        let module = self.module;
        let session = self.session(input);
        match input.below(20) {
            0 => self.open_session(input),
            1 => {
                call!(module, C_CloseSession(session));
            }
            2 if input.rarely(8) => {
                call!(module, C_CloseAllSessions(Self::slot(input)));
            }
            3 => {
                let mut info = CK_SESSION_INFO::default();
                call!(module, C_GetSessionInfo(session, &raw mut info));
            }
            4 => {
                let mut info = CK_TOKEN_INFO::default();
                call!(module, C_GetTokenInfo(Self::slot(input), &raw mut info));
            }
            5 => {
                let mut info = CK_MECHANISM_INFO::default();
                let kind = if input.flag() { input.number() } else { input.pick(&module.mechanisms).unwrap_or(0) };
                call!(module, C_GetMechanismInfo(Self::slot(input), kind, &raw mut info));
            }
            6 => {
                call!(module, C_Logout(session));
            }
            7..10 => {
                let pin = Self::pin(input);
                let user = input.pick(&[CKU_USER, CKU_SO, CKU_CONTEXT_SPECIFIC, 3]).unwrap_or_default();
                call!(module, C_Login(session, user, pointer(pin), len(pin)));
            }
            10 => {
                let pin = Self::pin(input);
                let name = input.bytes(16);
                call!(module, C_LoginUser(session, CKU_USER, pointer(pin), len(pin), pointer(&name), len(&name)));
            }
            11 => {
                let (old, new) = (Self::pin(input), Self::pin(input));
                call!(module, C_SetPIN(session, pointer(old), len(old), pointer(new), len(new)));
            }
            12 => {
                call!(module, C_InitPIN(session, pointer(USER_PIN), len(USER_PIN)));
            }
            13 if input.rarely(8) => {
                let pin = Self::pin(input);
                let label = input.bytes(32);
                let mut room = [b' '; 32];
                room[..label.len()].copy_from_slice(&label);
                call!(module, C_InitToken(Self::slot(input), pointer(pin), len(pin), pointer(&room)));
            }
            14 => {
                let state = self.with_out("C_GetOperationState", input, |out, out_len| {
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
        let slot = Self::slot(input);
        let rv = call!(self.module, C_OpenSession(slot, flags, ptr::null_mut(), None, &raw mut session));
        if rv == CKR_OK {
            self.sessions.push(session);
        }
    }

    fn objects(&mut self, input: &mut Input<'_>) {
        let module = self.module;
        let (session, object) = (self.session(input), self.object(input));
        let memory = &mut Memory::default();
        match input.below(8) {
            0 => {
                let mut template = template(input, memory);
                let mut made = 0;
                let (attributes, count) = (template.pointer(), template.count());
                if call!(module, C_CopyObject(session, object, attributes, count, &raw mut made)) == CKR_OK {
                    self.objects.push(made);
                }
            }
            1 => {
                call!(module, C_DestroyObject(session, object));
            }
            2 => {
                let mut size = 0;
                call!(module, C_GetObjectSize(session, object, &raw mut size));
            }
            3 => self.read(input, session, object),
            4 => {
                let mut template = template(input, memory);
                let (attributes, count) = (template.pointer(), template.count());
                call!(module, C_SetAttributeValue(session, object, attributes, count));
            }
            5 => {
                let mut template = template(input, memory);
                call!(module, C_FindObjectsInit(session, template.pointer(), template.count()));
            }
            6 => {
                let most = input.below(9);
                let mut found = vec![0; most];
                let mut count = 0;
                if call!(module, C_FindObjects(session, found.as_mut_ptr(), most as CK_ULONG, &raw mut count)) == CKR_OK
                {
                    let count = usize::try_from(count).expect("a count");
                    assert!(count <= most, "C_FindObjects told {count} objects of {most}");
                    self.objects.extend(&found[..count]);
                }
            }
            _ => {
                call!(module, C_FindObjectsFinal(session));
            }
        }
    }

    /// Reads attributes into rooms that fit or do not.
    fn read(&self, input: &mut Input<'_>, session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) {
        let memory = &mut Memory::default();
        let kinds = template(input, memory);
        let mut wanted = Attributes::default();
        let rooms: Vec<usize> = kinds.list().iter().map(|_| input.below(80)).collect();
        for (kind, room) in kinds.list().iter().zip(&rooms) {
            // Zeros: entries of templates whose lengths are asked for.
            let place = if input.rarely(4) { ptr::null_mut() } else { memory.bytes(&vec![0; *room]) };
            wanted.push(kind.type_, place, if place.is_null() { 0 } else { *room });
        }
        call!(self.module, C_GetAttributeValue(session, object, wanted.pointer(), wanted.count()));
        for (entry, room) in wanted.list().iter().zip(&rooms) {
            let fits =
                entry.pValue.is_null() || entry.ulValueLen == CK_ULONG::MAX || entry.ulValueLen <= *room as CK_ULONG;
            assert!(fits, "attribute {:#x} has {} bytes in a room of {room}", entry.type_, entry.ulValueLen);
        }
    }

    fn make(&mut self, input: &mut Input<'_>) {
        let module = self.module;
        let (session, object) = (self.session(input), self.object(input));
        let memory = &mut Memory::default();
        let mut first = template(input, memory);
        let (attributes, count) = (first.pointer(), first.count());
        let mut made = 0;
        let rv = match input.below(6) {
            0 => call!(module, C_CreateObject(session, attributes, count, &raw mut made)),
            1 => {
                let mechanism = self.mechanism(input, memory);
                call!(module, C_GenerateKey(session, mechanism, attributes, count, &raw mut made))
            }
            2 => {
                let mechanism = self.mechanism(input, memory);
                let mut second = template(input, memory);
                let (others, other_count) = (second.pointer(), second.count());
                let mut private = 0;
                let rv = call!(
                    module,
                    C_GenerateKeyPair(
                        session,
                        mechanism,
                        attributes,
                        count,
                        others,
                        other_count,
                        &raw mut made,
                        &raw mut private
                    )
                );
                if rv == CKR_OK {
                    self.objects.push(private);
                }
                rv
            }
            3 => {
                let mechanism = self.mechanism(input, memory);
                call!(module, C_DeriveKey(session, mechanism, object, attributes, count, &raw mut made))
            }
            4 => {
                let mechanism = self.mechanism(input, memory);
                let other = self.object(input);
                self.with_out("C_WrapKey", input, |out, out_len| {
                    call!(module, C_WrapKey(session, mechanism, object, other, out, out_len))
                });
                return;
            }
            _ => {
                let mechanism = self.mechanism(input, memory);
                let wrapped = input.bytes(200);
                let (wrapped, wrapped_len) = (memory.bytes(&wrapped), len(&wrapped));
                call!(
                    module,
                    C_UnwrapKey(session, mechanism, object, wrapped, wrapped_len, attributes, count, &raw mut made)
                )
            }
        };
        if rv == CKR_OK {
            self.objects.push(made);
        }
    }

    fn start(&self, input: &mut Input<'_>) {
        let module = self.module;
        let (session, key) = (self.session(input), self.object(input));
        let memory = &mut Memory::default();
        let mechanism = self.mechanism(input, memory);
        match input.below(7) {
            0 => call!(module, C_EncryptInit(session, mechanism, key)),
            1 => call!(module, C_DecryptInit(session, mechanism, key)),
            2 => call!(module, C_SignInit(session, mechanism, key)),
            3 => call!(module, C_VerifyInit(session, mechanism, key)),
            4 => call!(module, C_SignRecoverInit(session, mechanism, key)),
            5 => call!(module, C_VerifyRecoverInit(session, mechanism, key)),
            _ => call!(module, C_DigestInit(session, mechanism)),
        };
    }

    fn step(&self, input: &mut Input<'_>) {
        let module = self.module;
        let session = self.session(input);
        let bytes = input.bytes(300);
        let memory = &mut Memory::default();
        let (data, data_len) = (memory.bytes(&bytes), len(&bytes));
        macro_rules! transform {
            ($name:ident) => {
                drop(self.with_out(stringify!($name), input, |out, out_len| {
                    call!(module, $name(session, data, data_len, out, out_len))
                }))
            };
        }
        macro_rules! finish {
            ($name:ident) => {
                drop(
                    self.with_out(stringify!($name), input, |out, out_len| call!(module, $name(session, out, out_len))),
                )
            };
        }
        match input.below(24) {
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
                call!(module, C_DigestKey(session, self.object(input)));
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
