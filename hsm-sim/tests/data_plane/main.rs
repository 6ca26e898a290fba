//! The data plane through its public API: users, logins, lockout, keys, divergence, the service's session.

mod audit;
mod client;
mod clones;
mod commands;
mod divergence;
mod faults;
mod key_quorum;
mod keys;
mod mutual_tls;
mod permissions;
mod quorum;
mod scenarios;
mod service;
mod signing;
mod two_factor;
mod users;
mod views;

use hsm_sim::admin::Admin;
use hsm_sim::client::{Client, NodeResult};
use hsm_sim::fault::{ClientClass, FaultKind, FaultSpec};
use hsm_sim::id::{FaultId, NodeId};
use hsm_sim::node::UserInfo;
use hsm_sim::user::{LoginType, Role};
use hsm_sim::{ActiveCluster, HsmError, Password, TestCluster};

/// A cluster of three nodes with `kmsuser`.
fn three() -> ActiveCluster {
    TestCluster::active(3).unwrap()
}

/// What each node answered, in their order.
fn answers<T>(results: Vec<NodeResult<T>>) -> Vec<Result<T, HsmError>> {
    results.into_iter().map(|answer| answer.result).collect()
}

/// Asserts success on every node and returns the values.
#[track_caller]
fn everywhere<T: std::fmt::Debug>(results: Vec<NodeResult<T>>) -> Vec<T> {
    assert!(!results.is_empty());
    answers(results).into_iter().map(|answer| answer.unwrap()).collect()
}

fn password(text: &str) -> Password {
    Password::from(text)
}

/// The management utility with the first officer logged in on every node.
fn officer(cluster: &ActiveCluster) -> Admin {
    let mut tool = cluster.world().admin(cluster.cluster_id()).unwrap();
    everywhere(tool.login(LoginType::Co, "admin", cluster.admin_password()).unwrap());
    tool
}

/// The management utility with nobody logged in.
fn nobody(cluster: &ActiveCluster) -> Admin {
    cluster.world().admin(cluster.cluster_id()).unwrap()
}

/// An application without a login.
fn application(cluster: &ActiveCluster) -> Client {
    cluster.world().client(cluster.cluster_id(), ClientClass::Tools).unwrap()
}

/// An application logged in as this crypto user on every node.
fn logged_in(cluster: &ActiveCluster, name: &str, text: &str) -> Client {
    let mut client = application(cluster);
    everywhere(client.login(name, &password(text)).unwrap());
    client
}

/// An application logged in as `kmsuser`.
fn kmsuser(cluster: &ActiveCluster) -> Client {
    logged_in(cluster, "kmsuser", cluster.kmsuser_password().unwrap().expose())
}

fn node(cluster: &ActiveCluster, number: usize) -> NodeId {
    cluster.control().cluster(cluster.cluster_id()).unwrap().nodes[number].id.clone()
}

/// Nobody reaches the node until the fault is cleared.
fn down(cluster: &ActiveCluster, number: usize) -> FaultId {
    let kind = FaultKind::NodeDown { cluster: cluster.cluster_id().clone(), node: node(cluster, number) };
    cluster.world().faults().set(&FaultSpec::new(kind)).unwrap().id
}

fn up(cluster: &ActiveCluster, fault: &FaultId) {
    assert!(cluster.world().faults().clear(fault).unwrap());
}

/// A user's row on each node.
fn user_on_each(cluster: &ActiveCluster, name: &str) -> Vec<Option<UserInfo>> {
    let lists = everywhere(nobody(cluster).list_users().unwrap());
    lists.into_iter().map(|list| list.into_iter().find(|user| user.name.as_str() == name)).collect()
}

/// Failed logins of a user on each node.
fn failures(cluster: &ActiveCluster, name: &str) -> Vec<u32> {
    user_on_each(cluster, name).into_iter().map(|user| user.unwrap().failures).collect()
}

/// Creates a crypto user on every node.
fn create_cu(cluster: &ActiveCluster, name: &str, text: &str) {
    everywhere(officer(cluster).create_user(Role::Cu, name, &password(text)).unwrap());
}
