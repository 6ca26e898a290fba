//! The module as C sees it: tables, return codes before and after `C_Initialize`, null pointers. One test, because all of it is one
//! process's state.
#![allow(unsafe_code, reason = "C calls")]

mod common;

use std::ffi::c_void;
use std::ptr;

use hsm_sim_pkcs11::boundary::{FunctionList, FunctionList30, Interface};
use hsm_sim_pkcs11::ck::{self, InitializeArgs, Rv, Ulong, Version};
use libloading::Library;

/// `CK_INTERFACE`, whose fields are private to the module.
#[repr(C)]
struct Table {
    name: *const std::ffi::c_char,
    list: *const FunctionList30,
    flags: Ulong,
}

type GetFunctionList = unsafe extern "C" fn(*mut &'static FunctionList) -> Rv;
type GetInterface = unsafe extern "C" fn(*const std::ffi::c_char, *const Version, *mut &'static Table, Ulong) -> Rv;
type GetInterfaceList = unsafe extern "C" fn(*mut Interface, *mut Ulong) -> Rv;

#[test]
fn the_boundary_keeps_its_promises() {
    let directory = tempfile::tempdir().unwrap();
    common::use_directory(directory.path());
    // SAFETY: the module's own initialisers; every call below passes what the standard asks for, or null where that is the test.
    unsafe {
        let library = Library::new(common::module()).unwrap();
        let get: libloading::Symbol<'_, GetFunctionList> = library.get(b"C_GetFunctionList").unwrap();
        assert_eq!(get(ptr::null_mut()), ck::CKR_ARGUMENTS_BAD);
        let mut list = std::mem::MaybeUninit::uninit();
        assert_eq!(get(list.as_mut_ptr()), ck::CKR_OK);
        let list = list.assume_init();
        assert_eq!(list.version, Version { major: 2, minor: 40 });

        interfaces(&library);
        before(list);
        arguments_of_initialize(list);
        assert_eq!((list.C_Initialize)(ptr::null()), ck::CKR_OK);
        assert_eq!((list.C_Initialize)(ptr::null()), ck::CKR_CRYPTOKI_ALREADY_INITIALIZED);
        null_pointers(list);
        assert_eq!((list.C_Finalize)(&1), ck::CKR_ARGUMENTS_BAD);
        assert_eq!((list.C_Finalize)(ptr::null()), ck::CKR_OK);
        before(list);
        with_locks_of_the_caller(list);
        no_slot_event_comes(list);
    }
}

/// A caller's own locks are accepted (PKCS#11 v3.0 §5.4.1), threads may call, and no thread of the module is left behind.
unsafe fn with_locks_of_the_caller(list: &'static FunctionList) {
    extern "C" fn of_lock(_: *mut c_void) -> Rv {
        ck::CKR_OK
    }
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    let lock = of_lock as *const () as usize;
    let args = [lock, lock, lock, lock, 0, 0];
    // SAFETY: as the caller's; the four functions have the form of the standard's and keep no state.
    unsafe {
        assert_eq!((list.C_Initialize)(args.as_ptr().cast()), ck::CKR_OK);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let (mut session, mut random) = (0, [0_u8; 16]);
                    let open = (list.C_OpenSession)(0, 6, ptr::null(), ptr::null(), &raw mut session);
                    assert_eq!(open, ck::CKR_OK);
                    assert_eq!((list.C_GenerateRandom)(session, random.as_mut_ptr(), 16), ck::CKR_OK);
                    assert_ne!(random, [0; 16]);
                });
            }
        });
        assert_eq!((list.C_Finalize)(ptr::null()), ck::CKR_OK);
    }
    // A thread that was joined leaves the list a moment later.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while threads() != before {
        assert!(std::time::Instant::now() < end, "{} threads, {before} before", threads());
        std::thread::yield_now();
    }
}

/// Neither is one there, nor is it worth waiting for.
unsafe fn no_slot_event_comes(list: &'static FunctionList) {
    // SAFETY: as the caller's.
    unsafe {
        assert_eq!((list.C_Initialize)(ptr::null()), ck::CKR_OK);
        let mut slot = 0;
        let wait = list.C_WaitForSlotEvent;
        assert_eq!(wait(1, &raw mut slot, ptr::null()), ck::CKR_NO_EVENT);
        assert_eq!(wait(0, &raw mut slot, ptr::null()), ck::CKR_FUNCTION_NOT_SUPPORTED);
        assert_eq!(wait(0, ptr::null_mut(), ptr::null()), ck::CKR_ARGUMENTS_BAD);
        assert_eq!(wait(0, &raw mut slot, &1), ck::CKR_ARGUMENTS_BAD);
        assert_eq!((list.C_Finalize)(ptr::null()), ck::CKR_OK);
    }
}

unsafe fn interfaces(library: &Library) {
    // SAFETY: as the caller's.
    unsafe {
        let list: libloading::Symbol<'_, GetInterfaceList> = library.get(b"C_GetInterfaceList").unwrap();
        let mut count = 0;
        assert_eq!(list(ptr::null_mut(), ptr::null_mut()), ck::CKR_ARGUMENTS_BAD);
        assert_eq!(list(ptr::null_mut(), &raw mut count), ck::CKR_OK);
        assert_eq!(count, 3);
        let mut room = Vec::<Interface>::with_capacity(3);
        count = 2;
        assert_eq!(list(room.as_mut_ptr(), &raw mut count), ck::CKR_BUFFER_TOO_SMALL);
        assert_eq!(count, 3);
        assert_eq!(list(room.as_mut_ptr(), &raw mut count), ck::CKR_OK);

        let get: libloading::Symbol<'_, GetInterface> = library.get(b"C_GetInterface").unwrap();
        let version = |major, minor| Version { major, minor };
        let rows = [
            (ptr::null(), None, 0, Ok(version(3, 2))),
            (c"PKCS 11".as_ptr(), None, 1, Ok(version(3, 2))),
            (c"PKCS 11".as_ptr(), Some(version(3, 0)), 0, Ok(version(3, 0))),
            (c"PKCS 11".as_ptr(), Some(version(2, 40)), 0, Ok(version(2, 40))),
            (c"PKCS 11".as_ptr(), Some(version(3, 1)), 0, Err(ck::CKR_ARGUMENTS_BAD)),
            (c"Vendor".as_ptr(), None, 0, Err(ck::CKR_ARGUMENTS_BAD)),
            (ptr::null(), None, 2, Err(ck::CKR_ARGUMENTS_BAD)),
        ];
        for (name, wanted, flags, expected) in rows {
            let mut table = std::mem::MaybeUninit::uninit();
            let wanted = wanted.as_ref().map_or(ptr::null(), ptr::from_ref);
            let rv = get(name, wanted, table.as_mut_ptr(), flags);
            let found = if rv == ck::CKR_OK { Ok((*table.assume_init().list).first.version) } else { Err(rv) };
            assert_eq!(found, expected);
        }
        assert_eq!(get(ptr::null(), ptr::null(), ptr::null_mut(), 0), ck::CKR_ARGUMENTS_BAD);
    }
}

/// Nothing but the ways in works before `C_Initialize`, whatever the arguments.
unsafe fn before(list: &FunctionList) {
    let mut count = 0;
    // SAFETY: as the caller's.
    let answers = unsafe {
        [
            (list.C_Finalize)(ptr::null()),
            (list.C_Finalize)(&1),
            (list.C_GetInfo)(ptr::null_mut()),
            (list.C_GetSlotList)(1, ptr::null_mut(), &raw mut count),
            (list.C_OpenSession)(0, 4, ptr::null(), ptr::null(), ptr::null_mut()),
            (list.C_CloseSession)(1),
            (list.C_Login)(1, 1, ptr::null(), 0),
            (list.C_EncryptInit)(1, ptr::null(), 1),
            (list.C_Encrypt)(1, ptr::null(), 1, ptr::null_mut(), ptr::null_mut()),
            (list.C_SignRecoverInit)(1, ptr::null(), 1),
            (list.C_GenerateRandom)(1, ptr::null_mut(), 4),
            (list.C_GetFunctionStatus)(1),
            (list.C_WaitForSlotEvent)(1, ptr::null_mut(), ptr::null()),
        ]
    };
    assert_eq!(answers, [ck::CKR_CRYPTOKI_NOT_INITIALIZED; 13]);
}

unsafe fn arguments_of_initialize(list: &FunctionList) {
    // SAFETY: no pointer is set in zeros; the structure consists of pointers and a number.
    let none: InitializeArgs = unsafe { std::mem::zeroed() };
    for flags in [4, Ulong::MAX] {
        let args = InitializeArgs { flags, ..none };
        // SAFETY: as the caller's.
        assert_eq!(unsafe { (list.C_Initialize)(&raw const args) }, ck::CKR_ARGUMENTS_BAD);
    }
    // The reserved pointer, and one lock function of four.
    for word in [0, 5] {
        let mut words = [0_usize; 6];
        words[word] = 8;
        // SAFETY: as the caller's; nobody follows the pointers.
        assert_eq!(unsafe { (list.C_Initialize)(words.as_ptr().cast()) }, ck::CKR_ARGUMENTS_BAD);
    }
}

/// A session that does not exist comes before arguments that cannot be.
unsafe fn null_pointers(list: &FunctionList) {
    // SAFETY: as the caller's.
    unsafe {
        assert_eq!((list.C_GetInfo)(ptr::null_mut()), ck::CKR_ARGUMENTS_BAD);
        assert_eq!((list.C_GetSlotList)(1, ptr::null_mut(), ptr::null_mut()), ck::CKR_ARGUMENTS_BAD);
        assert_eq!((list.C_OpenSession)(0, 4, ptr::null(), ptr::null(), ptr::null_mut()), ck::CKR_ARGUMENTS_BAD);
        let mut session = 0;
        let open = list.C_OpenSession;
        assert_eq!(open(0, 2, ptr::null(), ptr::null(), &raw mut session), ck::CKR_SESSION_PARALLEL_NOT_SUPPORTED);
        assert_eq!(open(99, 4, ptr::null(), ptr::null(), &raw mut session), ck::CKR_SLOT_ID_INVALID);
        assert_eq!(open(0, 4, ptr::null(), ptr::null(), &raw mut session), ck::CKR_OK);
        let bad = [
            (list.C_Digest, ck::CKR_ARGUMENTS_BAD),
            (list.C_Sign, ck::CKR_ARGUMENTS_BAD),
            (list.C_Encrypt, ck::CKR_ARGUMENTS_BAD),
            (list.C_DecryptUpdate, ck::CKR_ARGUMENTS_BAD),
        ];
        for (function, expected) in bad {
            assert_eq!(function(session, ptr::null(), 1, ptr::null_mut(), ptr::null_mut()), expected);
            let unknown = function(session + 1, ptr::null(), 1, ptr::null_mut(), ptr::null_mut());
            assert_eq!(unknown, ck::CKR_SESSION_HANDLE_INVALID);
        }
        assert_eq!((list.C_FindObjectsInit)(session, ptr::null(), 1), ck::CKR_ARGUMENTS_BAD);
        assert_eq!((list.C_FindObjectsInit)(session, ptr::null(), 0), ck::CKR_OK);
        assert_eq!((list.C_FindObjectsFinal)(session), ck::CKR_OK);
        assert_eq!((list.C_GenerateKey)(session, ptr::null(), ptr::null(), 0, ptr::null_mut()), ck::CKR_ARGUMENTS_BAD);
        assert_eq!((list.C_GetFunctionStatus)(session), ck::CKR_FUNCTION_NOT_PARALLEL);
        assert_eq!((list.C_GetFunctionStatus)(session + 1), ck::CKR_SESSION_HANDLE_INVALID);
        // A digest whose step was refused for its arguments is over.
        let mechanism: [usize; 3] = [0x250, 0, 0];
        assert_eq!((list.C_DigestInit)(session, mechanism.as_ptr().cast()), ck::CKR_OK);
        assert_eq!((list.C_DigestUpdate)(session, ptr::null(), 1), ck::CKR_ARGUMENTS_BAD);
        assert_eq!((list.C_DigestUpdate)(session, ptr::null(), 0), ck::CKR_OPERATION_NOT_INITIALIZED);
        assert_eq!((list.C_CloseSession)(session), ck::CKR_OK);
    }
}
