//! What the tests of the module share.
#![allow(dead_code, reason = "each test program uses a part")]

pub(crate) mod install;
pub(crate) mod server;

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The officer's PIN.
pub(crate) const SO_PIN: &str = "officer-1";
/// The user's PIN.
pub(crate) const USER_PIN: &str = "user-pin";

/// The module, which cargo builds beside the tests.
pub(crate) fn module() -> PathBuf {
    let program = env::current_exe().unwrap();
    program.parent().unwrap().join("libhsm_sim_pkcs11.so")
}

/// Names the state directory to the module. For the first moment of a test program, before it loads the module.
pub(crate) fn use_directory(directory: &Path) {
    set_variable("HSM_SIM_DIR", Some(directory.as_os_str()));
}

/// Sets or removes a variable of the environment, which is how the module is told things; at such a moment too.
#[allow(unsafe_code, reason = "the environment is the process's")]
pub(crate) fn set_variable(name: &str, value: Option<&OsStr>) {
    // SAFETY: called under the lock of the one initialisation of the test program; nothing else there touches the environment.
    unsafe {
        match value {
            Some(value) => env::set_var(name, value),
            None => env::remove_var(name),
        }
    }
}
