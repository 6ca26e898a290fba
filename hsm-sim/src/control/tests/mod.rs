//! The management API, one table or story per operation, over ephemeral worlds.

mod backups;
mod clusters;
mod faults;
mod nodes;
mod random;
mod scale;
mod sharing;
mod snapshots;
mod states;
mod transitions;

use std::time::Duration;

use crate::builder::{ActiveCluster, CustomerCa};
use crate::client::{Client, Query};
use crate::cluster::Cluster;
use crate::control::{BackupFilter, Control, CreateCluster};
use crate::error::{ControlError, Error};
use crate::fault::{ClientClass, FaultKind, FaultSpec};
use crate::id::{BackupId, ClusterId, SubnetId};
use crate::node::Node;
use crate::object::KeyTemplate;
use crate::realm::{AvailabilityZone, Realm};
use crate::settings::Settings;
use crate::world::World;
use crate::{Handle, Password, TestCluster};

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A world with nothing in it, and its management API.
fn empty() -> (World, Control) {
    let world = World::ephemeral().unwrap();
    let control = world.control(Realm::default());
    (world, control)
}

fn subnets(control: &Control) -> Vec<SubnetId> {
    control.default_subnets().unwrap().into_iter().map(|subnet| subnet.id).collect()
}

/// A new cluster in all three zones.
fn new_cluster(control: &Control) -> Cluster {
    control.create_cluster(CreateCluster::new(subnets(control))).unwrap().cluster
}

fn zone(letter: char) -> AvailabilityZone {
    format!("us-east-1{letter}").parse().unwrap()
}

fn settings(world: &World, change: impl FnOnce(&mut Settings)) {
    let mut settings = world.settings().unwrap();
    change(&mut settings);
    world.write(|tx| settings.save(tx)).unwrap();
}

fn fault(world: &World, kind: FaultKind) {
    world.faults().set(&FaultSpec::new(kind)).unwrap();
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> ControlError {
    match result {
        Err(Error::Control(error)) => error,
        other => panic!("not refused by the management API: {other:?}"),
    }
}

fn nodes(control: &Control, cluster: &ClusterId) -> Vec<Node> {
    control.cluster(cluster).unwrap().nodes
}

/// The causes of a cluster's backups, oldest first.
fn backups(control: &Control, cluster: &ClusterId) -> Vec<crate::backup::Backup> {
    control.backups(&BackupFilter::of_cluster(cluster.clone()), true).unwrap()
}

/// A new cluster from a backup with so many nodes.
fn restore(control: &Control, backup: &BackupId, count: usize) -> ClusterId {
    let request = CreateCluster::new(subnets(control)).restoring(backup.clone());
    let id = control.create_cluster(request).unwrap().cluster.id;
    for letter in ['a', 'b', 'c'].into_iter().cycle().take(count) {
        control.create_hsm(&id, &zone(letter), None).unwrap();
    }
    id
}

fn log_in(world: &World, cluster: &ClusterId, password: &Password) -> Client {
    let mut client = world.client(cluster, ClientClass::Tools).unwrap();
    let answers = client.login("kmsuser", password).unwrap();
    assert!(answers.iter().any(|answer| answer.result.is_ok()), "{answers:?}");
    client
}

fn kmsuser(cluster: &ActiveCluster) -> Client {
    log_in(cluster.world(), cluster.cluster_id(), cluster.kmsuser_password().unwrap())
}

fn make_key(client: &Client, label: &str) -> Handle {
    client.generate_key(&KeyTemplate::aes(32, label)).unwrap().handle
}

fn find_key(client: &Client, label: &str) -> Vec<Handle> {
    client.find(&Query::label(label)).unwrap().0
}
