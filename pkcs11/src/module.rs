//! What `C_Initialize` makes: the application that works on an open state directory, or the way to a server.

use std::fs;
use std::path::Path;
use std::time::Duration;

use hsm_sim::mtls::{ClientIdentity, ClientProblem};
use hsm_sim::token::{Application, Options, make_first_cluster};
use hsm_sim::{World, WorldOptions};
use wire::{Client, Retry, Target, Way};

use crate::ck::Version;
use crate::error::{Error, Result};
use crate::settings::{Place, Settings};
use crate::trace;

pub(crate) const MANUFACTURER: &str = "hsm-sim";
pub(crate) const LIBRARY_VERSION: Version = Version { major: 0, minor: 1 };

/// How long a call to a server may take: longer than the longest key takes to make.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);

/// A module between `C_Initialize` and `C_Finalize`.
#[derive(Debug)]
pub(crate) struct Module {
    way: Way,
}

impl Module {
    /// Opens what the settings name. The one failure of a module that a user cannot look into from the outside, so it says
    /// on the standard error what it is.
    pub(crate) fn open() -> Result<Self> {
        Self::open_configured().inspect_err(|error| eprintln!("hsm-sim: C_Initialize failed: {error}"))
    }

    fn open_configured() -> Result<Self> {
        let Settings { place, clusters, client, trace, skip_availability_check } = Settings::of_process()?;
        if let Some(target) = trace {
            trace::turn_on(&target);
        }
        let unusable = |problem: ClientProblem| Error::Unusable(problem.to_string());
        let client =
            client.map(|files| ClientIdentity::read(&files.certificate, &files.key)).transpose().map_err(unusable)?;
        let way = match place {
            Place::Directory(directory) => {
                let options = Options { clusters, skip_availability_check, ..Options::default() };
                Way::Local(open_directory(&directory, client.as_ref(), options)?)
            }
            Place::Server { address, ca, retry } => {
                let unreadable = |error| Error::Unusable(format!("the CA certificate {}: {error}", ca.display()));
                let target = Target {
                    server: address,
                    ca: fs::read_to_string(&ca).map_err(unreadable)?,
                    client,
                    cluster: clusters.first().map(ToString::to_string),
                    retry: if retry { Retry::Standard } else { Retry::Off },
                    timeout: CALL_TIMEOUT,
                };
                let client = Client::open(&target, skip_availability_check);
                Way::Network(client.map_err(|error| Error::Unusable(error.to_string()))?)
            }
        };
        Ok(Self { way })
    }

    /// In a fork's child, of the parent's module: lets go of what is shared with the parent.
    pub(crate) fn abandon(&self) {
        if let Way::Network(client) = &self.way {
            client.abandon();
        }
    }

    /// The application, here or at a server.
    pub(crate) fn application(&self) -> &Way {
        &self.way
    }
}

fn open_directory(directory: &Path, client: Option<&ClientIdentity>, options: Options) -> Result<Application> {
    let world = World::open(directory, WorldOptions::default())
        .map_err(|error| Error::Unusable(format!("the state directory {}: {error}", directory.display())))?;
    make_first_cluster(&world)?;
    let world = match client {
        Some(client) => client.present(&world).map_err(|problem| Error::Unusable(problem.to_string()))?,
        None => world,
    };
    Ok(Application::open(&world, options)?)
}
