//! What `C_Initialize` makes: the open state directory, and the application that works on it.

use std::env;
use std::path::PathBuf;

use hsm_sim::token::{self, Application, Options};
use hsm_sim::{ClusterId, World, WorldOptions};
use wire::Way;

use crate::ck::Version;
use crate::error::{Error, Result};

pub(crate) const MANUFACTURER: &str = "hsm-sim";
pub(crate) const LIBRARY_VERSION: Version = Version { major: 0, minor: 1 };

/// The state directory.
const DIRECTORY: &str = "HSM_SIM_DIR";
/// The clusters to show, by id, with commas between them.
const CLUSTERS: &str = "HSM_SIM_CLUSTER";

/// A module between `C_Initialize` and `C_Finalize`.
#[derive(Debug)]
pub(crate) struct Module {
    way: Way,
}

impl Module {
    /// Opens what the environment names. The one failure of a module that a user cannot look into from the outside, so it says
    /// on the standard error what it is.
    pub(crate) fn open() -> Result<Self> {
        Self::open_environment().inspect_err(|error| eprintln!("hsm-sim: C_Initialize failed: {error}"))
    }

    fn open_environment() -> Result<Self> {
        let directory = directory()?;
        let clusters = clusters(&env::var(CLUSTERS).unwrap_or_default())?;
        let world = World::open(&directory, WorldOptions::default())
            .map_err(|error| Error::Unusable(format!("the state directory {}: {error}", directory.display())))?;
        token::make_first_cluster(&world)?;
        let options = Options { clusters, ..Options::default() };
        Ok(Self { way: Way::Local(Application::open(&world, options)?) })
    }

    /// The application, here or at a server.
    pub(crate) fn application(&self) -> &Way {
        &self.way
    }
}

fn directory() -> Result<PathBuf> {
    match env::var_os(DIRECTORY).filter(|directory| !directory.is_empty()) {
        Some(directory) => Ok(directory.into()),
        None => match dirs::data_dir() {
            Some(data) => Ok(data.join("hsm-sim")),
            None => Err(Error::Unusable(format!("no user data directory was found; name one with {DIRECTORY}"))),
        },
    }
}

fn clusters(named: &str) -> Result<Vec<ClusterId>> {
    let ids = named.split(',').map(str::trim).filter(|id| !id.is_empty());
    ids.map(|id| id.parse().map_err(|error| Error::Unusable(format!("{CLUSTERS}: {error}")))).collect()
}
