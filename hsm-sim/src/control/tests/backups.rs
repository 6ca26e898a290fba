use super::*;
use crate::backup::{Backup, BackupCause, BackupState};
use crate::cluster::{ClusterState, Mode};
use crate::control::{ClusterFilter, HsmSelector};
use crate::job::{self, Handler};

fn causes(control: &Control, cluster: &ClusterId) -> Vec<BackupCause> {
    backups(control, cluster).iter().map(|backup| backup.cause).collect()
}

#[test]
fn a_restored_cluster_shares_the_certificate_users_keys_and_handles() {
    let cluster = TestCluster::active(3).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let client = kmsuser(&cluster);
    let key = make_key(&client, "kept");
    let backup = control.take_backup(id).unwrap();
    assert_eq!((backup.state, backup.cause), (BackupState::Ready, BackupCause::OnDemand));
    let later = make_key(&client, "later");
    drop(client);

    let request = CreateCluster::new(subnets(&control)).restoring(backup.id.clone());
    let answer = control.create_cluster(request).unwrap().cluster;
    assert_eq!((answer.state, answer.source_backup.as_ref()), (ClusterState::CreateInProgress, Some(&backup.id)));
    let original = control.cluster(id).unwrap().cluster;
    assert_eq!(answer.certificates.cluster_certificate, original.certificates.cluster_certificate);
    assert_eq!(control.cluster(&answer.id).unwrap().cluster.state, ClusterState::Active);

    let restored = answer.id;
    for letter in ['a', 'b'] {
        control.create_hsm(&restored, &zone(letter), None).unwrap();
    }
    let client = log_in(world, &restored, cluster.kmsuser_password().unwrap());
    assert_eq!((find_key(&client, "kept"), find_key(&client, "later")), (vec![key], vec![]));

    // From here on the two go their own ways.
    let own = make_key(&client, "own");
    assert_ne!(own, key);
    assert_eq!(find_key(&client, "own"), [own]);
    let original = kmsuser(&cluster);
    assert_eq!((find_key(&original, "own"), find_key(&original, "later")), (vec![], vec![later]));
    original.delete_key(key).unwrap();
    assert_eq!((find_key(&original, "kept"), find_key(&client, "kept")), (vec![], vec![key]));
}

#[test]
fn restoring_needs_the_same_mode_and_no_older_type() {
    let cluster = TestCluster::active(1).unwrap();
    let control = cluster.control();
    let backup = backups(&control, cluster.cluster_id()).remove(0).id;
    let base = CreateCluster::new(subnets(&control)).restoring(backup.clone());
    let other_mode = CreateCluster { mode: Some(Mode::NonFips), ..base.clone() };
    assert_eq!(refused(control.create_cluster(other_mode)), ControlError::BackupMode(backup));
    let newer = CreateCluster { hsm_type: "hsm2m.medium".into(), mode: Some(Mode::Fips), ..base.clone() };
    let newer = control.create_cluster(newer).unwrap().cluster.id;
    control.create_hsm(&newer, &zone('a'), None).unwrap();
    let backup = control.take_backup(&newer).unwrap().id;
    let older = base.restoring(backup.clone());
    assert_eq!(refused(control.create_cluster(older)), ControlError::BackupMode(backup));
}

#[test]
fn on_demand_backups_need_an_active_node() {
    let (_world, control) = empty();
    let id = new_cluster(&control).id;
    assert!(matches!(refused(control.take_backup(&id)), ControlError::ClusterState { .. }));
    control.create_hsm(&id, &zone('a'), None).unwrap();
    assert!(matches!(refused(control.take_backup(&id)), ControlError::ClusterState { .. }));
}

#[test]
fn backups_are_ordered_and_filtered() {
    let cluster = TestCluster::active(2).unwrap();
    let (control, id) = (cluster.control(), cluster.cluster_id());
    control.take_backup(id).unwrap();
    let ascending = control.backups(&BackupFilter::default(), true).unwrap();
    let causes: Vec<BackupCause> = ascending.iter().map(|backup| backup.cause).collect();
    assert_eq!(causes, [BackupCause::Activation, BackupCause::NodeAdded, BackupCause::OnDemand]);
    let mut descending = control.backups(&BackupFilter::default(), false).unwrap();
    descending.reverse();
    assert_eq!(ascending, descending);

    let all = BackupFilter::default;
    let count = |filter: BackupFilter| control.backups(&filter, true).unwrap().len();
    let one = ascending[1].id.clone();
    for (filter, expected) in [
        (BackupFilter { ids: Some(vec![one.clone()]), ..all() }, 1),
        (BackupFilter { ids: Some(vec![]), ..all() }, 0),
        (BackupFilter { cluster_ids: Some(vec![id.clone()]), ..all() }, 3),
        (BackupFilter { states: Some(vec![BackupState::Ready]), ..all() }, 3),
        (BackupFilter { states: Some(vec![BackupState::PendingDeletion]), ..all() }, 0),
        (BackupFilter { source_backup_ids: Some(vec![one]), ..all() }, 0),
        (BackupFilter { never_expires: Some(true), ..all() }, 0),
        (BackupFilter { never_expires: Some(false), ..all() }, 3),
    ] {
        assert_eq!(count(filter.clone()), expected, "{filter:?}");
    }
}

#[test]
fn a_backup_a_day_and_one_for_all_that_were_slept_through() {
    let cluster = TestCluster::active(1).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let begin = world.read(|rows| world.now(rows)).unwrap();
    let daily = || -> Vec<Backup> {
        backups(&control, id).into_iter().filter(|backup| backup.cause == BackupCause::Daily).collect()
    };
    world.advance(DAY - Duration::from_millis(1), &[]).unwrap();
    assert_eq!(daily().len(), 0);
    world.advance(Duration::from_millis(1), &[]).unwrap();
    assert_eq!(daily().len(), 1);
    world.advance(Duration::ZERO, &[]).unwrap();
    world.advance(DAY, &[]).unwrap();
    assert_eq!(daily().iter().map(|backup| backup.created).collect::<Vec<_>>(), [begin + DAY, begin + DAY * 2]);
    // Thirty days and a half later: one, dated the last day, and the rhythm goes on.
    world.advance(DAY * 30 + DAY / 2, &[]).unwrap();
    assert_eq!(daily().last().map(|backup| backup.created), Some(begin + DAY * 32));
    assert_eq!(daily().len(), 3);
    world.advance(DAY / 2, &[]).unwrap();
    assert_eq!(daily().len(), 4);
}

#[test]
fn no_daily_backup_without_nodes_or_cluster() {
    let cluster = TestCluster::active(1).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let node = nodes(&control, id).remove(0);
    control.delete_hsm(id, &HsmSelector::Id(node.id)).unwrap();
    let expected = [BackupCause::Activation, BackupCause::NodeRemoved];
    world.advance(DAY * 2, &[]).unwrap();
    assert_eq!(causes(&control, id), expected);
    control.delete_cluster(id).unwrap();
    world.advance(DAY * 2, &[]).unwrap();
    assert_eq!(causes(&control, id), expected);
    assert_eq!(world.read(|rows| job::next_due(rows)).unwrap(), None);
    assert_eq!(control.clusters(&ClusterFilter::default()).unwrap(), []);

    // Its backups can still be restored.
    let backup = backups(&control, id).remove(1).id;
    let restored = restore(&control, &backup, 1);
    log_in(world, &restored, cluster.kmsuser_password().unwrap());
}

#[test]
fn retention_marks_then_removes_and_spares_the_newest() {
    let cluster = TestCluster::active(2).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    for node in nodes(&control, id) {
        control.delete_hsm(id, &HsmSelector::Id(node.id)).unwrap();
    }
    let begin = world.read(|rows| world.now(rows)).unwrap();
    let states = || -> Vec<BackupState> { backups(&control, id).iter().map(|backup| backup.state).collect() };
    let moved_to = |days: u32| world.set_time(begin + DAY * days, &[]).unwrap();
    use BackupState::{PendingDeletion, Ready};
    moved_to(89);
    assert_eq!(states(), [Ready, Ready, Ready, Ready]);
    moved_to(90);
    assert_eq!(states(), [PendingDeletion, PendingDeletion, PendingDeletion, Ready]);
    assert_eq!(backups(&control, id)[0].deleted_at(), Some(begin + DAY * 97));
    let pending = backups(&control, id)[0].id.clone();
    let request = CreateCluster::new(subnets(&control)).restoring(pending.clone());
    assert_eq!(refused(control.create_cluster(request)), ControlError::BackupNotReady(pending.clone()));
    moved_to(97);
    assert_eq!(states(), [Ready]);
    let request = CreateCluster::new(subnets(&control)).restoring(pending.clone());
    assert_eq!(refused(control.create_cluster(request)), ControlError::BackupNotFound(pending));
    // The rows went with the daily job; the cluster still comes back.
    assert_eq!(world.read(|rows| crate::row::list::<Backup>(rows, b"")).unwrap().len(), 1);
    control.create_hsm(id, &zone('a'), None).unwrap();
    kmsuser(&cluster);
}

#[test]
fn the_backup_of_a_waiting_cluster_is_pinned_until_its_first_node() {
    let cluster = TestCluster::active(2).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let oldest = backups(&control, id).remove(0).id;
    let waiting = restore(&control, &oldest, 0);
    world.advance(DAY * 200, &[]).unwrap();
    let kept = |id: &BackupId| {
        let filter = BackupFilter { ids: Some(vec![id.clone()]), ..BackupFilter::default() };
        control.backups(&filter, true).unwrap().first().map(|backup| backup.state)
    };
    assert_eq!(kept(&oldest), Some(BackupState::Ready));
    control.create_hsm(&waiting, &zone('a'), None).unwrap();
    assert_eq!(kept(&oldest), None);
}

#[test]
fn a_job_has_its_effect_once() {
    let cluster = TestCluster::active(1).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    // Set the clock without running anything, then let four runners at it.
    let due = world.read(|rows| job::next_due(rows)).unwrap().unwrap();
    world
        .write(|tx| {
            let clock = World::clock(tx)?;
            world.set_clock(tx, clock.moved_to(due, world.wall().now_millis()))
        })
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| world.run_due(&[]).unwrap());
        }
    });
    let daily = causes(&control, id).into_iter().filter(|cause| *cause == BackupCause::Daily).count();
    assert_eq!(daily, 1);
    // A late runner that saw the job before it was taken does nothing.
    let key = world.write(|tx| job::schedule(tx, due, job::HSM_SIM, vec![])).unwrap();
    assert!(world.write(|tx| job::take(tx, &key)).unwrap());
    assert!(!world.write(|tx| job::take(tx, &key)).unwrap());
    assert_eq!(crate::control::OwnJobs.owner(), job::HSM_SIM);
}
