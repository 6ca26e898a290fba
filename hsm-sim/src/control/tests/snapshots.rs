use super::*;
use crate::control::{ClusterFilter, HsmSelector};

#[test]
fn a_snapshot_brings_the_whole_world_back() {
    let cluster = TestCluster::active(2).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let key = make_key(&kmsuser(&cluster), "before");
    let before = (control.cluster(id).unwrap(), backups(&control, id), world.read(|rows| world.now(rows)).unwrap());
    world.snapshots().save("before").unwrap();

    let client = kmsuser(&cluster);
    make_key(&client, "after");
    client.delete_key(key).unwrap();
    drop(client);
    for node in nodes(&control, id) {
        control.delete_hsm(id, &HsmSelector::Id(node.id)).unwrap();
    }
    control.delete_cluster(id).unwrap();
    world.advance(DAY * 400, &[]).unwrap();
    fault(world, FaultKind::KmsInternalError);
    world.snapshots().save("after").unwrap();

    for _ in 0..2 {
        assert!(world.snapshots().restore("before").unwrap());
        let now = (control.cluster(id).unwrap(), backups(&control, id), world.read(|rows| world.now(rows)).unwrap());
        assert_eq!(now, before);
        assert_eq!(world.faults().list().unwrap(), []);
        let client = kmsuser(&cluster);
        assert_eq!((find_key(&client, "before"), find_key(&client, "after")), (vec![key], vec![]));
        make_key(&client, "after");
    }
    assert!(world.snapshots().restore("after").unwrap());
    assert_eq!(control.clusters(&ClusterFilter::default()).unwrap(), []);
}

#[test]
fn snapshots_are_named_listed_and_deleted() {
    let (world, _control) = empty();
    let snapshots = world.snapshots();
    for name in ["", "with space", "a/b", "é", &"n".repeat(65)] {
        assert!(matches!(refused(snapshots.save(name)), ControlError::InvalidId(_)), "{name}");
    }
    for name in ["b", "a"] {
        snapshots.save(name).unwrap();
    }
    let names = || snapshots.list().unwrap().into_iter().map(|snapshot| snapshot.name).collect::<Vec<_>>();
    assert_eq!(names(), ["b", "a"]);
    assert!(snapshots.delete("b").unwrap());
    assert!(!snapshots.delete("b").unwrap());
    assert!(!snapshots.restore("b").unwrap());
    assert_eq!(names(), ["a"]);
}

#[test]
fn reset_empties_the_world_and_keeps_its_settings() {
    let cluster = TestCluster::active(1).unwrap();
    let (world, control) = (cluster.world(), cluster.control());
    settings(world, |settings| settings.quotas = true);
    world.advance(DAY * 3, &[]).unwrap();
    let now = world.read(|rows| world.now(rows)).unwrap();
    world.snapshots().reset().unwrap();
    assert_eq!(control.clusters(&ClusterFilter::default()).unwrap(), []);
    assert_eq!(control.backups(&BackupFilter::default(), true).unwrap(), []);
    assert_eq!((world.read(|rows| world.now(rows)).unwrap(), world.settings().unwrap().quotas), (now, true));
    assert_eq!(world.run_due(&[]).unwrap(), 0);
    ActiveCluster::builder().nodes(2).build_in(world, &Realm::default()).unwrap();
}
