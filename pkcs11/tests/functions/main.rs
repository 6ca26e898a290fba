//! Functions that the usual clients' libraries do not reach, called as C calls them, with the structures of the standard's own
//! header.
#![allow(unsafe_code, reason = "C calls")]

#[path = "../common/mod.rs"]
mod common;

mod cancel;
mod encapsulate;
mod login;
mod message;
mod recover;
mod signature;

use std::ptr;
use std::sync::{LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use cryptoki_sys::{
    CK_ATTRIBUTE, CK_ATTRIBUTE_TYPE, CK_BYTE, CK_FUNCTION_LIST_3_2, CK_INTERFACE, CK_MECHANISM, CK_MECHANISM_TYPE,
    CK_OBJECT_HANDLE, CK_RV, CK_SESSION_HANDLE, CK_SLOT_ID, CK_TRUE, CK_ULONG, CK_VERSION, CKF_RW_SESSION,
    CKF_SERIAL_SESSION, CKR_OK, CKU_SO, CKU_USER,
};
use libloading::Library;
use tempfile::TempDir;

use crate::common::{SO_PIN, USER_PIN};

type Functions = CK_FUNCTION_LIST_3_2;

/// Calls a function of the module.
macro_rules! call {
    ($function:ident($($argument:expr),* $(,)?)) => {{
        let function = crate::MODULE.functions.$function.unwrap();
        // SAFETY: pointers to memory of the test that is as long as the lengths beside them say, or null where that is the test.
        unsafe { function($($argument),*) }
    }};
}
pub(crate) use call;

/// The module in this process: initialised, with a token whose user has a PIN.
struct Module {
    functions: &'static Functions,
    slot: CK_SLOT_ID,
    _directory: TempDir,
}

static MODULE: LazyLock<Module> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    common::use_directory(directory.path());
    let functions = functions();
    let (mut slot, mut count) = (0, 1);
    // SAFETY: as in `call`.
    unsafe {
        assert_eq!(functions.C_Initialize.unwrap()(ptr::null_mut()), CKR_OK);
        assert_eq!(functions.C_GetSlotList.unwrap()(1, &raw mut slot, &raw mut count), CKR_OK);
    }
    Module { functions, slot, _directory: directory }
});

/// The newest table that the tests' header knows.
fn functions() -> &'static Functions {
    type GetInterface =
        unsafe extern "C" fn(*const CK_BYTE, *const CK_VERSION, *mut *const CK_INTERFACE, CK_ULONG) -> CK_RV;
    // SAFETY: the module's own initialisers, and pointers as the standard asks for; the module stays loaded.
    unsafe {
        let library = Box::leak(Box::new(Library::new(common::module()).unwrap()));
        let get: libloading::Symbol<'_, GetInterface> = library.get(b"C_GetInterface").unwrap();
        let version = CK_VERSION { major: 3, minor: 2 };
        let mut interface = ptr::null();
        assert_eq!(get(ptr::null(), &raw const version, &raw mut interface, 0), CKR_OK);
        &*(*interface).pFunctionList.cast()
    }
}

/// Who is logged in is the same for the whole process: tests that leave the user in share it, others have it alone.
static LOGIN: RwLock<()> = RwLock::new(());

/// A session, and the right to rely on who is logged in.
struct Session<G> {
    handle: CK_SESSION_HANDLE,
    _guard: G,
}

/// A session of the user.
fn session() -> Session<RwLockReadGuard<'static, ()>> {
    static FIRST: LazyLock<()> = LazyLock::new(|| {
        let mut label = [b' '; 32];
        label[..5].copy_from_slice(b"tests");
        let pin = SO_PIN.as_bytes();
        assert_eq!(call!(C_InitToken(MODULE.slot, of(pin), len(pin), label.as_mut_ptr())), CKR_OK);
        // Stays open, and with it the login.
        let session = open();
        let pin = USER_PIN.as_bytes();
        assert_eq!(login(session, CKU_SO, SO_PIN), CKR_OK);
        assert_eq!(call!(C_InitPIN(session, of(pin), len(pin))), CKR_OK);
        assert_eq!(call!(C_Logout(session)), CKR_OK);
        assert_eq!(login(session, CKU_USER, USER_PIN), CKR_OK);
    });
    let guard = LOGIN.read().unwrap_or_else(PoisonError::into_inner);
    LazyLock::force(&FIRST);
    Session { handle: open(), _guard: guard }
}

/// A session of nobody, and no other test running; the user must be in again at the end.
fn session_alone() -> Session<RwLockWriteGuard<'static, ()>> {
    drop(session());
    let guard = LOGIN.write().unwrap_or_else(PoisonError::into_inner);
    let handle = open();
    assert_eq!(call!(C_Logout(handle)), CKR_OK);
    Session { handle, _guard: guard }
}

fn open() -> CK_SESSION_HANDLE {
    let mut session = 0;
    let flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
    assert_eq!(call!(C_OpenSession(MODULE.slot, flags, ptr::null_mut(), None, &raw mut session)), CKR_OK);
    session
}

fn login(session: CK_SESSION_HANDLE, user: CK_ULONG, pin: &str) -> CK_RV {
    call!(C_Login(session, user, of(pin.as_bytes()), len(pin.as_bytes())))
}

impl<G> Session<G> {
    fn generate(&self, kind: CK_MECHANISM_TYPE, template: &Template) -> CK_OBJECT_HANDLE {
        let mut key = 0;
        let (mut mechanism, mut template) = (bare(kind), template.attributes());
        let (attributes, count) = (template.as_mut_ptr(), len(&template));
        assert_eq!(call!(C_GenerateKey(self.handle, &raw mut mechanism, attributes, count, &raw mut key)), CKR_OK);
        key
    }

    fn generate_pair(
        &self,
        kind: CK_MECHANISM_TYPE,
        public: &Template,
        private: &Template,
    ) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
        let (mut pair, mut mechanism) = ((0, 0), bare(kind));
        let (mut public, mut private) = (public.attributes(), private.attributes());
        let rv = call!(C_GenerateKeyPair(
            self.handle,
            &raw mut mechanism,
            public.as_mut_ptr(),
            len(&public),
            private.as_mut_ptr(),
            len(&private),
            &raw mut pair.0,
            &raw mut pair.1,
        ));
        assert_eq!(rv, CKR_OK);
        pair
    }
}

/// A pointer to bytes that are only read.
fn of(bytes: &[u8]) -> *mut CK_BYTE {
    bytes.as_ptr().cast_mut()
}

fn len<T>(of: &[T]) -> CK_ULONG {
    of.len() as CK_ULONG
}

/// A mechanism without parameter.
fn bare(kind: CK_MECHANISM_TYPE) -> CK_MECHANISM {
    CK_MECHANISM { mechanism: kind, pParameter: ptr::null_mut(), ulParameterLen: 0 }
}

/// Attributes with the memory that holds their values.
#[derive(Default)]
struct Template(Vec<(CK_ATTRIBUTE_TYPE, Vec<u8>)>);

impl Template {
    fn bytes(mut self, kind: CK_ATTRIBUTE_TYPE, value: &[u8]) -> Self {
        self.0.push((kind, value.to_vec()));
        self
    }

    fn number(self, kind: CK_ATTRIBUTE_TYPE, value: CK_ULONG) -> Self {
        self.bytes(kind, &value.to_ne_bytes())
    }

    /// One that is true.
    fn flag(self, kind: CK_ATTRIBUTE_TYPE) -> Self {
        self.bytes(kind, &[CK_TRUE])
    }

    /// The attributes, which point to the values here.
    fn attributes(&self) -> Vec<CK_ATTRIBUTE> {
        let attribute = |(kind, value): &(CK_ATTRIBUTE_TYPE, Vec<u8>)| CK_ATTRIBUTE {
            type_: *kind,
            pValue: of(value).cast(),
            ulValueLen: len(value),
        };
        self.0.iter().map(attribute).collect()
    }
}

/// What a call writes after it was asked for the length, or its refusal.
fn output(call: impl Fn(*mut CK_BYTE, *mut CK_ULONG) -> CK_RV) -> Result<Vec<u8>, CK_RV> {
    let mut length = 0;
    result(call(ptr::null_mut(), &raw mut length))?;
    let mut room = vec![0; usize::try_from(length).unwrap()];
    result(call(room.as_mut_ptr(), &raw mut length))?;
    room.truncate(usize::try_from(length).unwrap());
    Ok(room)
}

fn result(rv: CK_RV) -> Result<(), CK_RV> {
    if rv == CKR_OK { Ok(()) } else { Err(rv) }
}
