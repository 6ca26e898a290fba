//! The module, linked in, with an initialised token on which inputs run one after the other.

use std::ptr;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use cryptoki_sys::*;
// Its functions are declared below, as a C program declares them.
use hsm_sim_pkcs11 as _;
use tempfile::TempDir;

use crate::listed;
use crate::memory::Attributes;

unsafe extern "C" {
    fn C_GetInterface(
        name: *const CK_BYTE,
        version: *const CK_VERSION,
        interface: *mut *const CK_INTERFACE,
        flags: CK_FLAGS,
    ) -> CK_RV;
}

/// The functions of the newest table.
pub(crate) type Functions = CK_FUNCTION_LIST_3_2;

pub(crate) const SO_PIN: &[u8] = b"officer-1";
pub(crate) const USER_PIN: &[u8] = b"user-pin";
pub(crate) const SLOT: CK_SLOT_ID = 0;

/// Objects that inputs left behind and that cannot be destroyed; with more of them the token is made anew.
const MOST_LEFT: usize = 64;

/// Calls a function of the list and checks that the standard lists the code for it.
macro_rules! call {
    ($module:expr, $name:ident($($argument:expr),* $(,)?)) => {{
        let function = $module.functions.$name.expect("no place of the list is empty");
        // SAFETY: every pointer is null or leads to a block of the length that goes with it.
        let rv = unsafe { function($($argument),*) };
        $crate::module::check(stringify!($name), rv)
    }};
}
pub(crate) use call;

/// # Panics
/// The standard does not list the code for the function.
pub(crate) fn check(function: &str, rv: CK_RV) -> CK_RV {
    assert!(listed::permits(function, rv), "{function} answered {rv:#x}");
    rv
}

/// The module between `C_Initialize` and `C_Finalize`.
pub(crate) struct Module {
    pub(crate) functions: &'static Functions,
    pub(crate) mechanisms: Vec<CK_MECHANISM_TYPE>,
    /// Public objects of the token that no input can change: keys of every type.
    pub(crate) keys: Vec<CK_OBJECT_HANDLE>,
    /// Those of them that belong together: the public key, then the private one.
    pub(crate) pairs: Vec<[CK_OBJECT_HANDLE; 2]>,
    _directory: TempDir,
}

static MODULE: LazyLock<Mutex<Option<Module>>> = LazyLock::new(Mutex::default);

/// Runs `f` on the module as every input finds it, in a session that writes and whose user is logged in.
pub(crate) fn with_module(f: impl FnOnce(&Module, CK_SESSION_HANDLE)) {
    let mut place: MutexGuard<'_, Option<Module>> = MODULE.lock().unwrap_or_else(PoisonError::into_inner);
    let (module, session) = match place.take().and_then(|module| module.renew().map(|session| (module, session))) {
        Some(kept) => kept,
        None => {
            let module = Module::new();
            let session = module.renew().expect("a new token takes a session and a login");
            (module, session)
        }
    };
    f(&module, session);
    // Only of an input that ended well: after a panic the next one starts anew.
    *place = Some(module);
}

impl Module {
    fn new() -> Self {
        let memory = std::path::Path::new("/dev/shm");
        let directory = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let directory = directory.expect("a temporary directory can be made");
        let functions = functions();
        // The module that was before it may still be there.
        // SAFETY: the reserved pointer is null.
        unsafe { functions.C_Finalize.expect("no place of the list is empty")(ptr::null_mut()) };
        // SAFETY: under the lock of the one module; nothing else here touches the environment.
        unsafe { std::env::set_var("HSM_SIM_DIR", directory.path()) };
        let mut module =
            Self { functions, mechanisms: Vec::new(), keys: Vec::new(), pairs: Vec::new(), _directory: directory };
        module.initialize();
        module
    }

    fn initialize(&mut self) {
        assert_eq!(call!(self, C_Initialize(ptr::null_mut())), CKR_OK);
        let label = [b' '; 32];
        let rv = call!(self, C_InitToken(SLOT, pointer(SO_PIN), len(SO_PIN), pointer(&label)));
        assert_eq!(rv, CKR_OK);
        let session = self.open(CKF_RW_SESSION);
        assert_eq!(self.log_in(session, CKU_SO, SO_PIN), CKR_OK);
        assert_eq!(call!(self, C_InitPIN(session, pointer(USER_PIN), len(USER_PIN))), CKR_OK);
        assert_eq!(call!(self, C_Logout(session)), CKR_OK);
        assert_eq!(self.log_in(session, CKU_USER, USER_PIN), CKR_OK);
        let mut count = 0;
        assert_eq!(call!(self, C_GetMechanismList(SLOT, ptr::null_mut(), &raw mut count)), CKR_OK);
        self.mechanisms = vec![0; usize::try_from(count).expect("a count")];
        assert_eq!(call!(self, C_GetMechanismList(SLOT, self.mechanisms.as_mut_ptr(), &raw mut count)), CKR_OK);
        self.make_keys(session);
    }

    fn open(&self, flags: CK_FLAGS) -> CK_SESSION_HANDLE {
        let mut session = 0;
        let flags = CKF_SERIAL_SESSION | flags;
        assert_eq!(call!(self, C_OpenSession(SLOT, flags, ptr::null_mut(), None, &raw mut session)), CKR_OK);
        session
    }

    fn log_in(&self, session: CK_SESSION_HANDLE, user: CK_USER_TYPE, pin: &[u8]) -> CK_RV {
        call!(self, C_Login(session, user, pointer(pin), len(pin)))
    }

    /// A session for the next input; none if the token is no longer as it should be.
    fn renew(&self) -> Option<CK_SESSION_HANDLE> {
        if call!(self, C_CloseAllSessions(SLOT)) != CKR_OK {
            return None;
        }
        let session = self.open(CKF_RW_SESSION);
        if self.log_in(session, CKU_USER, USER_PIN) != CKR_OK {
            return None;
        }
        let objects = self.objects(session);
        if !self.keys.iter().all(|key| objects.contains(key)) {
            return None;
        }
        let left = objects.iter().filter(|object| !self.keys.contains(object));
        let kept = left.filter(|object| call!(self, C_DestroyObject(session, **object)) != CKR_OK).count();
        (kept <= MOST_LEFT).then_some(session)
    }

    fn objects(&self, session: CK_SESSION_HANDLE) -> Vec<CK_OBJECT_HANDLE> {
        let mut objects = vec![0; 1000];
        let mut count = 0;
        assert_eq!(call!(self, C_FindObjectsInit(session, ptr::null_mut(), 0)), CKR_OK);
        assert_eq!(call!(self, C_FindObjects(session, objects.as_mut_ptr(), 1000, &raw mut count)), CKR_OK);
        assert_eq!(call!(self, C_FindObjectsFinal(session)), CKR_OK);
        objects.truncate(usize::try_from(count).expect("a count"));
        objects
    }

    /// A key of every type that may do everything, and a certificate.
    fn make_keys(&mut self, session: CK_SESSION_HANDLE) {
        const SECRET: &[(CK_KEY_TYPE, usize)] = &[
            (CKK_AES, 16),
            (CKK_AES, 32),
            (CKK_GENERIC_SECRET, 40),
            (CKK_SHA256_HMAC, 32),
            (CKK_DES3, 24),
            (CKK_CHACHA20, 32),
            (CKK_HKDF, 32),
        ];
        const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
        const P521: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23];
        const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];
        const X25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x6e];
        const CURVES: &[(CK_MECHANISM_TYPE, &[u8])] = &[
            (CKM_EC_KEY_PAIR_GEN, P256),
            (CKM_EC_KEY_PAIR_GEN, P521),
            (CKM_EC_EDWARDS_KEY_PAIR_GEN, ED25519),
            (CKM_EC_MONTGOMERY_KEY_PAIR_GEN, X25519),
        ];
        const LATTICES: &[(CK_MECHANISM_TYPE, CK_ULONG)] =
            &[(CKM_ML_DSA_KEY_PAIR_GEN, CKP_ML_DSA_44), (CKM_ML_KEM_KEY_PAIR_GEN, CKP_ML_KEM_512)];
        for (key_type, length) in SECRET {
            let mut template = everything();
            let value = vec![0x49; *length];
            push(&mut template, CKA_CLASS, &CKO_SECRET_KEY);
            push(&mut template, CKA_KEY_TYPE, key_type);
            template.push(CKA_VALUE, pointer(&value), value.len());
            let mut key = 0;
            let rv = call!(self, C_CreateObject(session, template.pointer(), template.count(), &raw mut key));
            assert_eq!(rv, CKR_OK, "a key of type {key_type:#x}");
            self.keys.push(key);
        }
        for (mechanism, curve) in CURVES {
            let mut special = Attributes::default();
            special.push(CKA_EC_PARAMS, pointer(curve), curve.len());
            self.make_pair(session, *mechanism, &special);
        }
        for (mechanism, set) in LATTICES {
            let mut special = Attributes::default();
            push(&mut special, CKA_PARAMETER_SET, set);
            self.make_pair(session, *mechanism, &special);
        }
        let mut special = Attributes::default();
        let bits: CK_ULONG = 1024;
        push(&mut special, CKA_MODULUS_BITS, &bits);
        self.make_pair(session, CKM_RSA_PKCS_KEY_PAIR_GEN, &special);
    }

    fn make_pair(&mut self, session: CK_SESSION_HANDLE, mechanism: CK_MECHANISM_TYPE, special: &Attributes) {
        let (mut public, mut private) = (fixed(), fixed());
        for attribute in special.list() {
            let len = usize::try_from(attribute.ulValueLen).expect("a length");
            public.push(attribute.type_, attribute.pValue.cast(), len);
        }
        for usage in [CKA_ENCRYPT, CKA_VERIFY, CKA_VERIFY_RECOVER, CKA_WRAP, CKA_ENCAPSULATE] {
            push(&mut public, usage, &CK_TRUE);
        }
        const PRIVATE: [CK_ATTRIBUTE_TYPE; 7] =
            [CKA_DECRYPT, CKA_SIGN, CKA_SIGN_RECOVER, CKA_UNWRAP, CKA_DERIVE, CKA_EXTRACTABLE, CKA_DECAPSULATE];
        for usage in PRIVATE {
            push(&mut private, usage, &CK_TRUE);
        }
        let mut mechanism = CK_MECHANISM { mechanism, pParameter: ptr::null_mut(), ulParameterLen: 0 };
        let (mut made, mut made_private) = (0, 0);
        let rv = call!(
            self,
            C_GenerateKeyPair(
                session,
                &raw mut mechanism,
                public.pointer(),
                public.count(),
                private.pointer(),
                private.count(),
                &raw mut made,
                &raw mut made_private,
            )
        );
        assert_eq!(rv, CKR_OK, "a pair by mechanism {:#x}", mechanism.mechanism);
        self.keys.extend([made, made_private]);
        self.pairs.push([made, made_private]);
    }
}

fn functions() -> &'static Functions {
    let version = CK_VERSION { major: 3, minor: 2 };
    let mut interface = ptr::null();
    // SAFETY: the function is the module's and its type the standard's; what it answers is static.
    unsafe {
        let rv = C_GetInterface(c"PKCS 11".as_ptr().cast(), &raw const version, &raw mut interface, 0);
        assert_eq!(rv, CKR_OK);
        &*(*interface).pFunctionList.cast::<Functions>()
    }
}

/// Where bytes lie that are only read.
pub(crate) fn pointer(bytes: &[u8]) -> *mut CK_BYTE {
    bytes.as_ptr().cast_mut()
}

/// Their length.
pub(crate) fn len(bytes: &[u8]) -> CK_ULONG {
    bytes.len() as CK_ULONG
}

fn push<T>(template: &mut Attributes, kind: CK_ATTRIBUTE_TYPE, value: &T) {
    template.push(kind, ptr::from_ref(value).cast_mut().cast(), size_of::<T>());
}

/// A public object of the token that nobody changes.
fn fixed() -> Attributes {
    let mut template = Attributes::default();
    push(&mut template, CKA_TOKEN, &CK_TRUE);
    push(&mut template, CKA_PRIVATE, &CK_FALSE);
    push(&mut template, CKA_MODIFIABLE, &CK_FALSE);
    push(&mut template, CKA_DESTROYABLE, &CK_FALSE);
    template
}

/// A secret key that may do everything.
fn everything() -> Attributes {
    let mut template = fixed();
    const USES: [CK_ATTRIBUTE_TYPE; 8] =
        [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE, CKA_EXTRACTABLE];
    for usage in USES {
        push(&mut template, usage, &CK_TRUE);
    }
    template
}
