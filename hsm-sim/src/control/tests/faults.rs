use super::*;
use crate::cluster::ClusterState;
use crate::control::{ClusterFilter, HsmSelector};
use crate::fault::{Clients, FaultView, take_kms_internal_error};
use crate::id::{FaultId, NodeId};
use crate::node::NodeState;

/// Which nodes each class of client reaches.
fn reached(world: &World, cluster: &ClusterId, class: ClientClass) -> Vec<u32> {
    world
        .read(|rows| {
            let faults = FaultView::load(rows, world.now(rows)?)?;
            let record = Cluster::load(rows, cluster)?.unwrap();
            let mut nodes = Node::of_cluster(rows, cluster)?;
            nodes.retain(|node| faults.reaches(class, &record, node));
            Ok::<_, Error>(nodes.iter().map(|node| node.index).collect())
        })
        .unwrap()
}

#[test]
fn what_each_fault_changes_and_that_it_heals() {
    let cluster = TestCluster::active(3).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id().clone());
    let node = nodes(&control, &id)[1].id.clone();
    let subnet = nodes(&control, &id)[0].subnet.clone();
    // Fault; nodes that tools reach; nodes that KMS reaches; states that the control plane shows.
    let cases: [(FaultKind, &[u32], &[u32], &str); 12] = [
        (FaultKind::NodeDown { cluster: id.clone(), node: node.clone() }, &[0, 2], &[0, 2], "ACTIVE ACTIVE ACTIVE"),
        (FaultKind::NodeFailed { cluster: id.clone(), node: node.clone() }, &[0, 2], &[0, 2], "ACTIVE DEGRADED ACTIVE"),
        (FaultKind::Busy { cluster: id.clone(), node: node.clone() }, &[0, 1, 2], &[0, 1, 2], "ACTIVE ACTIVE ACTIVE"),
        (
            FaultKind::Tampered { cluster: id.clone(), node: node.clone() },
            &[0, 1, 2],
            &[0, 1, 2],
            "ACTIVE DEGRADED ACTIVE",
        ),
        (FaultKind::Full { cluster: id.clone(), node: node.clone() }, &[0, 1, 2], &[0, 1, 2], "ACTIVE ACTIVE ACTIVE"),
        (
            FaultKind::Partition { cluster: id.clone(), node: Some(node.clone()), from: Clients(ClientClass::Kms) },
            &[0, 1, 2],
            &[0, 2],
            "ACTIVE ACTIVE ACTIVE",
        ),
        (FaultKind::NodeRemoved { cluster: id.clone(), node }, &[0, 2], &[0, 2], "ACTIVE ACTIVE"),
        (FaultKind::ClusterDeleted { cluster: id.clone() }, &[], &[], "gone"),
        (FaultKind::SubnetRemoved { subnet: subnet.clone() }, &[0, 1, 2], &[0, 1, 2], "ACTIVE ACTIVE ACTIVE"),
        (FaultKind::SubnetFull { subnet }, &[0, 1, 2], &[0, 1, 2], "ACTIVE ACTIVE ACTIVE"),
        (FaultKind::SecurityGroupRuleRemoved { cluster: id.clone() }, &[], &[], "ACTIVE ACTIVE ACTIVE"),
        (FaultKind::NetworkCut { cluster: id.clone() }, &[0, 1, 2], &[], "ACTIVE ACTIVE ACTIVE"),
    ];
    let whole = control.cluster(&id).unwrap();
    for (kind, tools, kms, states) in cases {
        let set = world.faults().set(&FaultSpec::new(kind.clone())).unwrap();
        assert_eq!(world.faults().list().unwrap(), std::slice::from_ref(&set));
        assert_eq!(reached(world, &id, ClientClass::Tools), tools, "{kind:?}");
        assert_eq!(reached(world, &id, ClientClass::Pkcs11), tools, "{kind:?}");
        assert_eq!(reached(world, &id, ClientClass::Kms), kms, "{kind:?}");
        let shown = control.clusters(&ClusterFilter::default()).unwrap();
        let shown = shown.first().map_or("gone".to_owned(), |view| {
            view.nodes.iter().map(|node| node.state.as_str()).collect::<Vec<_>>().join(" ")
        });
        assert_eq!(shown, states, "{kind:?}");
        assert!(world.faults().clear(&set.id).unwrap());
        assert!(!world.faults().clear(&set.id).unwrap());
        assert_eq!(control.cluster(&id).unwrap(), whole, "{kind:?}");
    }
}

#[test]
fn operations_meet_the_faults() {
    let cluster = TestCluster::active(2).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let members = nodes(&control, id);
    let (first, subnet) = (members[0].id.clone(), members[0].subnet.clone());

    fault(world, FaultKind::SubnetFull { subnet: subnet.clone() });
    assert_eq!(refused(control.create_hsm(id, &zone('a'), None)), ControlError::SubnetFull(subnet.clone()));
    fault(world, FaultKind::SubnetRemoved { subnet: subnet.clone() });
    assert_eq!(refused(control.create_hsm(id, &zone('a'), None)), ControlError::SubnetNotFound(subnet.clone()));
    let request = CreateCluster::new(subnets(&control));
    assert_eq!(refused(control.create_cluster(request)), ControlError::SubnetNotFound(subnet));
    assert_eq!(world.faults().clear_all().unwrap(), 2);

    fault(world, FaultKind::NodeRemoved { cluster: id.clone(), node: first.clone() });
    let gone = control.delete_hsm(id, &HsmSelector::Id(first.clone()));
    assert!(matches!(refused(gone), ControlError::HsmNotFound { .. }));
    fault(world, FaultKind::ClusterDeleted { cluster: id.clone() });
    assert_eq!(refused(control.delete_cluster(id)), ControlError::ClusterNotFound(id.clone()));
    world.faults().clear_all().unwrap();

    // A failed node can be deleted; the backup is then another node's.
    fault(world, FaultKind::NodeFailed { cluster: id.clone(), node: first.clone() });
    let before = backups(&control, id).len();
    control.delete_hsm(id, &HsmSelector::Id(first)).unwrap();
    assert_eq!(backups(&control, id).len(), before + 1);
    assert_eq!(control.cluster(id).unwrap().nodes[0].state, NodeState::Active);
}

#[test]
fn a_new_node_is_copied_from_one_that_can_be_reached() {
    let cluster = TestCluster::active(2).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let members = nodes(&control, id);
    let down = world
        .faults()
        .set(&FaultSpec::new(FaultKind::NodeDown { cluster: id.clone(), node: members[0].id.clone() }))
        .unwrap();
    let client = kmsuser(&cluster);
    let made = make_key(&client, "made while one was down");
    control.create_hsm(id, &zone('c'), None).unwrap();
    world.faults().clear(&down.id).unwrap();
    for node in &members {
        control.delete_hsm(id, &HsmSelector::Id(node.id.clone())).unwrap();
    }
    let client = kmsuser(&cluster);
    assert_eq!(find_key(&client, "made while one was down"), [made]);
}

/// Without a backup a node joins with the users of the latest one, no node is removed, and the daily backup waits a day.
#[test]
fn backups_fail() {
    let cluster = TestCluster::active(1).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    control.take_backup(id).unwrap();
    let made = make_key(&kmsuser(&cluster), "made since the latest backup");
    let before = backups(&control, id).len();
    fault(world, FaultKind::BackupFailing { cluster: id.clone() });
    assert_eq!(refused(control.take_backup(id)), ControlError::Injected);
    let joined = control.create_hsm(id, &zone('c'), None).unwrap();
    let first = HsmSelector::Id(nodes(&control, id)[0].id.clone());
    assert_eq!(refused(control.delete_hsm(id, &first)), ControlError::Injected);
    world.advance(DAY, &[]).unwrap();
    assert_eq!(backups(&control, id).len(), before);
    world.faults().clear_all().unwrap();
    world.advance(DAY, &[]).unwrap();
    control.delete_hsm(id, &first).unwrap();
    assert_eq!(backups(&control, id).len(), before + 2);
    assert_eq!(nodes(&control, id).iter().map(|node| &node.id).collect::<Vec<_>>(), [&joined.id]);
    assert_eq!(find_key(&kmsuser(&cluster), "made since the latest backup"), [made]);
}

/// All nodes zeroised themselves: a new one is restored from the latest backup, not from them.
#[test]
fn a_tampered_cluster_is_recovered_from_its_backup() {
    let cluster = TestCluster::active(2).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    make_key(&kmsuser(&cluster), "kept");
    control.take_backup(id).unwrap();
    let old = nodes(&control, id);
    let before = backups(&control, id).len();
    for node in &old {
        fault(world, FaultKind::Tampered { cluster: id.clone(), node: node.id.clone() });
        control.delete_hsm(id, &HsmSelector::Id(node.id.clone())).unwrap();
    }
    assert_eq!(backups(&control, id).len(), before + 1, "of the other node, when the first one was removed");
    control.create_hsm(id, &zone('a'), None).unwrap();
    assert_eq!(find_key(&kmsuser(&cluster), "kept").len(), 1);
}

#[test]
fn faults_heal_by_themselves_or_are_used_up() {
    let cluster = TestCluster::active(1).unwrap();
    let (world, id) = (cluster.world(), cluster.cluster_id());
    let cut = FaultSpec::new(FaultKind::NetworkCut { cluster: id.clone() }).lasting(Duration::from_secs(600));
    world.faults().set(&cut).unwrap();
    world.advance(Duration::from_secs(599), &[]).unwrap();
    assert_eq!(reached(world, id, ClientClass::Kms), [0; 0]);
    world.advance(Duration::from_secs(1), &[]).unwrap();
    assert_eq!((reached(world, id, ClientClass::Kms), world.faults().list().unwrap()), (vec![0], vec![]));

    world.faults().set(&FaultSpec::new(FaultKind::KmsInternalError).times(2)).unwrap();
    let take = || world.write(|tx| take_kms_internal_error(tx, world.now(tx)?)).unwrap();
    assert_eq!([take(), take(), take()], [true, true, false]);
    fault(world, FaultKind::KmsInternalError);
    assert_eq!([take(), take(), take()], [true; 3]);
    let view = world.read(|rows| FaultView::load(rows, world.now(rows)?)).unwrap();
    assert!(view.kms_internal_error());
}

#[test]
fn a_failing_store_leaves_everything_as_it_was() {
    let cluster = TestCluster::active(2).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let whole = control.cluster(id).unwrap();
    world.faults().set(&FaultSpec::new(FaultKind::StoreFailing).times(2)).unwrap();
    for _ in 0..2 {
        let error = control.create_hsm(id, &zone('c'), None).unwrap_err();
        assert_eq!(error, Error::Store(store::Error::DiskFull));
        assert_eq!(control.cluster(id).unwrap(), whole);
    }
    control.create_hsm(id, &zone('c'), None).unwrap();

    // Without a count it fails until it is cleared, which works although nothing can be written.
    let set = world.faults().set(&FaultSpec::new(FaultKind::StoreFailing)).unwrap();
    for _ in 0..3 {
        assert!(control.take_backup(id).is_err());
    }
    assert!(world.faults().clear(&set.id).unwrap());
    control.take_backup(id).unwrap();
}

#[test]
fn faults_of_unknown_things_are_refused() {
    let cluster = TestCluster::active(1).unwrap();
    let (world, id) = (cluster.world(), cluster.cluster_id());
    let nowhere: ClusterId = "cluster-igklspoyj5v".parse().unwrap();
    let nobody: NodeId = "hsm-igklspoyj5v".parse().unwrap();
    let subnet: SubnetId = "subnet-49a1bc00".parse().unwrap();
    let set = |kind: FaultKind| refused(world.faults().set(&FaultSpec::new(kind)));
    assert_eq!(set(FaultKind::NetworkCut { cluster: nowhere.clone() }), ControlError::ClusterNotFound(nowhere));
    let error = ControlError::HsmNotFound { cluster: id.clone(), selector: nobody.to_string() };
    assert_eq!(set(FaultKind::NodeDown { cluster: id.clone(), node: nobody }), error);
    assert_eq!(set(FaultKind::SubnetFull { subnet: subnet.clone() }), ControlError::SubnetNotFound(subnet));
    let unset: FaultId = "fault-igklspoyj5v".parse().unwrap();
    assert!(!world.faults().clear(&unset).unwrap());
    assert_eq!(cluster.control().cluster(id).unwrap().cluster.state, ClusterState::Active);
}
