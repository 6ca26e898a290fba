//! A row of the table: a function, how it is called, what can be wrong with the call, and what is answered then.

use std::ptr;

use cryptoki_sys::*;
use hsm_sim::cluster::Personality;

use crate::arguments::Arguments;
use crate::flaw::Flaw::{self, *};
use crate::objects::KeyKind;
use crate::way::Way;
use crate::world::{Functions, Login, World, call};

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
    cloud: Cloud,
}

/// What a `cloudhsm` token makes of a function.
#[derive(Debug, Clone, Copy)]
enum Cloud {
    /// The same, but for these codes, and for that of a call without flaw if there is one.
    Same(Option<CK_RV>, &'static [(Flaw, CK_RV)]),
    /// Its mechanism is not there.
    NoMechanism,
    /// It is not there (documented): so it answers every call in a session.
    Absent,
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
    pub(crate) fn new(name: &'static str, call: fn(&Functions, &mut Arguments<'_>) -> CK_RV, flaws: &[Flaw]) -> Self {
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
            cloud: Cloud::Same(None, &[]),
        }
    }

    pub(crate) fn answers(self, ok: CK_RV) -> Self {
        Self { ok: Some(ok), ..self }
    }

    pub(crate) fn only_flawed(self) -> Self {
        Self { ok: None, ..self }
    }

    pub(crate) fn codes(self, codes: &'static [(Flaw, CK_RV)]) -> Self {
        Self { codes, ..self }
    }

    pub(crate) fn starts(mut self, operation: Operation) -> Self {
        self.flaws.push(Active);
        Self { starts: Some(operation), ..self }
    }

    pub(crate) fn needs(mut self, needs: &'static [Operation], leaves: Leaves) -> Self {
        self.flaws.extend([NotActive, OtherNotActive].iter().take(needs.len()));
        Self { needs, leaves, ..self }
    }

    pub(crate) fn looks_at(self, needs: &'static [Operation]) -> Self {
        Self { only_looks: true, ..self.needs(needs, Leaves::Active) }
    }

    pub(crate) fn keys(self, keys: KeyKind) -> Self {
        Self { keys, ..self }
    }

    pub(crate) fn data_len(self, data_len: CK_ULONG) -> Self {
        Self { data_len, ..self }
    }

    pub(crate) fn login(self, login: Login) -> Self {
        Self { login, ..self }
    }

    /// Codes that a `cloudhsm` token answers instead.
    pub(crate) fn in_cloud(self, ok: Option<CK_RV>, codes: &'static [(Flaw, CK_RV)]) -> Self {
        Self { cloud: Cloud::Same(ok, codes), ..self }
    }

    /// A `cloudhsm` token lacks the mechanism.
    pub(crate) fn without_mechanism_in_cloud(self) -> Self {
        Self { cloud: Cloud::NoMechanism, ..self }
    }

    /// A `cloudhsm` token lacks the function.
    pub(crate) fn absent_in_cloud(self) -> Self {
        Self { cloud: Cloud::Absent, ..self }
    }

    pub(crate) fn always(self) -> Self {
        Self { needs_initialize: false, ..self }
    }

    /// No flaw, each one, and each two of those whose order is certain; of those that the way's token can meet.
    pub(crate) fn combinations(&self, way: Way) -> Vec<Vec<Flaw>> {
        let mut all = self.all_combinations();
        // A `cloudhsm` token opens no session that only reads, and its officers do not log in here.
        if way.personality() == Personality::CloudHsm {
            all.retain(|flaws| !flaws.iter().any(|flaw| matches!(flaw, ReadOnly | OtherUser)));
        }
        all
    }

    fn all_combinations(&self) -> Vec<Vec<Flaw>> {
        let mut all = vec![Vec::new()];
        all.extend(self.flaws.iter().map(|flaw| vec![*flaw]));
        let ranked: Vec<Flaw> = self.flaws.iter().copied().filter(|flaw| flaw.has_rank()).collect();
        for (at, first) in ranked.iter().enumerate() {
            all.extend(ranked[at + 1..].iter().map(|second| vec![*first, *second]));
        }
        all
    }

    /// The code of a call with these flaws; none if it is not made.
    pub(crate) fn expected(&self, flaws: &[Flaw], way: Way) -> Option<CK_RV> {
        let cloud = if way.personality() == Personality::CloudHsm { self.cloud } else { Cloud::Same(None, &[]) };
        let first = flaws.iter().min().copied();
        let (first, ok, special) = match cloud {
            Cloud::Absent if first == Some(BadSession) => (first, None, &[][..]),
            Cloud::Absent => return self.ok.map(|_| CKR_FUNCTION_NOT_SUPPORTED),
            Cloud::NoMechanism => {
                // The key is private there.
                let first = first.map(|flaw| if flaw == NotLoggedIn { BadKey } else { flaw });
                (first.into_iter().chain([BadMechanism]).min(), None, &[][..])
            }
            Cloud::Same(ok, codes) => (first, ok, codes),
        };
        let Some(first) = first else { return self.ok.map(|usual| ok.unwrap_or(usual)) };
        let own = special.iter().chain(self.codes).find(|(flaw, _)| *flaw == first);
        Some(own.map_or_else(|| first.code(), |(_, code)| *code))
    }

    /// Whether the way's token lacks the function.
    pub(crate) fn is_absent(&self, way: Way) -> bool {
        way.personality() == Personality::CloudHsm && matches!(self.cloud, Cloud::Absent)
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
        $crate::row::Row::new(
            stringify!($name),
            |f, $a| { let _ = &$a; $crate::world::call!(f, $name($($argument),*)) },
            &[$($crate::flaw::Flaw::$flaw),*],
        )
    };
}
pub(crate) use row;
