//! What `C_Initialize` makes: the open state directory, and the application that works on it.

use std::env;
use std::fs::File;
use std::path::{Path, PathBuf};

use hsm_sim::builder::CustomerCa;
use hsm_sim::cluster::{Cluster, Personality};
use hsm_sim::control::CreateCluster;
use hsm_sim::token::{Application, Options};
use hsm_sim::user::{LoginType, NodeUsers};
use hsm_sim::{ClusterId, HsmError, Password, Realm, World, WorldOptions, builder, row};

use wire::Way;

use crate::ck::{self, Version};
use crate::error::{Error, Result};

pub(crate) const MANUFACTURER: &str = "hsm-sim";
pub(crate) const LIBRARY_VERSION: Version = Version { major: 0, minor: 1 };

/// The state directory.
const DIRECTORY: &str = "HSM_SIM_DIR";
/// The clusters to show, by id, with commas between them.
const CLUSTERS: &str = "HSM_SIM_CLUSTER";
/// Anything but nothing and `0` prints the name and the return code of every call on the standard error.
const TRACE: &str = "HSM_SIM_TRACE";

/// A module between `C_Initialize` and `C_Finalize`.
#[derive(Debug)]
pub(crate) struct Module {
    way: Way,
    trace: bool,
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
        make_first_cluster(&world)?;
        let options = Options { clusters, ..Options::default() };
        let way = Way::Local(Application::open(&world, options)?);
        let trace = env::var_os(TRACE).is_some_and(|value| !value.is_empty() && value != "0");
        Ok(Self { way, trace })
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
