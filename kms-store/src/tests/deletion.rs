//! The end of a key: a crash between deleting the material and forgetting the key neither repeats nor misreports it.

use std::time::Duration;

use hsm_sim::fault::{FaultKind, FaultSpec};
use hsm_sim::row;

use crate::audit::{LookupAttribute, LookupEvents, LookupKey};
use crate::key::{KeyRecord, Life, Origin};
use crate::page::Page;
use crate::tests::Scene;

const DAY: Duration = Duration::from_secs(24 * 3_600);

#[test]
fn a_crash_between_the_halves_is_made_good() {
    let scene = Scene::new();
    let key = scene.store.create_key().unwrap();
    let (world, realm, caller) = (scene.store.world(), scene.store.realm(), scene.store.caller());
    scene.store.kms().schedule_key_deletion(caller, &key.arn, Some(7)).unwrap();
    let read = || world.read(|rows| row::load::<KeyRecord>(rows, &key.key_id.row_key(realm))).unwrap();
    let record = read().unwrap();
    let Origin::CloudHsm(origin) = &record.origin else { panic!("an HSM key") };
    scene.store.kms().delete_material(realm, &record, origin).unwrap();
    assert!(read().is_some_and(|record| matches!(record.life, Life::PendingDeletion { .. })));

    let kms = scene.restarted();
    kms.advance(DAY * 7).unwrap();
    assert_eq!(read(), None);
    assert_deleted_once(&scene);
}

#[test]
fn a_failing_store_is_no_failed_deletion() {
    for commits in 1..=4 {
        let scene = Scene::new();
        let key = scene.store.create_key().unwrap();
        let (kms, world) = (scene.store.kms(), scene.store.world());
        let due = kms.schedule_key_deletion(scene.store.caller(), &key.arn, Some(7)).unwrap().deletion_date;
        world.set_time(due, &[]).unwrap();
        world.faults().set(&FaultSpec::new(FaultKind::StoreFailing).times(commits)).unwrap();
        for _ in 0..=commits {
            // Some of these fail; the job stays.
            let _ = kms.run_due();
        }
        assert_deleted_once(&scene);
    }
}

fn assert_deleted_once(scene: &Scene) {
    let attribute = Some(LookupAttribute { key: LookupKey::EventName, value: "DeleteKey".into() });
    let request = LookupEvents { attribute, ..LookupEvents::default() };
    let events = scene.store.kms().lookup_events(scene.store.caller(), &request, &Page::ALL).unwrap().items;
    assert_eq!(events.len(), 1);
    assert!(events[0].document.contains("SUCCESS"), "{}", events[0].document);
}
