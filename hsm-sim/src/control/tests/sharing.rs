//! What is said about backups: deletion, retention, copies, tags and policies.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::backup::{Backup, BackupState};
use crate::control::{Consumers, CopyBackup, ModifyCluster, Resource, ResourcePolicy};

fn of_account(account: &str) -> Realm {
    Realm::new(account, "us-east-1").unwrap()
}

fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn pass(world: &World, time: Duration) {
    world.advance(time, &[]).unwrap();
}

fn find(control: &Control, id: &BackupId) -> Option<Backup> {
    let filter = BackupFilter { ids: Some(vec![id.clone()]), ..BackupFilter::default() };
    control.backups(&filter, false).unwrap().pop()
}

#[test]
fn a_deleted_backup_can_be_restored_for_seven_days() {
    let cluster = TestCluster::active(1).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let backup = control.take_backup(id).unwrap();
    let begin = world.read(|rows| world.now(rows)).unwrap();
    let deleted = control.delete_backup(&backup.id).unwrap();
    assert_eq!((deleted.state, deleted.deleted_at()), (BackupState::PendingDeletion, Some(begin + DAY * 7)));
    let twice = refused(control.delete_backup(&backup.id));
    let text = format!("Backup '{}' is in state PENDING_DELETION; operation DeleteBackup requires READY.", backup.id);
    assert_eq!(twice.to_string(), text);
    pass(world, DAY * 7 - Duration::from_secs(1));
    let restored = control.restore_backup(&backup.id).unwrap();
    assert_eq!((restored.state, restored.deleted_at()), (BackupState::Ready, None));
    assert!(matches!(refused(control.restore_backup(&backup.id)), ControlError::BackupState { .. }));

    control.delete_backup(&backup.id).unwrap();
    pass(world, DAY * 7);
    assert_eq!(refused(control.restore_backup(&backup.id)), ControlError::BackupNotFound(backup.id.clone()));
    assert_eq!(find(&control, &backup.id), None);
}

#[test]
fn what_retention_gave_up_begins_anew_when_it_is_restored() {
    let cluster = TestCluster::active(1).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let backup = backups(&control, id).remove(0).id;
    control.take_backup(id).unwrap();
    control.modify_cluster(id, &ModifyCluster { retention_days: Some(7), ..ModifyCluster::default() }).unwrap();
    let state = || find(&control, &backup).map(|backup| backup.state);
    pass(world, DAY * 8);
    assert_eq!(state(), Some(BackupState::PendingDeletion));
    control.restore_backup(&backup).unwrap();
    pass(world, DAY * 6);
    assert_eq!(state(), Some(BackupState::Ready));
    pass(world, DAY);
    assert_eq!(state(), Some(BackupState::PendingDeletion));
}

#[test]
fn an_exempt_backup_outlives_retention() {
    let cluster = TestCluster::active(1).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let backup = backups(&control, id).remove(0).id;
    control.take_backup(id).unwrap();
    assert!(control.modify_backup_attributes(&backup, true).unwrap().never_expires);
    pass(world, DAY * 200);
    assert_eq!(find(&control, &backup).map(|backup| backup.state), Some(BackupState::Ready));
    // Without the exemption its time is over long since; it is not gone in the same moment (inferred).
    let now = world.read(|rows| world.now(rows)).unwrap();
    let marked = control.modify_backup_attributes(&backup, false).unwrap();
    assert_eq!((marked.state, marked.deleted_at()), (BackupState::PendingDeletion, Some(now + DAY * 7)));
    pass(world, DAY * 7);
    assert_eq!(find(&control, &backup), None);
}

#[test]
fn a_longer_retention_period_spares_what_is_there() {
    let cluster = TestCluster::active(1).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let backup = backups(&control, id).remove(0).id;
    control.take_backup(id).unwrap();
    let keep = |days| control.modify_cluster(id, &ModifyCluster { retention_days: Some(days), hsm_type: None });
    assert_eq!(keep(379).unwrap().cluster.retention_days, 379);
    pass(world, DAY * 300);
    assert_eq!(find(&control, &backup).map(|backup| backup.state), Some(BackupState::Ready));
    assert_eq!(refused(keep(6)), ControlError::Retention);
    assert_eq!(refused(control.modify_cluster(id, &ModifyCluster::default())), ControlError::NothingToModify);
}

#[test]
fn a_copy_lives_in_another_region() {
    let cluster = TestCluster::active(1).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    make_key(&kmsuser(&cluster), "copied");
    let source = control.take_backup(id).unwrap();
    control.tag_resource(&Resource::Backup(source.id.clone()), &tags(&[("a", "1")])).unwrap();
    let copy = |region: &str, tags| {
        control.copy_backup(CopyBackup { backup: source.id.clone(), region: region.to_owned(), tags })
    };
    pass(world, Duration::from_secs(60));
    let first = copy("eu-west-1", None).unwrap();
    assert_eq!((first.created, first.tags.clone()), (source.created, tags(&[("a", "1")])));
    assert_eq!(copy("eu-west-1", Some(tags(&[("b", "2")]))).unwrap().tags, tags(&[("b", "2")]));
    assert_eq!(refused(copy("us-east-1", None)), ControlError::SameRegion("us-east-1".to_owned()));
    assert!(matches!(refused(copy("nowhere", None)), ControlError::InvalidId(_)));

    let there = world.control(Realm::new("111122223333", "eu-west-1").unwrap());
    let of_source = BackupFilter { source_backup_ids: Some(vec![source.id.clone()]), ..BackupFilter::default() };
    let found = there.backups(&of_source, true).unwrap();
    let origin = found[0].origin.clone().unwrap();
    assert_eq!((found.len(), origin.region.as_str(), &origin.cluster), (2, "us-east-1", id));
    assert_eq!(origin.copied, source.created + Duration::from_secs(60));
    // Its source may go, and time pass: the copy stays (documented), keys and all.
    control.delete_backup(&source.id).unwrap();
    pass(world, DAY * 500);
    let request = CreateCluster::new(subnets(&there)).restoring(first.id);
    let clone = there.create_cluster(request).unwrap().cluster.id;
    there.create_hsm(&clone, &"eu-west-1a".parse().unwrap(), None).unwrap();
    assert_eq!(find_key(&log_in(world, &clone, cluster.kmsuser_password().unwrap()), "copied").len(), 1);
}

#[test]
fn a_shared_backup_is_seen_and_restored_by_its_consumers_only() {
    let cluster = TestCluster::active(1).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let backup = control.take_backup(id).unwrap().id;
    let (friend, stranger) = (world.control(of_account("444455556666")), world.control(of_account("555566667777")));
    let only = |account: &str| Consumers { accounts: BTreeSet::from([account.to_owned()]), ..Consumers::default() };
    let policy =
        ResourcePolicy { text: "policy".to_owned(), describe: only("444455556666"), restore: only("444455556666") };
    let shared = |control: &Control| {
        let filter = BackupFilter { shared: true, ..BackupFilter::default() };
        control.backups(&filter, false).unwrap().into_iter().map(|backup| backup.id).collect::<Vec<_>>()
    };
    let take = |control: &Control, owner: Option<Realm>| {
        let request = CreateCluster::new(subnets(control)).restoring(backup.clone());
        control.create_cluster(CreateCluster { source_owner: owner, ..request })
    };
    let owner = || Some(cluster.realm().clone());
    assert_eq!(refused(take(&friend, owner())), ControlError::AccessDenied(backup.to_string()));
    control.put_resource_policy(&backup, &policy).unwrap();
    assert_eq!(control.resource_policy(&backup).unwrap().as_deref(), Some("policy"));
    assert_eq!((shared(&friend), shared(&stranger), shared(&control)), (vec![backup.clone()], vec![], vec![]));
    assert_eq!(refused(take(&stranger, owner())), ControlError::AccessDenied(backup.to_string()));
    // By its id alone it is not found (documented: the ARN is needed).
    assert_eq!(refused(take(&friend, None)), ControlError::BackupNotFound(backup.clone()));
    let clone = take(&friend, owner()).unwrap().cluster;
    assert_eq!(clone.source_backup, Some(backup.clone()));

    assert_eq!(control.delete_resource_policy(&backup).unwrap().as_deref(), Some("policy"));
    assert_eq!(
        (control.resource_policy(&backup).unwrap(), control.delete_resource_policy(&backup).unwrap()),
        (None, None)
    );
    assert_eq!(shared(&friend), []);
    // What was made of it stays, and gets its first node from it (documented).
    friend.create_hsm(&clone.id, &zone('a'), None).unwrap();
    assert_eq!(refused(friend.put_resource_policy(&backup, &policy)), ControlError::BackupNotFound(backup));
}

#[test]
fn tags_are_added_overwritten_and_removed() {
    let cluster = TestCluster::active(1).unwrap();
    let (control, id) = (cluster.control(), cluster.cluster_id());
    let backup = control.take_backup(id).unwrap().id;
    for resource in [Resource::Cluster(id.clone()), Resource::Backup(backup)] {
        control.tag_resource(&resource, &tags(&[("a", "1"), ("b", "2")])).unwrap();
        control.tag_resource(&resource, &tags(&[("b", "3"), ("c", "")])).unwrap();
        control.untag_resource(&resource, &["a".to_owned(), "never".to_owned()]).unwrap();
        assert_eq!(control.tags(&resource).unwrap(), tags(&[("b", "3"), ("c", "")]));
        let many: BTreeMap<String, String> = (0..49).map(|n| (format!("n{n}"), String::new())).collect();
        let limit = ControlError::Limit { what: "tags of a resource", limit: 50 };
        assert_eq!(refused(control.tag_resource(&resource, &many)), limit);
        assert_eq!(control.tags(&resource).unwrap().len(), 2);
    }
    let unknown: ClusterId = "cluster-aaaaaaaaaaa".parse().unwrap();
    assert_eq!(refused(control.tags(&Resource::Cluster(unknown.clone()))), ControlError::ClusterNotFound(unknown));
}

#[test]
fn the_type_changes_forwards_and_for_a_day_backwards() {
    let cluster = TestCluster::active(2).unwrap();
    let (world, control, id) = (cluster.world(), cluster.control(), cluster.cluster_id());
    let change = |hsm_type: &str| {
        control.modify_cluster(id, &ModifyCluster { hsm_type: Some(hsm_type.to_owned()), retention_days: None })
    };
    let key = make_key(&kmsuser(&cluster), "kept");
    assert_eq!(refused(change("hsm9.large")), ControlError::HsmType("hsm9.large".to_owned()));
    assert!(matches!(refused(change("hsm1.medium")), ControlError::TypeChange { .. }));
    let begin = world.read(|rows| world.now(rows)).unwrap();
    let view = change("hsm2m.medium").unwrap();
    assert_eq!((view.cluster.hsm_type.as_str(), view.rollback_until), ("hsm2m.medium", Some(begin + DAY)));
    assert_eq!(backups(&control, id).last().unwrap().hsm_type, "hsm1.medium");
    let view = change("hsm1.medium").unwrap();
    assert_eq!((view.cluster.hsm_type.as_str(), view.rollback_until), ("hsm1.medium", None));
    change("hsm2m.medium").unwrap();
    pass(world, DAY);
    assert_eq!(control.cluster(id).unwrap().rollback_until, None);
    assert!(matches!(refused(change("hsm1.medium")), ControlError::TypeChange { .. }));
    assert_eq!(find_key(&kmsuser(&cluster), "kept"), [key]);
}
