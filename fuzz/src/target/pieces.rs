//! Data in pieces gives what it gives as a whole, and comes back.

use std::ptr;

use cryptoki_sys::*;

use crate::input::Input;
use crate::memory::{Memory, Out, Parameter};
use crate::message::message;
use crate::module::{Module, call, len, with_module};
use crate::parameter;

/// Room for what any piece gives.
const ROOM: usize = 4096;

pub(super) fn run(bytes: &[u8]) {
    with_module(|module, session| {
        let mut input = Input::new(bytes);
        let memory = &mut Memory::default();
        let kind = input.pick(&module.mechanisms).unwrap_or_default();
        let parameter = parameter::fitting(&mut input, memory, kind, &module.keys);
        let mechanism = memory.mechanism(kind, parameter);
        let key = input.pick(&module.keys).unwrap_or_default();
        let pair = input.pick(&module.pairs);
        let data = input.bytes(1000);
        let cuts: Vec<usize> = (0..input.below(6)).map(|_| input.below(data.len() + 1)).collect();
        let user = User { module, session, mechanism, pieces: cut(&data, cuts), data: &data };
        let message = message(&mut input, memory, user.data.len());
        user.digest();
        user.encrypt(key);
        user.messages(key, message);
        user.sign(key, key);
        if let Some([public, private]) = pair {
            user.sign(private, public);
        }
    });
}

fn cut(data: &[u8], mut cuts: Vec<usize>) -> Vec<&[u8]> {
    cuts.sort_unstable();
    let mut pieces = Vec::new();
    let mut start = 0;
    for end in cuts.into_iter().chain([data.len()]) {
        pieces.push(&data[start..end]);
        start = end;
    }
    pieces
}

struct User<'a> {
    module: &'a Module,
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    data: &'a [u8],
    pieces: Vec<&'a [u8]>,
}

/// The code, or what was written.
fn output(name: &str, f: impl FnOnce(*mut CK_BYTE, *mut CK_ULONG) -> CK_RV) -> Result<Vec<u8>, CK_RV> {
    let mut out = Out::new(Some(ROOM));
    let pointer = out.pointer();
    match f(pointer, &raw mut out.len) {
        CKR_OK => Ok(out.written(name).to_vec()),
        rv => Err(rv),
    }
}

fn place_of(bytes: &[u8]) -> (*mut CK_BYTE, CK_ULONG) {
    (if bytes.is_empty() { ptr::null_mut() } else { bytes.as_ptr().cast_mut() }, len(bytes))
}

/// Mechanisms that take data only as a whole say so at the first piece.
fn takes_no_pieces(rv: CK_RV) -> bool {
    matches!(rv, CKR_FUNCTION_NOT_SUPPORTED | CKR_MECHANISM_INVALID)
}

impl User<'_> {
    fn digest(&self) {
        let (module, session) = (self.module, self.session);
        if call!(module, C_DigestInit(session, self.mechanism)) != CKR_OK {
            return;
        }
        let (data, data_len) = place_of(self.data);
        let whole = output("C_Digest", |out, len| call!(module, C_Digest(session, data, data_len, out, len)));
        assert_eq!(call!(module, C_DigestInit(session, self.mechanism)), CKR_OK);
        for piece in &self.pieces {
            let (data, data_len) = place_of(piece);
            assert_eq!(call!(module, C_DigestUpdate(session, data, data_len)), CKR_OK);
        }
        let pieces = output("C_DigestFinal", |out, len| call!(module, C_DigestFinal(session, out, len)));
        assert_eq!(pieces, whole);
    }

    fn encrypt(&self, key: CK_OBJECT_HANDLE) {
        let (module, session) = (self.module, self.session);
        let whole = || {
            if call!(module, C_EncryptInit(session, self.mechanism, key)) != CKR_OK {
                return None;
            }
            let (data, data_len) = place_of(self.data);
            Some(output("C_Encrypt", |out, len| call!(module, C_Encrypt(session, data, data_len, out, len))))
        };
        let Some(sealed) = whole() else { return };
        let again = whole();
        // An empty key pair's half cannot decrypt; what decrypts gives back the data.
        if let Ok(sealed) = &sealed
            && call!(module, C_DecryptInit(session, self.mechanism, key)) == CKR_OK
        {
            let (cipher, cipher_len) = place_of(sealed);
            let opened =
                output("C_Decrypt", |out, len| call!(module, C_Decrypt(session, cipher, cipher_len, out, len)));
            assert_eq!(opened.as_deref(), Ok(self.data));
            self.decrypt_in_pieces(key, sealed);
        }
        assert_eq!(call!(module, C_EncryptInit(session, self.mechanism, key)), CKR_OK);
        let Some(pieces) = self.encrypted_in_pieces() else { return };
        match (&sealed, &pieces) {
            // What is random differs from itself.
            (Ok(_), Ok(pieces)) if again.as_ref() == Some(&sealed) => assert_eq!(Ok(pieces), sealed.as_ref()),
            (Ok(_), Err(rv)) | (Err(rv), Ok(_)) => panic!("pieces {pieces:?} and the whole {sealed:?} differ: {rv:#x}"),
            _ => {}
        }
    }

    fn encrypted_in_pieces(&self) -> Option<Result<Vec<u8>, CK_RV>> {
        let (module, session) = (self.module, self.session);
        let mut all = Vec::new();
        for piece in &self.pieces {
            let (data, data_len) = place_of(piece);
            match output("C_EncryptUpdate", |out, len| {
                call!(module, C_EncryptUpdate(session, data, data_len, out, len))
            }) {
                Ok(part) => all.extend(part),
                Err(rv) if takes_no_pieces(rv) => return None,
                Err(rv) => return Some(Err(rv)),
            }
        }
        let last = output("C_EncryptFinal", |out, len| call!(module, C_EncryptFinal(session, out, len)));
        Some(last.map(|part| [all, part].concat()))
    }

    fn decrypt_in_pieces(&self, key: CK_OBJECT_HANDLE, sealed: &[u8]) {
        let (module, session) = (self.module, self.session);
        assert_eq!(call!(module, C_DecryptInit(session, self.mechanism, key)), CKR_OK);
        let mut all = Vec::new();
        for piece in sealed.chunks(self.pieces.first().map_or(1, |piece| piece.len().max(1))) {
            let (data, data_len) = place_of(piece);
            match output("C_DecryptUpdate", |out, len| {
                call!(module, C_DecryptUpdate(session, data, data_len, out, len))
            }) {
                Ok(part) => all.extend(part),
                Err(rv) if takes_no_pieces(rv) => return,
                Err(rv) => panic!("a piece of what was encrypted is refused: {rv:#x}"),
            }
        }
        let last = output("C_DecryptFinal", |out, len| call!(module, C_DecryptFinal(session, out, len)));
        assert_eq!(last.map(|part| [all, part].concat()).as_deref(), Ok(self.data));
    }

    /// A message as a whole and in pieces; the nonce and the tag that come out go in again.
    fn messages(&self, key: CK_OBJECT_HANDLE, parameter: Parameter) {
        let (module, session) = (self.module, self.session);
        let (place, place_len) = (parameter.pointer.cast(), parameter.len);
        let (none, aad) = (ptr::null_mut(), 0);
        let (data, data_len) = place_of(self.data);
        if call!(module, C_MessageEncryptInit(session, self.mechanism, key)) != CKR_OK {
            return;
        }
        let seal =
            |out, len| call!(module, C_EncryptMessage(session, place, place_len, none, aad, data, data_len, out, len));
        let Ok(sealed) = output("C_EncryptMessage", seal) else { return };
        assert_eq!(call!(module, C_MessageDecryptInit(session, self.mechanism, key)), CKR_OK);
        let open = |sealed: &[u8]| {
            let (data, data_len) = place_of(sealed);
            output("C_DecryptMessage", |out, len| {
                call!(module, C_DecryptMessage(session, place, place_len, none, aad, data, data_len, out, len))
            })
        };
        assert_eq!(open(&sealed).as_deref(), Ok(self.data));
        if call!(module, C_EncryptMessageBegin(session, place, place_len, none, aad)) != CKR_OK {
            return;
        }
        let last = self.pieces.len() - 1;
        let mut sealed = Vec::new();
        for (at, piece) in self.pieces.iter().enumerate() {
            let flags = if at == last { CKF_END_OF_MESSAGE } else { 0 };
            let (data, data_len) = place_of(piece);
            let part = output("C_EncryptMessageNext", |out, len| {
                call!(module, C_EncryptMessageNext(session, place, place_len, data, data_len, out, len, flags))
            });
            sealed.extend(part.expect("a message that is sealed whole is sealed in pieces"));
        }
        assert_eq!(open(&sealed).as_deref(), Ok(self.data));
    }

    fn sign(&self, key: CK_OBJECT_HANDLE, verifier: CK_OBJECT_HANDLE) {
        let (module, session) = (self.module, self.session);
        if call!(module, C_SignInit(session, self.mechanism, key)) != CKR_OK {
            return;
        }
        let (data, data_len) = place_of(self.data);
        let whole = output("C_Sign", |out, len| call!(module, C_Sign(session, data, data_len, out, len)));
        let Ok(signature) = whole else { return };
        if call!(module, C_VerifyInit(session, self.mechanism, verifier)) != CKR_OK {
            return;
        }
        let (code, code_len) = place_of(&signature);
        assert_eq!(call!(module, C_Verify(session, data, data_len, code, code_len)), CKR_OK);
        assert_eq!(call!(module, C_SignInit(session, self.mechanism, key)), CKR_OK);
        for piece in &self.pieces {
            let (data, data_len) = place_of(piece);
            let rv = call!(module, C_SignUpdate(session, data, data_len));
            if takes_no_pieces(rv) {
                return;
            }
            assert_eq!(rv, CKR_OK);
        }
        let signature = output("C_SignFinal", |out, len| call!(module, C_SignFinal(session, out, len)));
        let signature = signature.expect("data that is signed whole is signed in pieces");
        assert_eq!(call!(module, C_VerifyInit(session, self.mechanism, verifier)), CKR_OK);
        for piece in &self.pieces {
            let (data, data_len) = place_of(piece);
            assert_eq!(call!(module, C_VerifyUpdate(session, data, data_len)), CKR_OK);
        }
        let (code, code_len) = place_of(&signature);
        assert_eq!(call!(module, C_VerifyFinal(session, code, code_len)), CKR_OK);
    }
}
