//! The module with an initialised token, and keys for every purpose.

use std::ptr;

use cryptoki_sys::*;
use libloading::Library;
use tempfile::TempDir;

use crate::common::{self, SO_PIN, USER_PIN};

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

/// Keys of one kind, and those that are refused in their place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keys {
    pub(crate) good: CK_OBJECT_HANDLE,
    /// The same without the attributes for use.
    pub(crate) unpermitted: CK_OBJECT_HANDLE,
    /// Of another type.
    pub(crate) other_type: CK_OBJECT_HANDLE,
    /// Both.
    pub(crate) other_unpermitted: CK_OBJECT_HANDLE,
}

/// Which keys a function takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KeyKind {
    Aes,
    Secret,
    RsaPrivate,
    RsaPublic,
    KemPublic,
    KemPrivate,
}

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
    /// A session that stays open, so that keys and login stay.
    keeper: CK_SESSION_HANDLE,
    aes: Keys,
    secret: Keys,
    rsa_private: Keys,
    rsa_public: Keys,
    kem_public: Keys,
    kem_private: Keys,
    /// An object of the token.
    pub(crate) token_object: CK_OBJECT_HANDLE,
    _library: Library,
    _directory: TempDir,
}

const CIPHER: &[CK_ATTRIBUTE_TYPE] =
    &[CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE];

impl World {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        common::use_directory(directory.path());
        // SAFETY: the module's own initialisers.
        let library = unsafe { Library::new(common::module()).unwrap() };
        let functions = functions(&library);
        assert_eq!(call!(functions, C_Initialize(ptr::null_mut())), CKR_OK);
        let slot = 0;
        let label = [b' '; 32];
        let (so, user) = (SO_PIN.as_ptr().cast_mut(), USER_PIN.as_ptr().cast_mut());
        let (so_len, user_len) = (SO_PIN.len() as CK_ULONG, USER_PIN.len() as CK_ULONG);
        let initialised = call!(functions, C_InitToken(slot, so, so_len, label.as_ptr().cast_mut()));
        assert_eq!(initialised, CKR_OK);
        let keeper = open(functions, slot, true);
        assert_eq!(call!(functions, C_Login(keeper, CKU_SO, so, so_len)), CKR_OK);
        assert_eq!(call!(functions, C_InitPIN(keeper, user, user_len)), CKR_OK);
        assert_eq!(call!(functions, C_Logout(keeper)), CKR_OK);
        assert_eq!(call!(functions, C_Login(keeper, CKU_USER, user, user_len)), CKR_OK);
        let maker = Maker { functions, session: keeper };
        let aes = [maker.aes(true), maker.aes(false)];
        let secret = [maker.secret(true), maker.secret(false)];
        let (rsa, plain_rsa) = (maker.rsa(true), maker.rsa(false));
        let (rsa_public, rsa_private) = ([rsa.0, plain_rsa.0], [rsa.1, plain_rsa.1]);
        let (kem, plain_kem) = (maker.kem(true), maker.kem(false));
        let keys = |[good, unpermitted]: [CK_OBJECT_HANDLE; 2], [other_type, other_unpermitted]: [_; 2]| Keys {
            good,
            unpermitted,
            other_type,
            other_unpermitted,
        };
        Self {
            functions,
            slot,
            keeper,
            aes: keys(aes, secret),
            secret: keys(secret, rsa_private),
            rsa_private: keys(rsa_private, aes),
            rsa_public: keys(rsa_public, aes),
            kem_public: keys([kem.0, plain_kem.0], rsa_public),
            kem_private: keys([kem.1, plain_kem.1], rsa_private),
            token_object: maker.data(),
            _library: library,
            _directory: directory,
        }
    }

    pub(crate) fn keys(&self, kind: KeyKind) -> Keys {
        match kind {
            KeyKind::Aes => self.aes,
            KeyKind::Secret => self.secret,
            KeyKind::RsaPrivate => self.rsa_private,
            KeyKind::RsaPublic => self.rsa_public,
            KeyKind::KemPublic => self.kem_public,
            KeyKind::KemPrivate => self.kem_private,
        }
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
            Login::User => (CKU_USER, USER_PIN),
            Login::Officer => (CKU_SO, SO_PIN),
        };
        let len = pin.len() as CK_ULONG;
        assert_eq!(call!(self.functions, C_Login(self.keeper, user, pin.as_ptr().cast_mut(), len)), CKR_OK);
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

struct Maker {
    functions: &'static Functions,
    session: CK_SESSION_HANDLE,
}

/// Public, so that they outlive logins.
const NOT_PRIVATE: CK_BBOOL = CK_FALSE;

impl Maker {
    fn create(&self, mut template: Vec<CK_ATTRIBUTE>) -> CK_OBJECT_HANDLE {
        template.push(attribute(CKA_PRIVATE, &NOT_PRIVATE));
        let mut object = 0;
        let (pointer, count) = (template.as_mut_ptr(), template.len() as CK_ULONG);
        assert_eq!(call!(self.functions, C_CreateObject(self.session, pointer, count, &raw mut object)), CKR_OK);
        object
    }

    fn key(&self, key_type: CK_KEY_TYPE, permitted: bool) -> CK_OBJECT_HANDLE {
        let (class, value, permitted) = (CKO_SECRET_KEY, [7_u8; 32], CK_BBOOL::from(permitted));
        let mut template = vec![
            attribute(CKA_CLASS, &class),
            attribute(CKA_KEY_TYPE, &key_type),
            attribute(CKA_VALUE, &value),
            attribute(CKA_EXTRACTABLE, &CK_TRUE),
            attribute(CKA_SENSITIVE, &CK_FALSE),
        ];
        template.extend(CIPHER.iter().map(|usage| attribute(*usage, &permitted)));
        self.create(template)
    }

    fn aes(&self, permitted: bool) -> CK_OBJECT_HANDLE {
        self.key(CKK_AES, permitted)
    }

    fn secret(&self, permitted: bool) -> CK_OBJECT_HANDLE {
        self.key(CKK_GENERIC_SECRET, permitted)
    }

    /// A public key and its private one.
    fn rsa(&self, permitted: bool) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
        let bits: CK_ULONG = 1024;
        let permitted = CK_BBOOL::from(permitted);
        let public = vec![attribute(CKA_MODULUS_BITS, &bits), attribute(CKA_VERIFY_RECOVER, &permitted)];
        let usages = [CKA_SIGN, CKA_SIGN_RECOVER, CKA_DERIVE];
        let private = usages.map(|usage| attribute(usage, &permitted)).to_vec();
        self.pair(CKM_RSA_PKCS_KEY_PAIR_GEN, public, private)
    }

    /// The same of ML-KEM.
    fn kem(&self, permitted: bool) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
        let set: CK_ULONG = CKP_ML_KEM_512;
        let permitted = CK_BBOOL::from(permitted);
        let public = vec![attribute(CKA_PARAMETER_SET, &set), attribute(CKA_ENCAPSULATE, &permitted)];
        self.pair(CKM_ML_KEM_KEY_PAIR_GEN, public, vec![attribute(CKA_DECAPSULATE, &permitted)])
    }

    fn pair(
        &self,
        kind: CK_MECHANISM_TYPE,
        mut public_template: Vec<CK_ATTRIBUTE>,
        mut private_template: Vec<CK_ATTRIBUTE>,
    ) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
        private_template.push(attribute(CKA_PRIVATE, &NOT_PRIVATE));
        let mut mechanism = CK_MECHANISM { mechanism: kind, pParameter: ptr::null_mut(), ulParameterLen: 0 };
        let (mut public, mut private) = (0, 0);
        let rv = call!(
            self.functions,
            C_GenerateKeyPair(
                self.session,
                &raw mut mechanism,
                public_template.as_mut_ptr(),
                public_template.len() as CK_ULONG,
                private_template.as_mut_ptr(),
                private_template.len() as CK_ULONG,
                &raw mut public,
                &raw mut private,
            )
        );
        assert_eq!(rv, CKR_OK);
        (public, private)
    }

    fn data(&self) -> CK_OBJECT_HANDLE {
        let class = CKO_DATA;
        self.create(vec![
            attribute(CKA_CLASS, &class),
            attribute(CKA_TOKEN, &CK_TRUE),
            attribute(CKA_LABEL, b"an object of the token"),
            attribute(CKA_VALUE, b"value"),
        ])
    }
}
