//! What the tests of the module share.
#![allow(dead_code, reason = "each test program uses a part")]

pub(crate) mod install;
pub(crate) mod server;

use std::env;
use std::path::PathBuf;

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
#[allow(unsafe_code, reason = "the environment is how the module is told its directory")]
pub(crate) fn use_directory(directory: &std::path::Path) {
    // SAFETY: called under the lock of the one initialisation of the test program; nothing else there touches the environment.
    unsafe { env::set_var("HSM_SIM_DIR", directory) };
}
