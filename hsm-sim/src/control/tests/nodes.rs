use std::collections::HashSet;
use std::net::Ipv4Addr;

use super::*;
use crate::backup::BackupCause;
use crate::cluster::ClusterState;
use crate::control::HsmSelector;
use crate::fault::Clients;
use crate::id::NodeId;
use crate::node::NodeState;
use crate::user::{LoginType, NodeUsers, Role};

#[test]
fn create_hsm_goes_through_the_documented_states() {
    let (_world, control) = empty();
    let id = new_cluster(&control).id;
    let answer = control.create_hsm(&id, &zone('b'), None).unwrap();
    assert_eq!((answer.state, answer.state_message.as_deref()), (NodeState::CreateInProgress, None));
    let node = nodes(&control, &id).remove(0);
    assert_eq!((node.state, node.state_message.as_deref()), (NodeState::Active, Some("HSM created.")));
    assert_eq!((node.id, node.zone, node.index), (answer.id, zone('b'), 0));
    assert_eq!(control.cluster(&id).unwrap().cluster.state, ClusterState::Uninitialized);
}

#[test]
fn a_second_node_needs_an_activated_cluster() {
    let (world, control) = empty();
    let id = new_cluster(&control).id;
    control.create_hsm(&id, &zone('a'), None).unwrap();
    let second = |control: &Control| control.create_hsm(&id, &zone('b'), None);
    assert_eq!(refused(second(&control)), ControlError::NotYetActivated(id.clone()));
    CustomerCa::new(&world).unwrap().initialize(&control, &id).unwrap();
    let error = refused(second(&control));
    assert_eq!(
        error.to_string(),
        format!("Cluster '{id}' already contains an HSM but has not yet been fully activated")
    );

    let mut tool = world.admin(&id).unwrap();
    tool.login(LoginType::Preco, "admin", &NodeUsers::default_password()).unwrap();
    tool.change_password(LoginType::Preco, "admin", &Password::from("password1")).unwrap();
    assert_eq!(control.cluster(&id).unwrap().cluster.state, ClusterState::Active);
    second(&control).unwrap();
    let causes: Vec<BackupCause> = backups(&control, &id).iter().map(|backup| backup.cause).collect();
    assert_eq!(causes, [BackupCause::Activation, BackupCause::NodeAdded]);
}

/// A new node is not made of one that the others do not reach: of another one, or, where there is none, not at all.
#[test]
fn a_node_apart_from_the_others_is_no_source() {
    let cluster = TestCluster::active(2).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let both = nodes(&control, id);
    let mut tool = world.admin(id).unwrap();
    tool.login(LoginType::Co, "admin", cluster.admin_password()).unwrap();
    tool.select(Some(1));
    tool.create_user(Role::Cu, "bob", &Password::from("bobPswd1")).unwrap();
    let apart = |node: Option<&NodeId>| {
        let kind = FaultKind::Partition { cluster: id.clone(), node: node.cloned(), from: Clients(ClientClass::Nodes) };
        world.faults().set(&FaultSpec::new(kind)).unwrap().id
    };
    let of_all = apart(None);
    assert_eq!(refused(control.create_hsm(id, &zone('c'), None)), ControlError::Injected);
    world.faults().clear(&of_all).unwrap();
    apart(Some(&both[0].id));
    let made = control.create_hsm(id, &zone('c'), None).unwrap();
    let users = world.read(|rows| NodeUsers::load(rows, id, &made.id)).unwrap();
    assert!(users.find(&"bob".parse().unwrap()).is_some(), "a copy of the second node");
}

#[test]
fn removing_the_first_node_before_initialization_takes_its_request_along() {
    let (world, control) = empty();
    let id = new_cluster(&control).id;
    let csr = || control.cluster(&id).unwrap().cluster.certificates.cluster_csr;
    let first = control.create_hsm(&id, &zone('a'), None).unwrap();
    let request = csr().unwrap();
    control.delete_hsm(&id, &HsmSelector::Id(first.id)).unwrap();
    assert_eq!((csr(), backups(&control, &id).len()), (None, 0));
    control.create_hsm(&id, &zone('a'), None).unwrap();
    assert_ne!(csr().unwrap(), request);

    // Between initialization and activation a new node starts over with the installed certificates.
    CustomerCa::new(&world).unwrap().initialize(&control, &id).unwrap();
    let second = nodes(&control, &id).remove(0);
    control.delete_hsm(&id, &HsmSelector::Id(second.id)).unwrap();
    control.create_hsm(&id, &zone('c'), None).unwrap();
    assert_eq!(control.cluster(&id).unwrap().cluster.state, ClusterState::Initialized);
    let mut tool = world.admin(&id).unwrap();
    let answers = tool.login(LoginType::Preco, "admin", &NodeUsers::default_password()).unwrap();
    assert_eq!(answers[0].result, Ok(()));
}

#[test]
fn addresses_are_unique_new_and_in_their_subnet() {
    let cluster = TestCluster::active(3).unwrap();
    let (control, id) = (cluster.control(), cluster.cluster_id());
    for letter in ['a', 'a', 'b'] {
        control.create_hsm(id, &zone(letter), None).unwrap();
    }
    let before = nodes(&control, id);
    let addresses: HashSet<Ipv4Addr> = before.iter().map(|node| node.ip).collect();
    assert_eq!(addresses.len(), 6);
    assert!(before.iter().filter(|node| node.zone == zone('a')).all(|node| node.ip.octets()[..3] == [10, 0, 1]));

    let removed = before[0].clone();
    control.delete_hsm(id, &HsmSelector::Ip(removed.ip)).unwrap();
    let replacement = control.create_hsm(id, &zone('a'), None).unwrap();
    assert_ne!(replacement.ip, removed.ip);
    let wanted = control.create_hsm(id, &zone('a'), Some(removed.ip)).unwrap();
    assert_eq!(wanted.ip, removed.ip);

    let subnet = removed.subnet;
    for octets in [[10, 0, 1, 3], [10, 0, 1, 255], [10, 0, 2, 77], [192, 168, 0, 9], wanted.ip.octets()] {
        let ip = Ipv4Addr::from(octets);
        let error = refused(control.create_hsm(id, &zone('a'), Some(ip)));
        assert_eq!(error, ControlError::AddressUnavailable { ip, subnet: subnet.clone() });
    }
}

#[test]
fn create_hsm_refuses() {
    let cluster = TestCluster::active(1).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let unknown: ClusterId = "cluster-igklspoyj5v".parse().unwrap();
    assert_eq!(refused(control.create_hsm(&unknown, &zone('a'), None)), ControlError::ClusterNotFound(unknown));
    let error = ControlError::ZoneNotMapped { cluster: id.clone(), zone: zone('f') };
    assert_eq!(refused(control.create_hsm(id, &zone('f'), None)), error);

    settings(world, |settings| settings.quotas = true);
    for letter in ['b', 'c', 'a', 'b', 'c'] {
        control.create_hsm(id, &zone(letter), None).unwrap();
    }
    let error = ControlError::Limit { what: "HSMs in an account and Region", limit: 6 };
    assert_eq!(refused(control.create_hsm(id, &zone('a'), None)), error);
    settings(world, |settings| settings.quotas = false);
    for _ in 6..28 {
        control.create_hsm(id, &zone('a'), None).unwrap();
    }
    let error = ControlError::Limit { what: "HSMs in a cluster", limit: 28 };
    assert_eq!(refused(control.create_hsm(id, &zone('a'), None)), error);
}

#[test]
fn delete_hsm_by_any_selector_takes_a_backup() {
    let cluster = TestCluster::active(3).unwrap();
    let (control, id) = (cluster.control(), cluster.cluster_id());
    let stranger: NodeId = "hsm-igklspoyj5v".parse().unwrap();
    let error = ControlError::HsmNotFound { cluster: id.clone(), selector: stranger.to_string() };
    assert_eq!(refused(control.delete_hsm(id, &HsmSelector::Id(stranger))), error);

    let members = nodes(&control, id);
    let selectors = [
        HsmSelector::Id(members[0].id.clone()),
        HsmSelector::Eni(members[1].eni.clone()),
        HsmSelector::Ip(members[2].ip),
    ];
    for (node, selector) in members.iter().zip(&selectors) {
        let before = backups(&control, id).len();
        assert_eq!(control.delete_hsm(id, selector).unwrap(), node.id);
        let taken = backups(&control, id);
        assert_eq!((taken.len(), taken[before].cause), (before + 1, BackupCause::NodeRemoved));
        assert!(matches!(refused(control.delete_hsm(id, selector)), ControlError::HsmNotFound { .. }));
    }
    let view = control.cluster(id).unwrap();
    assert_eq!((view.cluster.state, view.nodes.len()), (ClusterState::Active, 0));
}

#[test]
fn a_node_that_joins_is_a_copy_and_shares_what_comes_later() {
    let cluster = TestCluster::active(1).unwrap();
    let (control, id) = (cluster.control(), cluster.cluster_id());
    let client = kmsuser(&cluster);
    let early = make_key(&client, "early");
    for letter in ['b', 'c'] {
        control.create_hsm(id, &zone(letter), None).unwrap();
    }
    let late = make_key(&client, "late");
    let members = nodes(&control, id);
    // Only the newest node is left: it holds what it was copied with and what came later.
    for node in &members[..2] {
        control.delete_hsm(id, &HsmSelector::Id(node.id.clone())).unwrap();
    }
    let client = kmsuser(&cluster);
    assert_eq!((find_key(&client, "early"), find_key(&client, "late")), (vec![early], vec![late]));
    assert_ne!(early, late);
}

#[test]
fn the_last_node_comes_back_from_its_backup_and_handles_go_on() {
    let cluster = TestCluster::active(1).unwrap();
    let (control, id) = (cluster.control(), cluster.cluster_id());
    let first = make_key(&kmsuser(&cluster), "first");
    for round in 0..3 {
        let node = nodes(&control, id).remove(0);
        control.delete_hsm(id, &HsmSelector::Id(node.id.clone())).unwrap();
        let back = control.create_hsm(id, &zone('b'), None).unwrap();
        assert_eq!(back.index, node.index + 1);
        let client = kmsuser(&cluster);
        assert_eq!(find_key(&client, "first"), [first]);
        let label = format!("round {round}");
        let made = make_key(&client, &label);
        assert_ne!(made, first);
        assert_eq!(find_key(&client, &label), [made]);
    }
    let client = kmsuser(&cluster);
    for round in 0..3 {
        assert_eq!(find_key(&client, &format!("round {round}")).len(), 1);
    }
}

#[test]
fn a_failed_node_is_replaced_from_the_latest_backup_and_keeps_what_it_has() {
    let cluster = TestCluster::active(1).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    make_key(&kmsuser(&cluster), "kept");
    control.take_backup(id).unwrap();
    let lost = make_key(&kmsuser(&cluster), "lost");
    let failed = nodes(&control, id).remove(0);
    fault(world, FaultKind::NodeFailed { cluster: id.clone(), node: failed.id });
    control.create_hsm(id, &zone('b'), None).unwrap();
    let client = kmsuser(&cluster);
    assert_eq!((find_key(&client, "kept").len(), find_key(&client, "lost").len()), (1, 0));
    let shared = make_key(&client, "made meanwhile");
    drop(client);

    // Healed, the failed node has what it had, and misses what happened without it.
    world.faults().clear_all().unwrap();
    let other = nodes(&control, id).remove(1);
    control.delete_hsm(id, &HsmSelector::Id(other.id)).unwrap();
    let client = kmsuser(&cluster);
    assert_eq!((find_key(&client, "lost"), find_key(&client, "made meanwhile")), (vec![lost], vec![]));
    assert_ne!(shared, lost);
}

#[test]
fn nodes_come_and_go_from_many_threads() {
    let cluster = TestCluster::active(1).unwrap();
    let (control, id) = (cluster.control(), cluster.cluster_id());
    std::thread::scope(|scope| {
        for letter in ['a', 'a', 'b', 'c'] {
            let control = &control;
            scope.spawn(move || {
                for round in 0..5 {
                    let node = control.create_hsm(id, &zone(letter), None).unwrap();
                    if round % 2 == 0 {
                        control.delete_hsm(id, &HsmSelector::Eni(node.eni)).unwrap();
                    }
                }
            });
        }
    });
    let members = nodes(&control, id);
    let addresses: HashSet<Ipv4Addr> = members.iter().map(|node| node.ip).collect();
    let indexes: HashSet<u32> = members.iter().map(|node| node.index).collect();
    assert_eq!((members.len(), addresses.len(), indexes.len()), (9, 9, 9));
    assert_eq!(control.cluster(id).unwrap().cluster.next_index, 21);
    // Activation, one for each node added and one for each removed.
    assert_eq!(backups(&control, id).len(), 1 + 20 + 12);
}

#[test]
fn two_requests_for_the_first_node_make_one() {
    let (_world, control) = empty();
    let id = new_cluster(&control).id;
    let made: Vec<bool> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..3).map(|_| scope.spawn(|| control.create_hsm(&id, &zone('a'), None).is_ok())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(made.into_iter().filter(|made| *made).count(), 1);
    assert_eq!(nodes(&control, &id).len(), 1);
}
