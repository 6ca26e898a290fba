//! A PKCS#11 module as a C program uses it: its function list, one `…Init` and one call.

use std::ffi::c_void;
use std::path::Path;
use std::ptr;
use std::time::{Duration, Instant};

use ck::{
    CK_ATTRIBUTE, CK_FUNCTION_LIST, CK_MECHANISM, CK_OBJECT_HANDLE, CK_RV, CK_SESSION_HANDLE, CK_SLOT_ID, CK_ULONG,
};
use cryptoki_sys as ck;
use tempfile::TempDir;

use crate::edges::{Edge, Worker};
use crate::library::{ID, KEYS_OF_SESSION, LABEL, P256, PIN, SO_PIN, disk, filled, label};
use crate::raw::MESSAGE;
use crate::rival::Rival;
use crate::scenario::{By, Work};

/// The name of this project's module in reports.
pub const OWN: &str = "module";
const SESSION: CK_ULONG = ck::CKF_SERIAL_SESSION | ck::CKF_RW_SESSION;

/// A loaded module with an initialised token on which the user is logged in.
pub struct Module {
    name: &'static str,
    list: &'static CK_FUNCTION_LIST,
    slot: CK_SLOT_ID,
    _library: ck::Pkcs11,
    _directory: TempDir,
}

/// Calls a function of the list, which must succeed.
macro_rules! call {
    ($list:expr, $function:ident($($argument:expr),* $(,)?)) => {{
        // SAFETY: every module fills its whole list, and the arguments are as the standard wants them: pointers to what lives until
        // the call returns, with its true length, or null where that is allowed.
        let rv = unsafe { ($list.$function.expect("modules have every function of version 2.40"))($($argument),*) };
        assert_eq!(rv, ck::CKR_OK as CK_RV, stringify!($function));
    }};
}

fn mechanism<T>(kind: CK_ULONG, parameter: Option<&mut T>) -> CK_MECHANISM {
    let length = if parameter.is_some() { size_of::<T>() as CK_ULONG } else { 0 };
    CK_MECHANISM {
        mechanism: kind,
        pParameter: parameter.map_or(ptr::null_mut(), |parameter| ptr::from_mut(parameter).cast()),
        ulParameterLen: length,
    }
}

fn plain(kind: CK_ULONG) -> CK_MECHANISM {
    mechanism::<u8>(kind, None)
}

fn attribute(kind: CK_ULONG, value: &[u8]) -> CK_ATTRIBUTE {
    CK_ATTRIBUTE { type_: kind, pValue: value.as_ptr().cast_mut().cast(), ulValueLen: value.len() as CK_ULONG }
}

impl Module {
    /// This project's module, which cargo builds beside the benchmarks, on a directory with this many keys.
    pub fn own(objects: usize) -> Self {
        let directory = filled(objects);
        set_variable("HSM_SIM_DIR", directory.path());
        // A benchmark is in the same folder, a program in the one above it.
        let places = [disk().join("deps"), disk()].map(|folder| folder.join("libhsm_sim_pkcs11.so"));
        let module = places.iter().find(|path| path.exists()).expect("built with the benchmarks, which depend on it");
        Self::open(OWN, module, directory)
    }

    /// Another token, if it is installed, with this many keys.
    pub fn of(rival: &Rival, objects: usize) -> Option<Self> {
        let library = rival.library()?;
        let directory = tempfile::tempdir_in(disk()).expect("a writable folder");
        let settings = directory.path().join("settings");
        let tokens = directory.path().join("tokens");
        std::fs::create_dir(&tokens).expect("a new folder");
        std::fs::write(&settings, (rival.text)(&tokens)).expect("a new file");
        set_variable(rival.settings, &settings);
        let module = Self::open(rival.name, &library, directory);
        let session = module.session();
        for number in 0..objects {
            let id = u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
            let named =
                [attribute(ck::CKA_LABEL, label(number).leak().as_bytes()), attribute(ck::CKA_ID, id.to_vec().leak())];
            module.generate(session, ck::CKM_AES_KEY_GEN, false, &named);
        }
        Some(module)
    }

    /// Ends the module and starts it again, as another run of a program: how long `C_Initialize` takes, and then the first search
    /// by label (a login between the two is not counted).
    pub fn start_again(&mut self) -> [Duration; 2] {
        call!(self.list, C_Finalize(ptr::null_mut::<c_void>()));
        let start = Instant::now();
        initialize(self.list);
        let initialized = start.elapsed();
        self.find_token();
        let session = self.session();
        self.login(session, ck::CKU_USER, PIN);
        let start = Instant::now();
        find(self.list, session, By::Label);
        [initialized, start.elapsed()]
    }

    fn open(name: &'static str, path: &Path, directory: TempDir) -> Self {
        // SAFETY: a PKCS#11 module; loading it runs nothing that this program does not expect.
        let library = unsafe { ck::Pkcs11::new(path) }.expect("the module loads");
        let mut list = ptr::null_mut();
        // SAFETY: the pointer leads to a place for the answer.
        let rv = unsafe { library.C_GetFunctionList(&raw mut list) };
        assert_eq!(rv, ck::CKR_OK as CK_RV, "C_GetFunctionList");
        // SAFETY: the list is there as long as the module is loaded, which is as long as `self` and so its workers are used.
        let list: &'static CK_FUNCTION_LIST = unsafe { &*list };
        initialize(list);
        let mut module = Self { name, list, slot: 0, _library: library, _directory: directory };
        module.slot = module.slots()[0];
        if !module.is_initialised() {
            module.initialise();
        }
        module.login(module.session(), ck::CKU_USER, PIN);
        module
    }

    fn slots(&self) -> Vec<CK_SLOT_ID> {
        let mut slots = [0; 8];
        let mut count = slots.len() as CK_ULONG;
        call!(self.list, C_GetSlotList(ck::CK_TRUE, slots.as_mut_ptr(), &raw mut count));
        slots[..usize::try_from(count).expect("at most 8")].to_vec()
    }

    fn is_initialised(&self) -> bool {
        let mut info = ck::CK_TOKEN_INFO::default();
        call!(self.list, C_GetTokenInfo(self.slot, &raw mut info));
        info.flags & ck::CKF_TOKEN_INITIALIZED != 0
    }

    /// SoftHSM2 shows a token in another slot once it is initialised, and again in the next process.
    fn find_token(&mut self) {
        for slot in self.slots() {
            self.slot = slot;
            if self.is_initialised() {
                break;
            }
        }
    }

    fn initialise(&mut self) {
        let mut label = *b"bench                           ";
        let mut pin = SO_PIN.to_vec();
        call!(self.list, C_InitToken(self.slot, pin.as_mut_ptr(), pin.len() as CK_ULONG, label.as_mut_ptr()));
        self.find_token();
        let session = self.session();
        self.login(session, ck::CKU_SO, SO_PIN);
        let mut pin = PIN.to_vec();
        call!(self.list, C_InitPIN(session, pin.as_mut_ptr(), pin.len() as CK_ULONG));
        call!(self.list, C_Logout(session));
    }

    fn session(&self) -> CK_SESSION_HANDLE {
        open_session(self.list, self.slot)
    }

    fn login(&self, session: CK_SESSION_HANDLE, user: CK_ULONG, pin: &[u8]) {
        let mut pin = pin.to_vec();
        call!(self.list, C_Login(session, user, pin.as_mut_ptr(), pin.len() as CK_ULONG));
    }

    fn generate(
        &self,
        session: CK_SESSION_HANDLE,
        kind: CK_ULONG,
        of_session: bool,
        more: &[CK_ATTRIBUTE],
    ) -> CK_OBJECT_HANDLE {
        generate(self.list, session, kind, of_session, more)
    }

    fn pair(
        &self,
        session: CK_SESSION_HANDLE,
        kind: CK_ULONG,
        of_session: bool,
    ) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
        let mut mechanism = plain(kind);
        let bits = 2048u64.to_ne_bytes();
        let token = [u8::from(!of_session)];
        let mut public = match kind {
            ck::CKM_EC_KEY_PAIR_GEN => vec![attribute(ck::CKA_EC_PARAMS, P256)],
            _ => vec![
                attribute(ck::CKA_MODULUS_BITS, &bits),
                attribute(ck::CKA_PUBLIC_EXPONENT, &[1, 0, 1]),
                attribute(ck::CKA_ENCRYPT, &[1]),
            ],
        };
        public.extend([attribute(ck::CKA_TOKEN, &token), attribute(ck::CKA_VERIFY, &[1])]);
        let mut private = vec![attribute(ck::CKA_TOKEN, &token), attribute(ck::CKA_SIGN, &[1])];
        if kind != ck::CKM_EC_KEY_PAIR_GEN {
            private.push(attribute(ck::CKA_DECRYPT, &[1]));
        }
        let (mut first, mut second) = (0, 0);
        call!(
            self.list,
            C_GenerateKeyPair(
                session,
                &raw mut mechanism,
                public.as_mut_ptr(),
                public.len() as CK_ULONG,
                private.as_mut_ptr(),
                private.len() as CK_ULONG,
                &raw mut first,
                &raw mut second,
            )
        );
        (first, second)
    }
}

fn initialize(list: &CK_FUNCTION_LIST) {
    let mut threads = ck::CK_C_INITIALIZE_ARGS { flags: ck::CKF_OS_LOCKING_OK, ..Default::default() };
    call!(list, C_Initialize((&raw mut threads).cast()));
}

fn open_session(list: &CK_FUNCTION_LIST, slot: CK_SLOT_ID) -> CK_SESSION_HANDLE {
    let mut session = 0;
    call!(list, C_OpenSession(slot, SESSION, ptr::null_mut(), None, &raw mut session));
    session
}

fn generate(
    list: &CK_FUNCTION_LIST,
    session: CK_SESSION_HANDLE,
    kind: CK_ULONG,
    of_session: bool,
    more: &[CK_ATTRIBUTE],
) -> CK_OBJECT_HANDLE {
    let mut mechanism = plain(kind);
    let token = [u8::from(!of_session)];
    let length = 32u64.to_ne_bytes();
    let mut template = vec![attribute(ck::CKA_TOKEN, &token), attribute(ck::CKA_VALUE_LEN, &length)];
    let usage =
        if kind == ck::CKM_AES_KEY_GEN { [ck::CKA_ENCRYPT, ck::CKA_DECRYPT] } else { [ck::CKA_SIGN, ck::CKA_VERIFY] };
    template.extend(usage.map(|usage| attribute(usage, &[1])));
    template.extend_from_slice(more);
    let mut key = 0;
    call!(
        list,
        C_GenerateKey(session, &raw mut mechanism, template.as_mut_ptr(), template.len() as CK_ULONG, &raw mut key)
    );
    key
}

/// One `…Init` and one call with input and output. Answers the output's length.
macro_rules! one_shot {
    ($list:expr, $session:expr, $mechanism:expr, $key:expr, $init:ident, $call:ident, $data:expr, $out:expr) => {{
        let mut mechanism = $mechanism;
        call!($list, $init($session, &raw mut mechanism, $key));
        let mut length = $out.len() as CK_ULONG;
        let data = $data.as_ptr().cast_mut();
        call!($list, $call($session, data, $data.len() as CK_ULONG, $out.as_mut_ptr(), &raw mut length));
        usize::try_from(length).expect("at most what there is room for")
    }};
}

/// A search that one key answers.
fn find(list: &CK_FUNCTION_LIST, session: CK_SESSION_HANDLE, by: By) {
    let template = match by {
        By::Label | By::AnotherLabel(_) => attribute(ck::CKA_LABEL, LABEL),
        By::Id => attribute(ck::CKA_ID, ID),
    };
    find_by(list, session, template);
}

fn find_by(list: &CK_FUNCTION_LIST, session: CK_SESSION_HANDLE, mut template: CK_ATTRIBUTE) {
    call!(list, C_FindObjectsInit(session, &raw mut template, 1));
    let (mut found, mut count) = ([0; 10], 0);
    call!(list, C_FindObjects(session, found.as_mut_ptr(), 10, &raw mut count));
    assert_eq!(count, 1);
    call!(list, C_FindObjectsFinal(session));
}

fn gcm(
    list: &CK_FUNCTION_LIST,
    session: CK_SESSION_HANDLE,
    key: CK_OBJECT_HANDLE,
    encrypt: bool,
    data: &[u8],
    out: &mut [u8],
) {
    let mut iv = [7; 12];
    let mut parameter = ck::CK_GCM_PARAMS {
        pIv: iv.as_mut_ptr(),
        ulIvLen: 12,
        ulIvBits: 96,
        pAAD: ptr::null_mut(),
        ulAADLen: 0,
        ulTagBits: 128,
    };
    let mechanism = mechanism(ck::CKM_AES_GCM, Some(&mut parameter));
    if encrypt {
        one_shot!(list, session, mechanism, key, C_EncryptInit, C_Encrypt, data, out);
    } else {
        one_shot!(list, session, mechanism, key, C_DecryptInit, C_Decrypt, data, out);
    }
}

impl Edge for Module {
    fn name(&self) -> &'static str {
        self.name
    }

    fn is_own(&self) -> bool {
        self.name == OWN
    }

    fn worker(&self, work: Work, of_session: bool) -> Option<Worker> {
        let (list, slot, session) = (self.list, self.slot, self.session());
        let kinds = |rsa: bool| {
            if rsa {
                (ck::CKM_RSA_PKCS_KEY_PAIR_GEN, ck::CKM_SHA256_RSA_PKCS)
            } else {
                (ck::CKM_EC_KEY_PAIR_GEN, ck::CKM_ECDSA)
            }
        };
        Some(match work {
            Work::GcmEncrypt(size) => {
                let key = self.generate(session, ck::CKM_AES_KEY_GEN, of_session, &[]);
                let (data, mut out) = (vec![0; size], vec![0; size + 16]);
                Box::new(move || gcm(list, session, key, true, &data, &mut out))
            }
            Work::GcmDecrypt(size) => {
                let key = self.generate(session, ck::CKM_AES_KEY_GEN, of_session, &[]);
                // Room for the tag as well: SoftHSM2 wants it.
                let (mut data, mut sealed) = (vec![0; size + 16], vec![0; size + 16]);
                gcm(list, session, key, true, &data[..size], &mut sealed);
                Box::new(move || gcm(list, session, key, false, &sealed, &mut data))
            }
            Work::RsaSign | Work::EcdsaSign => {
                let (make, sign) = kinds(work == Work::RsaSign);
                let (_, key) = self.pair(session, make, of_session);
                let mut out = [0; 256];
                Box::new(move || {
                    one_shot!(list, session, plain(sign), key, C_SignInit, C_Sign, MESSAGE, out);
                })
            }
            Work::RsaVerify | Work::EcdsaVerify => {
                let (make, sign) = kinds(work == Work::RsaVerify);
                let (public, private) = self.pair(session, make, of_session);
                let mut signature = vec![0; 256];
                let length = one_shot!(list, session, plain(sign), private, C_SignInit, C_Sign, MESSAGE, signature);
                signature.truncate(length);
                Box::new(move || {
                    let mut mechanism = plain(sign);
                    call!(list, C_VerifyInit(session, &raw mut mechanism, public));
                    let data = MESSAGE.as_ptr().cast_mut();
                    let length = signature.len() as CK_ULONG;
                    call!(list, C_Verify(session, data, MESSAGE.len() as CK_ULONG, signature.as_mut_ptr(), length));
                })
            }
            Work::RsaDecrypt => {
                let (public, private) = self.pair(session, ck::CKM_RSA_PKCS_KEY_PAIR_GEN, of_session);
                let (mut sealed, mut data) = ([0; 256], [0; 256]);
                let kind = plain(ck::CKM_RSA_PKCS);
                one_shot!(list, session, kind, public, C_EncryptInit, C_Encrypt, MESSAGE, sealed);
                Box::new(move || {
                    let kind = plain(ck::CKM_RSA_PKCS);
                    one_shot!(list, session, kind, private, C_DecryptInit, C_Decrypt, sealed, data);
                })
            }
            Work::Hmac(size) => {
                let key = self.generate(session, ck::CKM_GENERIC_SECRET_KEY_GEN, of_session, &[]);
                let (data, mut out) = (vec![0u8; size], [0; 32]);
                Box::new(move || {
                    one_shot!(list, session, plain(ck::CKM_SHA256_HMAC), key, C_SignInit, C_Sign, data, out);
                })
            }
            Work::Digest(size) => {
                let (data, mut out) = (vec![0u8; size], [0; 32]);
                Box::new(move || {
                    let mut mechanism = plain(ck::CKM_SHA256);
                    call!(list, C_DigestInit(session, &raw mut mechanism));
                    let (data, count) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
                    let mut length = out.len() as CK_ULONG;
                    call!(list, C_Digest(session, data, count, out.as_mut_ptr(), &raw mut length));
                })
            }
            Work::Random(size) => {
                let mut out = vec![0; size];
                Box::new(move || call!(list, C_GenerateRandom(session, out.as_mut_ptr(), out.len() as CK_ULONG)))
            }
            Work::GenerateKey { durable } => {
                let (mut session, mut made) = (session, 0);
                Box::new(move || {
                    generate(list, session, ck::CKM_AES_KEY_GEN, !durable, &[]);
                    made += 1;
                    if made % KEYS_OF_SESSION == 0 {
                        call!(list, C_CloseSession(session));
                        session = open_session(list, slot);
                    }
                })
            }
            Work::Find(by) => {
                let mut others = by.others();
                Box::new(move || match others.as_mut().and_then(Iterator::next) {
                    None => find(list, session, by),
                    Some(number) => find_by(list, session, attribute(ck::CKA_LABEL, label(number).as_bytes())),
                })
            }
            Work::Session => Box::new(move || {
                let session = open_session(list, slot);
                call!(list, C_CloseSession(session));
            }),
            Work::SessionInfo => Box::new(move || {
                let mut info = ck::CK_SESSION_INFO::default();
                call!(list, C_GetSessionInfo(session, &raw mut info));
            }),
            // The program is logged in for the other scenarios: it logs out and in again.
            Work::Login => Box::new(move || {
                let mut pin = [0; PIN.len()];
                pin.copy_from_slice(PIN);
                let session = open_session(list, slot);
                call!(list, C_Logout(session));
                call!(list, C_Login(session, ck::CKU_USER, pin.as_mut_ptr(), pin.len() as CK_ULONG));
                call!(list, C_CloseSession(session));
            }),
        })
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        call!(self.list, C_Finalize(ptr::null_mut::<c_void>()));
    }
}

fn set_variable(name: &str, value: &Path) {
    // SAFETY: benchmarks make their edges on the main thread before others start.
    unsafe { std::env::set_var(name, value) };
}
