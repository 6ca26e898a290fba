//! CreateKey in a key store: a restart finishes or removes a half-made key.

use hsm_sim::client::Query;
use hsm_sim::service;

use crate::arn::KeyId;
use crate::audit::Call;
use crate::key::{Details, KeyState};
use crate::key_store::KMSUSER;
use crate::page::Page;
use crate::tests::Scene;

/// Does the first `steps` steps of a creation, as a service that is gone afterwards.
fn create_partly(scene: &Scene, steps: u8) -> KeyId {
    let kms = scene.restarted();
    let caller = scene.store.caller();
    let details = Details { description: String::new(), policy: String::new(), tags: Vec::new() };
    let id = KeyId::generate(kms.world().entropy());
    let intent = kms.begin_hsm_key(caller, id, details, scene.store.id()).unwrap();
    if steps > 1 {
        let handle = kms.make_hsm_key(&intent).unwrap();
        if steps > 2 {
            kms.publish_hsm_key(caller, Call::mutating("CreateKey"), &intent, handle).unwrap();
        }
    }
    id
}

fn keys_in_hsms(scene: &Scene) -> usize {
    let cluster = scene.store.cluster().cluster_id();
    let session = service::open(scene.store.world(), cluster, KMSUSER, scene.store.id()).unwrap();
    session.find(&Query::default()).unwrap().0.len()
}

#[test]
fn a_crash_after_any_step_leaves_a_whole_key_or_none() {
    for (steps, finished) in [(1, false), (2, true), (3, true)] {
        let scene = Scene::new();
        let id = create_partly(&scene, steps);
        let kms = scene.restarted();
        let listed = kms.list_keys(scene.store.caller(), &Page::ALL).unwrap().items;
        assert_eq!(listed.iter().map(|key| key.id).collect::<Vec<_>>(), if finished { vec![id] } else { vec![] });
        assert_eq!(keys_in_hsms(&scene), usize::from(finished), "step {steps}");
        if finished {
            let arn = id.arn(scene.store.realm());
            assert_eq!(kms.describe_key(scene.store.caller(), &arn).unwrap().state, KeyState::Enabled);
            let ciphertext = scene.seal(&kms, &arn).unwrap();
            assert!(scene.opens(&kms, &ciphertext));
        } else {
            scene.disconnect();
            kms.delete_custom_key_store(scene.store.caller(), scene.store.id()).expect("nothing is in it");
        }
    }
}

#[test]
fn what_the_hsms_cannot_say_now_is_asked_at_the_next_connect() {
    let scene = Scene::new();
    let id = create_partly(&scene, 2);
    scene.disconnect();
    let kms = scene.restarted();
    assert!(kms.list_keys(scene.store.caller(), &Page::ALL).unwrap().items.is_empty());
    assert!(kms.delete_custom_key_store(scene.store.caller(), scene.store.id()).is_err(), "it may hold a key");
    scene.store.connect().unwrap();
    assert_eq!(kms.list_keys(scene.store.caller(), &Page::ALL).unwrap().items[0].id, id);
}

#[test]
fn a_key_that_somebody_is_making_is_left_alone() {
    let scene = Scene::new();
    let maker = scene.restarted();
    let details = Details { description: String::new(), policy: String::new(), tags: Vec::new() };
    let id = KeyId::generate(maker.world().entropy());
    let at_work = maker.at_work_on(id);
    let intent = maker.begin_hsm_key(scene.store.caller(), id, details, scene.store.id()).unwrap();
    for kms in [&maker, scene.store.kms(), &scene.restarted()] {
        kms.settle_intents().unwrap();
    }
    let handle = maker.make_hsm_key(&intent).unwrap();
    maker.publish_hsm_key(scene.store.caller(), Call::mutating("CreateKey"), &intent, handle).unwrap();
    drop(at_work);
    assert_eq!(maker.list_keys(scene.store.caller(), &Page::ALL).unwrap().items.len(), 1);
}
