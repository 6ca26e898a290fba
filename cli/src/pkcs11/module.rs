//! Where the module is: beside the program.

use std::env;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

const NAME: &str = "libhsm_sim_pkcs11.so";

/// Folders, as seen from the program's: as packages lay them out, then where cargo leaves what it builds for tests.
const FOLDERS: [&str; 4] = ["", "../lib", "../lib/hsm-sim", "deps"];

/// The module's path.
///
/// # Errors
/// There is none beside this program.
pub(crate) fn find() -> Result<PathBuf, Failure> {
    // Where a symbolic link leads, since the module is not beside the link.
    let program = env::current_exe().and_then(|program| program.canonicalize())?;
    let folder = program.parent().unwrap_or(Path::new("/"));
    beside(folder).ok_or_else(|| {
        Failure::new(format!(
            "{NAME} is not beside this program (looked in {folder}, ../lib and ../lib/hsm-sim of it); \
             'cargo build -p hsm-sim-pkcs11', with --release if this program was built so, makes it",
            folder = folder.display()
        ))
    })
}

fn beside(folder: &Path) -> Option<PathBuf> {
    FOLDERS.iter().find_map(|place| folder.join(place).join(NAME).canonicalize().ok())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_nearest_module_is_found() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let programs = root.join("bin");
        fs::create_dir_all(&programs).unwrap();
        assert_eq!(beside(&programs), None);
        for place in ["bin/deps", "lib/hsm-sim", "lib", "bin"] {
            let module = root.join(place).join(NAME);
            fs::create_dir_all(root.join(place)).unwrap();
            fs::write(&module, b"").unwrap();
            assert_eq!(beside(&programs), Some(module));
        }
    }
}
