//! The state directory that a sub-command works on.

use std::path::{Path, PathBuf};

use hsm_sim::vault::FILE_NAME as MASTER_KEY;
use hsm_sim::{World, WorldOptions};
use kms_store::Kms;

use crate::failure::Failure;

/// The environment's choice. Not an argument's default, because `--ephemeral` overrides it and conflicts with the argument.
pub fn of_environment() -> Option<PathBuf> {
    std::env::var_os("HSM_SIM_DIR").filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// hsm-sim's folder in the user's data directory.
///
/// # Errors
/// The user has none (no home directory).
pub fn default() -> Result<PathBuf, Failure> {
    match dirs::data_dir() {
        Some(data) => Ok(data.join("hsm-sim")),
        None => Err(Failure::new("no user data directory was found; name one with --dir or HSM_SIM_DIR")),
    }
}

/// Opens a directory that must hold state already, so that a mistyped path does not make an empty world.
///
/// # Errors
/// It holds none, or cannot be opened.
pub fn open_existing(path: &Path) -> Result<World, Failure> {
    if !path.join(MASTER_KEY).exists() {
        let path = path.display();
        return Err(Failure::new(format!(
            "there is no state in {path}; 'hsm-sim up' makes some, --dir names another directory"
        )));
    }
    Ok(World::open(path, WorldOptions::default())?)
}

/// Opens an existing directory with the KMS on top, for commands that let timed work run.
///
/// # Errors
/// It holds none, or cannot be opened.
pub fn open_kms(path: &Path) -> Result<Kms, Failure> {
    Ok(Kms::open(open_existing(path)?)?)
}
