//! The module with a token that is reached in some way.

use std::ptr;

use cryptoki_sys::*;
use hsm_sim::cluster::Personality;
use libloading::Library;

use crate::common::{self, SO_PIN, USER_PIN};
use crate::objects::{KeyKind, Keys, Objects};
use crate::way::{Place, Way};

/// The functions of the newest table.
pub(crate) type Functions = CK_FUNCTION_LIST_3_2;

/// Calls a function of the list.
macro_rules! call {
    ($functions:expr, $name:ident($($argument:expr),* $(,)?)) => {{
        let function = $functions.$name.expect("no place of the list is empty");
        // SAFETY: the arguments are what the standard asks for, or null or without meaning where that is the test.
        unsafe { function($($argument),*) }
    }};
}
pub(crate) use call;

/// Who is logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Login {
    Nobody,
    User,
    Officer,
}

impl Login {
    fn of(state: CK_STATE) -> Self {
        match state {
            CKS_RW_USER_FUNCTIONS => Self::User,
            CKS_RW_SO_FUNCTIONS => Self::Officer,
            _ => Self::Nobody,
        }
    }
}

pub(crate) struct World {
    pub(crate) functions: &'static Functions,
    pub(crate) slot: CK_SLOT_ID,
    pub(crate) objects: Objects,
    pub(crate) way: Way,
    /// A session that stays open, so that keys and login stay.
    keeper: CK_SESSION_HANDLE,
    _library: Library,
    _place: Place,
}

impl World {
    pub(crate) fn new(way: Way) -> Self {
        let place = way.prepare();
        // SAFETY: the module's own initialisers.
        let library = unsafe { Library::new(common::module()).unwrap() };
        let functions = functions(&library);
        assert_eq!(call!(functions, C_Initialize(ptr::null_mut())), CKR_OK);
        let slot = 0;
        let keeper = match way.personality() {
            Personality::Generic => initialised(functions, slot),
            Personality::CloudHsm => open(functions, slot, true),
        };
        assert_eq!(log_in(functions, keeper, CKU_USER, way.user_pin()), CKR_OK);
        let objects = way.objects(functions, keeper);
        Self { functions, slot, objects, way, keeper, _library: library, _place: place }
    }

    pub(crate) fn keys(&self, kind: KeyKind) -> Keys {
        self.objects.keys(kind)
    }

    pub(crate) fn open_session(&self, read_write: bool) -> CK_SESSION_HANDLE {
        open(self.functions, self.slot, read_write)
    }

    /// Closes a session, if the call has not done it.
    pub(crate) fn close_session(&self, session: CK_SESSION_HANDLE) {
        let rv = call!(self.functions, C_CloseSession(session));
        assert!(rv == CKR_OK || rv == CKR_SESSION_HANDLE_INVALID, "{rv:#x}");
    }

    /// Sees to it that the right one is logged in.
    pub(crate) fn log_in(&mut self, wanted: Login) {
        let mut info = CK_SESSION_INFO::default();
        assert_eq!(call!(self.functions, C_GetSessionInfo(self.keeper, &raw mut info)), CKR_OK);
        let is = Login::of(info.state);
        if is == wanted {
            return;
        }
        if is != Login::Nobody {
            assert_eq!(call!(self.functions, C_Logout(self.keeper)), CKR_OK);
        }
        let (user, pin) = match wanted {
            Login::Nobody => return,
            Login::User => (CKU_USER, self.way.user_pin()),
            Login::Officer => (CKU_SO, SO_PIN),
        };
        assert_eq!(log_in(self.functions, self.keeper, user, pin), CKR_OK);
        if self.way.personality() == Personality::CloudHsm {
            self.objects = self.way.objects(self.functions, self.keeper);
        }
    }

    pub(crate) fn finalize(&self) {
        assert_eq!(call!(self.functions, C_Finalize(ptr::null_mut())), CKR_OK);
    }
}

fn functions(library: &Library) -> &'static Functions {
    type GetInterface = CK_C_GetInterface;
    let mut interface: *mut CK_INTERFACE = ptr::null_mut();
    let mut version = CK_VERSION { major: 3, minor: 2 };
    // SAFETY: the function's type is the standard's; what it answers is static, and the library stays loaded.
    unsafe {
        let get = library.get::<GetInterface>(b"C_GetInterface").unwrap().expect("the module has it");
        assert_eq!(get(c"PKCS 11".as_ptr().cast_mut().cast(), &raw mut version, &raw mut interface, 0), CKR_OK);
        &*(*interface).pFunctionList.cast::<Functions>()
    }
}

/// A session of a token with officer and user.
fn initialised(functions: &Functions, slot: CK_SLOT_ID) -> CK_SESSION_HANDLE {
    let label = [b' '; 32];
    let (so, user) = (SO_PIN.as_ptr().cast_mut(), USER_PIN.as_ptr().cast_mut());
    let rv = call!(functions, C_InitToken(slot, so, SO_PIN.len() as CK_ULONG, label.as_ptr().cast_mut()));
    assert_eq!(rv, CKR_OK);
    let session = open(functions, slot, true);
    assert_eq!(log_in(functions, session, CKU_SO, SO_PIN), CKR_OK);
    assert_eq!(call!(functions, C_InitPIN(session, user, USER_PIN.len() as CK_ULONG)), CKR_OK);
    assert_eq!(call!(functions, C_Logout(session)), CKR_OK);
    session
}

fn log_in(functions: &Functions, session: CK_SESSION_HANDLE, user: CK_USER_TYPE, pin: &str) -> CK_RV {
    call!(functions, C_Login(session, user, pin.as_ptr().cast_mut(), pin.len() as CK_ULONG))
}

fn open(functions: &Functions, slot: CK_SLOT_ID, read_write: bool) -> CK_SESSION_HANDLE {
    let flags = CKF_SERIAL_SESSION | if read_write { CKF_RW_SESSION } else { 0 };
    let mut session = 0;
    assert_eq!(call!(functions, C_OpenSession(slot, flags, ptr::null_mut(), None, &raw mut session)), CKR_OK);
    session
}

/// An attribute whose value lies elsewhere.
pub(crate) fn attribute<T: ?Sized>(kind: CK_ATTRIBUTE_TYPE, value: &T) -> CK_ATTRIBUTE {
    let pointer = ptr::from_ref(value).cast_mut().cast();
    CK_ATTRIBUTE { type_: kind, pValue: pointer, ulValueLen: size_of_val(value) as CK_ULONG }
}
