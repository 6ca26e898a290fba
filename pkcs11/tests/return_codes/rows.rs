//! The table: every function, how it is called, and what can be wrong with the call.

use std::ptr;

use cryptoki_sys::*;

use crate::arguments::Arguments;
use crate::flaw::Flaw::{self, *};
use crate::world::{Functions, KeyKind, Login, World, call};

/// A function.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) call: fn(&Functions, &mut Arguments<'_>) -> CK_RV,
    /// The code of a call without flaw; none if the call would end the test's world.
    ok: Option<CK_RV>,
    flaws: Vec<Flaw>,
    /// Codes of flaws that are not the usual ones.
    codes: &'static [(Flaw, CK_RV)],
    starts: Option<Operation>,
    needs: &'static [Operation],
    leaves: Leaves,
    /// It is no step of the operations that it needs.
    only_looks: bool,
    pub(crate) keys: KeyKind,
    pub(crate) data_len: CK_ULONG,
    login: Login,
    pub(crate) needs_initialize: bool,
}

/// What becomes of the operations that a function needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaves {
    Active,
    Ended,
}

/// An operation of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Find,
    Encrypt,
    Decrypt,
    Digest,
    Sign,
    SignRecover,
    Verify,
    VerifyRecover,
    VerifySignature,
    MessageEncrypt,
    MessageDecrypt,
    MessageSign,
    MessageVerify,
}

impl Operation {
    pub(crate) fn start(self, world: &World, session: CK_SESSION_HANDLE) -> CK_RV {
        let key = world.keys(KeyKind::Aes).good;
        let iv = [0_u8; 16];
        let plain = |kind| CK_MECHANISM { mechanism: kind, pParameter: ptr::null_mut(), ulParameterLen: 0 };
        let with_iv =
            |kind| CK_MECHANISM { mechanism: kind, pParameter: iv.as_ptr().cast_mut().cast(), ulParameterLen: 16 };
        let f = world.functions;
        match self {
            Self::Find => call!(f, C_FindObjectsInit(session, ptr::null_mut(), 0)),
            Self::Encrypt => call!(f, C_EncryptInit(session, &mut with_iv(CKM_AES_CBC_PAD), key)),
            Self::Decrypt => call!(f, C_DecryptInit(session, &mut with_iv(CKM_AES_CBC), key)),
            Self::Digest => call!(f, C_DigestInit(session, &mut plain(CKM_SHA256))),
            Self::Sign => call!(f, C_SignInit(session, &mut plain(CKM_AES_CMAC), key)),
            Self::Verify => call!(f, C_VerifyInit(session, &mut plain(CKM_AES_CMAC), key)),
            Self::VerifySignature => {
                let signature = iv.as_ptr().cast_mut();
                call!(f, C_VerifySignatureInit(session, &mut plain(CKM_AES_CMAC), key, signature, 16))
            }
            Self::MessageEncrypt => call!(f, C_MessageEncryptInit(session, &mut plain(CKM_AES_GCM), key)),
            Self::MessageDecrypt => call!(f, C_MessageDecryptInit(session, &mut plain(CKM_AES_GCM), key)),
            Self::MessageSign => call!(f, C_MessageSignInit(session, &mut plain(CKM_AES_CMAC), key)),
            Self::MessageVerify => call!(f, C_MessageVerifyInit(session, &mut plain(CKM_AES_CMAC), key)),
            Self::SignRecover => {
                call!(f, C_SignRecoverInit(session, &mut plain(CKM_RSA_PKCS), world.keys(KeyKind::RsaPrivate).good))
            }
            Self::VerifyRecover => {
                call!(f, C_VerifyRecoverInit(session, &mut plain(CKM_RSA_PKCS), world.keys(KeyKind::RsaPublic).good))
            }
        }
    }

    /// Whether it is active; afterwards it is.
    pub(crate) fn is_active(self, world: &World, session: CK_SESSION_HANDLE) -> bool {
        let rv = self.start(world, session);
        assert!(rv == CKR_OK || rv == CKR_OPERATION_ACTIVE, "{self:?}: {rv:#x}");
        rv == CKR_OPERATION_ACTIVE
    }
}

impl Row {
    fn new(name: &'static str, call: fn(&Functions, &mut Arguments<'_>) -> CK_RV, flaws: &[Flaw]) -> Self {
        Self {
            name,
            call,
            ok: Some(CKR_OK),
            flaws: flaws.to_vec(),
            codes: &[],
            starts: None,
            needs: &[],
            leaves: Leaves::Ended,
            only_looks: false,
            keys: KeyKind::Aes,
            data_len: 16,
            login: Login::User,
            needs_initialize: true,
        }
    }

    fn answers(self, ok: CK_RV) -> Self {
        Self { ok: Some(ok), ..self }
    }

    fn only_flawed(self) -> Self {
        Self { ok: None, ..self }
    }

    fn codes(self, codes: &'static [(Flaw, CK_RV)]) -> Self {
        Self { codes, ..self }
    }

    fn starts(mut self, operation: Operation) -> Self {
        self.flaws.push(Active);
        Self { starts: Some(operation), ..self }
    }

    fn needs(mut self, needs: &'static [Operation], leaves: Leaves) -> Self {
        self.flaws.extend([NotActive, OtherNotActive].iter().take(needs.len()));
        Self { needs, leaves, ..self }
    }

    fn looks_at(self, needs: &'static [Operation]) -> Self {
        Self { only_looks: true, ..self.needs(needs, Leaves::Active) }
    }

    fn keys(self, keys: KeyKind) -> Self {
        Self { keys, ..self }
    }

    fn data_len(self, data_len: CK_ULONG) -> Self {
        Self { data_len, ..self }
    }

    fn login(self, login: Login) -> Self {
        Self { login, ..self }
    }

    fn always(self) -> Self {
        Self { needs_initialize: false, ..self }
    }

    /// No flaw, each one, and each two of those whose order is certain.
    pub(crate) fn combinations(&self) -> Vec<Vec<Flaw>> {
        let mut all = vec![Vec::new()];
        all.extend(self.flaws.iter().map(|flaw| vec![*flaw]));
        let ranked: Vec<Flaw> = self.flaws.iter().copied().filter(|flaw| flaw.has_rank()).collect();
        for (at, first) in ranked.iter().enumerate() {
            all.extend(ranked[at + 1..].iter().map(|second| vec![*first, *second]));
        }
        all
    }

    /// The code of a call with these flaws; none if it is not made.
    pub(crate) fn expected(&self, flaws: &[Flaw]) -> Option<CK_RV> {
        let Some(first) = flaws.iter().min() else { return self.ok };
        let own = self.codes.iter().find(|(flaw, _)| flaw == first);
        Some(own.map_or_else(|| first.code(), |(_, code)| *code))
    }

    pub(crate) fn login_for(&self, flaws: &[Flaw]) -> Login {
        match flaws.iter().find(|flaw| matches!(flaw, NotLoggedIn | SameUser | OtherUser)) {
            Some(NotLoggedIn) => Login::Nobody,
            Some(SameUser) => Login::User,
            Some(_) => Login::Officer,
            None => self.login,
        }
    }

    /// The operations that are active before the call.
    pub(crate) fn operations_for(&self, flaws: &[Flaw]) -> impl Iterator<Item = Operation> {
        let missing = [flaws.contains(&NotActive), flaws.contains(&OtherNotActive)];
        let needed = self.needs.iter().zip(missing).filter(|(_, missing)| !missing).map(|(operation, _)| *operation);
        needed.chain(self.starts.filter(|_| flaws.contains(&Active))).collect::<Vec<_>>().into_iter()
    }

    /// Whether those are active after the call; none where nothing says so.
    pub(crate) fn leaves_after(&self, flaws: &[Flaw]) -> Option<Leaves> {
        match flaws.iter().min() {
            _ if self.only_looks => Some(Leaves::Active),
            None => Some(self.leaves),
            Some(flaw) if flaw.leaves_operations() => Some(Leaves::Active),
            // What a refusal does to the other operation of two, or to one that was not to be started, is open.
            Some(_) if self.needs.len() == 1 => Some(Leaves::Ended),
            Some(_) => None,
        }
    }
}

/// A row: name, flaws, and the call's arguments, in which `a` stands for [`Arguments`].
macro_rules! row {
    ($name:ident, [$($flaw:ident),*], |$a:ident| ($($argument:expr),* $(,)?)) => {
        Row::new(stringify!($name), |f, $a| { let _ = &$a; call!(f, $name($($argument),*)) }, &[$($flaw),*])
    };
}

static AES: CK_KEY_TYPE = CKK_AES;
static SECRET: CK_KEY_TYPE = CKK_GENERIC_SECRET;

/// Every function, in the order of the standard's tables.
pub(crate) fn all() -> Vec<Row> {
    [
        general(),
        slots(),
        sessions(),
        objects(),
        ciphers(),
        digests(),
        signatures(),
        duals(),
        keys(),
        messages(),
        of_3_2(),
    ]
    .into_iter()
    .flatten()
    .collect()
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
            .answers(CKR_SESSION_EXISTS),
        row!(C_InitPIN, [BadSession, NullData, NotLoggedIn, ShortPin], |a| (a.session(), a.new_pin(), a.new_pin_len()))
            .login(Login::Officer),
        row!(C_SetPIN, [BadSession, NullData, WrongPin, ShortPin, ReadOnly], |a| (
            a.session(),
            a.pin(),
            a.pin_len(),
            a.new_pin(),
            a.new_pin_len()
        )),
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
        .looks_at(&[Operation::Digest]),
        row!(C_SetOperationState, [BadSession, NullData], |a| (a.session(), a.data(), a.data_len(), 0, 0))
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
        .codes(LOGIN)
        .login(Login::Nobody),
        row!(C_Logout, [BadSession, NotLoggedIn], |a| (a.session())),
        row!(C_SessionCancel, [BadSession], |a| (a.session(), 0)),
        row!(C_GetFunctionStatus, [BadSession], |a| (a.session())).answers(CKR_FUNCTION_NOT_PARALLEL),
        row!(C_CancelFunction, [BadSession], |a| (a.session())).answers(CKR_FUNCTION_NOT_PARALLEL),
        row!(C_SeedRandom, [BadSession, NullData], |a| (a.session(), a.data(), a.data_len())),
        row!(C_GenerateRandom, [BadSession, NullResult], |a| (a.session(), a.result(), 16)),
    ]
}

fn objects() -> Vec<Row> {
    vec![
        row!(C_CreateObject, [BadSession, NullTemplate, NullResult, ReadOnly, NotLoggedIn], |a| (
            a.session(),
            a.data_object(),
            3,
            a.result()
        )),
        row!(C_CopyObject, [BadSession, NullTemplate, NullResult, BadObject, ReadOnly, NotLoggedIn], |a| (
            a.session(),
            a.object(),
            a.any_object(),
            2,
            a.result()
        )),
        row!(C_DestroyObject, [BadSession, BadObject, ReadOnly], |a| (a.session(), a.object())).only_flawed(),
        row!(C_GetObjectSize, [BadSession, NullResult, BadObject], |a| (a.session(), a.object(), a.result())),
        row!(C_GetAttributeValue, [BadSession, NullTemplate, BadObject, SmallBuffer], |a| (
            a.session(),
            a.object(),
            a.room_for_label(),
            1
        )),
        row!(C_SetAttributeValue, [BadSession, NullTemplate, BadObject, ReadOnly], |a| (
            a.session(),
            a.object(),
            a.label(),
            1
        )),
        row!(C_FindObjectsInit, [BadSession, NullTemplate], |a| (a.session(), a.label(), 1)).starts(Operation::Find),
        row!(C_FindObjects, [BadSession, NullData, NullResult], |a| (
            a.session(),
            if a.has(NullData) { ptr::null_mut() } else { a.other_result() },
            1,
            a.result()
        ))
        .needs(&[Operation::Find], Leaves::Active),
        row!(C_FindObjectsFinal, [BadSession], |a| (a.session())).needs(&[Operation::Find], Leaves::Ended),
    ]
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
        .keys(KeyKind::RsaPrivate)
        .starts(Operation::SignRecover),
        row!(C_SignRecover, [BadSession, NullData, NullLength, SmallBuffer, Query], |a| (
            a.session(),
            a.data(),
            a.data_len(),
            a.out(128),
            a.out_len()
        ))
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
        .keys(KeyKind::RsaPublic)
        .starts(Operation::VerifyRecover),
        row!(C_VerifyRecover, [BadSession, NullData, NullLength, Query], |a| (
            a.session(),
            a.data(),
            a.data_len(),
            a.out(128),
            a.out_len()
        ))
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
        };
    }
    vec![
        dual!(C_DigestEncryptUpdate, Digest, Encrypt),
        dual!(C_DecryptDigestUpdate, Decrypt, Digest),
        dual!(C_SignEncryptUpdate, Sign, Encrypt),
        dual!(C_DecryptVerifyUpdate, Decrypt, Verify),
    ]
}

fn keys() -> Vec<Row> {
    vec![
        row!(
            C_GenerateKey,
            [BadSession, NullMechanism, NullTemplate, NullResult, BadMechanism, BadParameter, ReadOnly, NotLoggedIn],
            |a| (a.session(), a.mechanism(CKM_AES_KEY_GEN, 0), a.secret_key(&AES), 5, a.result())
        ),
        row!(
            C_GenerateKeyPair,
            [BadSession, NullMechanism, NullTemplate, NullResult, BadMechanism, BadParameter, ReadOnly, NotLoggedIn],
            |a| (
                a.session(),
                a.mechanism(CKM_EC_KEY_PAIR_GEN, 0),
                a.public_key(),
                3,
                a.any_object(),
                2,
                a.result(),
                a.other_result()
            )
        ),
        row!(
            C_WrapKey,
            [
                BadSession,
                NullMechanism,
                NullLength,
                BadKey,
                BadMechanism,
                WrongKeyType,
                NotPermitted,
                BadParameter,
                SmallBuffer,
                Query,
                BadObject
            ],
            |a| (a.session(), a.mechanism(CKM_AES_KEY_WRAP, 8), a.key(), a.wrapped(), a.out(40), a.out_len())
        )
        .codes(&[
            (BadKey, CKR_WRAPPING_KEY_HANDLE_INVALID),
            (WrongKeyType, CKR_WRAPPING_KEY_TYPE_INCONSISTENT),
            (BadObject, CKR_KEY_HANDLE_INVALID),
        ]),
        row!(
            C_UnwrapKey,
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
                a.mechanism(CKM_AES_KEY_WRAP, 8),
                a.key(),
                a.data(),
                a.data_len(),
                a.any_secret(),
                4,
                a.result()
            )
        )
        .data_len(40)
        .answers(CKR_WRAPPED_KEY_INVALID)
        .codes(&[(BadKey, CKR_UNWRAPPING_KEY_HANDLE_INVALID), (WrongKeyType, CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT)]),
        row!(
            C_DeriveKey,
            [
                BadSession,
                NullMechanism,
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
            |a| (a.session(), a.mechanism(CKM_SHA256_KEY_DERIVATION, 0), a.key(), a.secret_key(&SECRET), 5, a.result())
        )
        .keys(KeyKind::Secret),
    ]
}

fn messages() -> Vec<Row> {
    [sealed_messages(), signed_messages()].into_iter().flatten().collect()
}

/// No step of these ends the operation, whatever is wrong with it.
fn sealed_messages() -> Vec<Row> {
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

/// The same.
fn signed_messages() -> Vec<Row> {
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

/// Those of 3.2.
fn of_3_2() -> Vec<Row> {
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
