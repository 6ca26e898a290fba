//! The cluster that PKCS#11 clients find where nobody made one.

use std::fs::File;

use crate::builder::{self, CustomerCa};
use crate::cluster::{Cluster, Personality};
use crate::control::CreateCluster;
use crate::error::{HsmError, Result};
use crate::realm::Realm;
use crate::user::{LoginType, NodeUsers};
use crate::world::World;
use crate::{Password, row};

/// Makes the one cluster of an empty directory: one HSM, `generic`, its token waiting for [`Application::init_token`]. A
/// directory that has a cluster stays as it is.
///
/// [`Application::init_token`]: crate::token::Application::init_token
///
/// # Errors
/// The directory or the store fails.
pub fn make_first_cluster(world: &World) -> Result<()> {
    if !is_empty(world)? {
        return Ok(());
    }
    // Programs that start together make one cluster, not one each. The lock ends with the file.
    let locked = File::open(world.directory()).and_then(|directory| directory.lock().map(|()| directory));
    let _lock = locked.map_err(store::Error::from)?;
    if is_empty(world)? {
        make_cluster(world)?;
    }
    Ok(())
}

fn is_empty(world: &World) -> Result<bool> {
    world.read(|rows| Ok(row::list::<Cluster>(rows, b"")?.is_empty()))
}

fn make_cluster(world: &World) -> Result<()> {
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
