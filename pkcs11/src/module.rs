//! What `C_Initialize` makes: the application that works on an open state directory, or the way to a server.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use hsm_sim::builder::CustomerCa;
use hsm_sim::cluster::{Cluster, Personality};
use hsm_sim::control::CreateCluster;
use hsm_sim::token::{Application, Options};
use hsm_sim::user::{LoginType, NodeUsers};
use hsm_sim::{HsmError, Password, Realm, World, WorldOptions, builder, row};
use wire::{Client, Retry, Target, Way};

use crate::ck::{self, Version};
use crate::error::{Error, Result};
use crate::settings::{Place, Settings};

pub(crate) const MANUFACTURER: &str = "hsm-sim";
pub(crate) const LIBRARY_VERSION: Version = Version { major: 0, minor: 1 };

/// How long a call to a server may take: longer than the longest key takes to make.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);

/// A module between `C_Initialize` and `C_Finalize`.
#[derive(Debug)]
pub(crate) struct Module {
    way: Way,
    trace: bool,
}

impl Module {
    /// Opens what the settings name. The one failure of a module that a user cannot look into from the outside, so it says
    /// on the standard error what it is.
    pub(crate) fn open() -> Result<Self> {
        Self::open_configured().inspect_err(|error| eprintln!("hsm-sim: C_Initialize failed: {error}"))
    }

    fn open_configured() -> Result<Self> {
        let Settings { place, clusters, trace, skip_availability_check } = Settings::of_process()?;
        let way = match place {
            Place::Directory(directory) => {
                let options = Options { clusters, skip_availability_check, ..Options::default() };
                Way::Local(open_directory(&directory, options)?)
            }
            Place::Server { address, ca, retry } => {
                let unreadable = |error| Error::Unusable(format!("the CA certificate {}: {error}", ca.display()));
                let target = Target {
                    server: address,
                    ca: fs::read_to_string(&ca).map_err(unreadable)?,
                    cluster: clusters.first().map(ToString::to_string),
                    retry: if retry { Retry::Standard } else { Retry::Off },
                    timeout: CALL_TIMEOUT,
                };
                let client = Client::open(&target, skip_availability_check);
                Way::Network(client.map_err(|error| Error::Unusable(error.to_string()))?)
            }
        };
        Ok(Self { way, trace })
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

    /// Prints what a call answered, if that is wanted. Arguments may be secret and are not shown.
    pub(crate) fn trace(&self, function: &str, result: &Result<()>) {
        if !self.trace {
            return;
        }
        match result {
            Ok(()) => eprintln!("hsm-sim: {function}: CKR_OK"),
            Err(error) => {
                let rv = error.rv();
                eprintln!("hsm-sim: {function}: {} ({rv:#x}): {error}", ck::rv_name(rv).unwrap_or("CKR_?"));
            }
        }
    }
}

fn open_directory(directory: &Path, options: Options) -> Result<Application> {
    let world = World::open(directory, WorldOptions::default())
        .map_err(|error| Error::Unusable(format!("the state directory {}: {error}", directory.display())))?;
    make_first_cluster(&world)?;
    Ok(Application::open(&world, options)?)
}

/// Makes the one cluster of an empty directory: one HSM, `generic`, its token waiting for `C_InitToken`.
fn make_first_cluster(world: &World) -> Result<()> {
    if !is_empty(world)? {
        return Ok(());
    }
    // Programs that start together make one cluster, not one each. The lock ends with the file.
    let directory = world.directory();
    let unusable = |error| Error::Unusable(format!("the state directory {}: {error}", Path::display(directory)));
    let lock = File::open(directory).map_err(unusable)?;
    lock.lock().map_err(unusable)?;
    if is_empty(world)? {
        make_cluster(world)?;
    }
    Ok(())
}

fn is_empty(world: &World) -> Result<bool> {
    Ok(world.read(|rows| Ok::<_, hsm_sim::Error>(row::list::<Cluster>(rows, b"")?.is_empty()))?)
}

fn make_cluster(world: &World) -> Result<(), hsm_sim::Error> {
    let control = world.control(Realm::default());
    let subnets = control.default_subnets()?.into_iter().map(|subnet| subnet.id).collect();
    let wanted = CreateCluster { personality: Personality::Generic, ..CreateCluster::new(subnets) };
    let cluster = control.create_cluster(wanted)?.cluster;
    if let Some(zone) = cluster.subnets.keys().next() {
        control.create_hsm(&cluster.id, zone, None)?;
    }
    CustomerCa::new(world)?.initialize(&control, &cluster.id)?;
    // Nobody knows this password: `C_InitToken` sets the officer's.
    let random: [u8; 12] = world.entropy().bytes();
    let password: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut tool = world.admin(&cluster.id)?;
    for answer in tool.login(LoginType::Preco, builder::ADMIN, &NodeUsers::default_password())? {
        answer.result?;
    }
    let changed = tool.change_password(LoginType::Preco, builder::ADMIN, &Password::from(password))?;
    if changed.is_empty() {
        return Err(HsmError::NoNode.into());
    }
    for answer in changed {
        answer.result?;
    }
    tool.logout()?;
    Ok(())
}
