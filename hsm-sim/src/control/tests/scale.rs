use super::*;
use crate::backup::Backup;
use crate::control::HsmSelector;
use crate::row::{self, Rows, Seq, Table};

/// All rows of the state but pages of audit logs, of which another begins now and then.
fn rows(world: &World) -> usize {
    world
        .read(|rows| {
            let mut count = 0;
            for table in (0..200).map(Table::new).filter(|table| *table != row::AUDIT) {
                count += rows.scan(table, b"", None)?.count();
            }
            Ok::<_, Error>(count)
        })
        .unwrap()
}

#[test]
fn adding_backing_up_and_restoring_write_as_many_rows_whatever_the_number_of_keys() {
    let cluster = TestCluster::active(2).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let mut written = Vec::new();
    for keys in [0, 300] {
        let client = kmsuser(&cluster);
        for n in 0..keys {
            make_key(&client, &format!("{keys}/{n}"));
        }
        drop(client);
        // Events that stand aside become rows with the next one.
        world.audited().unwrap();
        let before = rows(world);
        let added = control.create_hsm(id, &zone('c'), None).unwrap();
        let with_node = rows(world);
        let backup = control.take_backup(id).unwrap().id;
        let with_backup = rows(world);
        let restored = restore(&control, &backup, 1);
        let with_clone = rows(world);
        let client = log_in(world, &restored, cluster.kmsuser_password().unwrap());
        if keys > 0 {
            assert_eq!(find_key(&client, "300/299").len(), 1);
        }
        written.push((with_node - before, with_backup - with_node, with_clone - with_backup));
        control.delete_hsm(id, &HsmSelector::Id(added.id)).unwrap();
    }
    // A node is its record, users and counter, and comes with a backup of two rows. The new node's log says where it goes on, with its events.
    assert_eq!(written[0], written[1]);
    assert_eq!((written[0].0, written[0].1), (6, 2));
}

/// The objects of a cluster go when its HSMs and its backups are gone, and not before; so do the old versions of a key.
#[test]
fn what_nobody_shows_is_collected() {
    let cluster = TestCluster::active(2).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let count = || {
        while world.snapshots().sweep().unwrap() {}
        let of = |table| world.read(|rows| Ok::<_, Error>(rows.scan_at(table, b"", None, Seq::MAX)?.count())).unwrap();
        [row::OBJECT, row::OBJECT_INDEX].map(of)
    };
    let client = kmsuser(&cluster);
    let keys: Vec<_> = (0..5).map(|n| make_key(&client, &format!("{n}"))).collect();
    client.delete_key(keys[0]).unwrap();
    assert_eq!(count(), [4, 4], "nothing is left of a key that no backup has");
    let backup = control.take_backup(id).unwrap().id;
    client.delete_key(keys[1]).unwrap();
    assert_eq!(count(), [4, 4], "the backup has it");
    drop(client);
    for node in nodes(&control, id) {
        control.delete_hsm(id, &HsmSelector::Id(node.id)).unwrap();
    }
    control.delete_cluster(id).unwrap();
    assert_eq!(count(), [4, 4], "the backups have them");
    let restored = restore(&control, &backup, 1);
    assert_eq!(find_key(&log_in(world, &restored, cluster.kmsuser_password().unwrap()), "1"), [keys[1]]);
    for node in nodes(&control, &restored) {
        control.delete_hsm(&restored, &HsmSelector::Id(node.id)).unwrap();
    }
    for backup in world.read(|rows| row::list::<Backup>(rows, b"")).unwrap() {
        world.write(|tx| backup.1.delete(tx)).unwrap();
    }
    assert_eq!(count(), [0, 0]);
}

#[test]
fn chains_stay_short_however_often_the_last_node_comes_back() {
    let cluster = TestCluster::active(1).unwrap();
    let (control, id) = (cluster.control(), cluster.cluster_id());
    let key = make_key(&kmsuser(&cluster), "kept");
    for _ in 0..20 {
        let node = nodes(&control, id).remove(0);
        control.delete_hsm(id, &HsmSelector::Id(node.id)).unwrap();
        control.create_hsm(id, &zone('a'), None).unwrap();
    }
    assert_eq!(nodes(&control, id)[0].view.chain.len(), 2);
    assert_eq!(find_key(&kmsuser(&cluster), "kept"), [key]);
}
