//! Other software tokens that the module is measured against, where they are found.

use std::path::{Path, PathBuf};

/// A PKCS#11 module of somebody else that keeps its token in a folder of its own.
#[derive(Debug)]
pub struct Rival {
    /// Its name in reports.
    pub name: &'static str,
    /// Where it is usually installed.
    places: &'static [&'static str],
    /// The environment variable that says where else it is.
    elsewhere: &'static str,
    /// The environment variable that leads to its settings.
    pub settings: &'static str,
    /// The text of the settings for a token in this folder.
    pub text: fn(&Path) -> String,
}

/// SoftHSM2 (C++, OpenSSL or Botan) and kryoptic (Rust, OpenSSL, SQLite).
pub const RIVALS: [Rival; 2] = [
    Rival {
        name: "softhsm2",
        places: &[
            "/usr/lib/softhsm/libsofthsm2.so",
            "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
            "/usr/local/lib/softhsm/libsofthsm2.so",
        ],
        elsewhere: "HSM_SIM_BENCH_SOFTHSM2",
        settings: "SOFTHSM2_CONF",
        text: |folder| format!("directories.tokendir = {}\n", folder.display()),
    },
    Rival {
        name: "kryoptic",
        places: &["/usr/lib64/pkcs11/libkryoptic_pkcs11.so", "/usr/lib/pkcs11/libkryoptic_pkcs11.so"],
        elsewhere: "HSM_SIM_BENCH_KRYOPTIC",
        settings: "KRYOPTIC_CONF",
        text: |folder| {
            format!("[[slots]]\nslot = 1\ndbtype = \"sqlite\"\ndbargs = \"{}/token.sql\"\n", folder.display())
        },
    },
];

impl Rival {
    /// Its library, if this machine has it.
    pub fn library(&self) -> Option<PathBuf> {
        match std::env::var_os(self.elsewhere) {
            Some(path) => Some(path.into()),
            None => self.places.iter().map(PathBuf::from).find(|path| path.exists()),
        }
    }
}
