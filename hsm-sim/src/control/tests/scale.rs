use super::*;
use crate::control::HsmSelector;
use crate::row::{Rows, Table};

/// All rows of the state.
fn rows(world: &World) -> usize {
    world
        .read(|rows| {
            let mut count = 0;
            for table in 0..200 {
                count += rows.scan(Table::new(table), b"", None)?.count();
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
    // A node is its record, users and counter, and comes with a backup of two rows. Both are told of in two events each, and the new node's log
    // says where it goes on.
    assert_eq!(written[0], written[1]);
    assert_eq!((written[0].0, written[0].1), (10, 4));
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
