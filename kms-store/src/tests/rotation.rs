//! The password rotation: a crash at any point loses no password.

use std::time::Duration;

use hsm_sim::fault::{FaultKind, FaultSpec};
use hsm_sim::user::LoginType;
use hsm_sim::{Password, SimTime};

use crate::key_store::{
    Attempt, Connection, ConnectionErrorCode, ConnectionState, Credentials, KeyStore, UpdateCustomKeyStore,
};
use crate::kms::Kms;
use crate::tests::Scene;

/// Does the first `steps` steps of a connection procedure that is waiting for its time.
fn connect_partly(scene: &Scene, kms: &Kms, steps: u8) {
    kms.connect_custom_key_store(scene.store.caller(), scene.store.id()).unwrap();
    step(scene, kms, steps);
}

fn step(scene: &Scene, kms: &Kms, steps: u8) {
    let store = record(scene);
    let Connection::Connecting { attempt, job, .. } = &store.connection else { panic!("connecting") };
    let attempt = Attempt { realm: scene.store.realm(), id: &store.id, number: *attempt, job };
    if steps == 0 {
        return;
    }
    let rotation = kms.prepare(&attempt).unwrap().unwrap();
    if steps == 1 {
        return;
    }
    let outcome = kms.rotate(&rotation).unwrap();
    if steps == 2 {
        return;
    }
    kms.conclude(&attempt, &rotation, outcome, SimTime::EPOCH).unwrap();
}

fn record(scene: &Scene) -> KeyStore {
    let (world, realm) = (scene.store.world(), scene.store.realm());
    world.read(|rows| KeyStore::find(rows, realm, scene.store.id())).unwrap()
}

fn next_password(scene: &Scene) -> Option<Password> {
    let (world, realm, store) = (scene.store.world(), scene.store.realm(), record(scene));
    world.read(|rows| Credentials::load(rows, realm, &store.id)?.next(world, &store.id)).unwrap()
}

#[test]
fn a_crash_after_any_step_is_made_good() {
    for steps in 0..=3 {
        let scene = Scene::new();
        let key = scene.store.create_key().unwrap().arn;
        let ciphertext = scene.seal(scene.store.kms(), &key).unwrap();
        scene.disconnect();
        connect_partly(&scene, scene.store.kms(), steps);
        assert_eq!(next_password(&scene).is_some(), steps == 1 || steps == 2, "step {steps}");

        let kms = scene.restarted();
        kms.advance(Duration::from_secs(1)).unwrap();
        assert_eq!(scene.state(), ConnectionState::Connected, "step {steps}");
        assert_eq!(next_password(&scene), None);
        assert!(scene.opens(&kms, &ciphertext));
        // And once more, with the password that it set.
        scene.disconnect();
        scene.store.connect().unwrap();
        assert_eq!(scene.state(), ConnectionState::Connected);
    }
}

#[test]
fn after_a_crash_a_failure_keeps_both_passwords() {
    let scene = Scene::new();
    scene.disconnect();
    connect_partly(&scene, scene.store.kms(), 2);
    let cluster = scene.store.cluster().cluster_id().clone();
    scene.store.world().faults().set(&FaultSpec::new(FaultKind::NetworkCut { cluster })).unwrap();
    let kms = scene.restarted();
    kms.advance(Duration::from_secs(1)).unwrap();
    assert_eq!(scene.store.describe().unwrap().error, Some(ConnectionErrorCode::NetworkErrors));
    assert!(next_password(&scene).is_some(), "the HSMs may hold it");

    scene.store.world().faults().clear_all().unwrap();
    scene.disconnect();
    scene.store.connect().unwrap();
    assert_eq!((scene.state(), next_password(&scene)), (ConnectionState::Connected, None));
}

/// The wrong passwords that each HSM has counted for kmsuser.
fn strikes(scene: &Scene) -> Vec<u32> {
    let cluster = scene.store.cluster();
    let mut admin = scene.store.world().admin(cluster.cluster_id()).unwrap();
    admin.login(LoginType::Co, "admin", cluster.admin_password()).unwrap();
    let listed = admin.list_users().unwrap();
    let users = listed.into_iter().map(|node| node.result.unwrap());
    users.map(|users| users.iter().find(|user| user.name.as_str() == "kmsuser").unwrap().failures).collect()
}

#[test]
fn a_crash_does_not_make_two_strikes_of_one_wrong_password() {
    for steps in 0..=3 {
        let scene = Scene::new();
        scene.disconnect();
        let request = UpdateCustomKeyStore {
            id: scene.store.id().to_owned(),
            password: Some(Password::from("wrongPassword")),
            ..UpdateCustomKeyStore::default()
        };
        scene.store.kms().update_custom_key_store(scene.store.caller(), &request).unwrap();
        connect_partly(&scene, scene.store.kms(), steps);
        assert_eq!(strikes(&scene), [u32::from(steps >= 2); 3], "step {steps}");

        let kms = scene.restarted();
        kms.advance(Duration::from_secs(1)).unwrap();
        let error = scene.store.describe().unwrap().error;
        assert_eq!((scene.state(), error), (ConnectionState::Failed, Some(ConnectionErrorCode::InvalidCredentials)));
        assert_eq!(strikes(&scene), [1; 3], "step {steps}");
        // The next attempt is another one.
        scene.disconnect();
        scene.store.connect().unwrap();
        assert_eq!(strikes(&scene), [2; 3], "step {steps}");
    }
}

#[test]
fn a_plain_failure_forgets_the_password_that_nobody_took() {
    let scene = Scene::new();
    scene.disconnect();
    let cluster = scene.store.cluster().cluster_id().clone();
    scene.store.world().faults().set(&FaultSpec::new(FaultKind::NetworkCut { cluster })).unwrap();
    scene.store.connect().unwrap();
    assert_eq!((scene.state(), next_password(&scene)), (ConnectionState::Failed, None));
}

#[test]
fn a_disconnect_in_the_middle_aborts_and_keeps_the_newest_password() {
    for steps in 0..=2 {
        let scene = Scene::new();
        scene.disconnect();
        let kms = scene.store.kms();
        kms.connect_custom_key_store(scene.store.caller(), scene.store.id()).unwrap();
        let store = record(&scene);
        let Connection::Connecting { attempt, job, .. } = &store.connection else { panic!("connecting") };
        let attempt = Attempt { realm: scene.store.realm(), id: &store.id, number: *attempt, job };
        let disconnect = |at: u8| {
            if at == steps {
                scene.disconnect();
            }
        };
        disconnect(0);
        if let Some(rotation) = kms.prepare(&attempt).unwrap() {
            disconnect(1);
            let outcome = kms.rotate(&rotation).unwrap();
            disconnect(2);
            kms.conclude(&attempt, &rotation, outcome, SimTime::EPOCH).unwrap();
        }
        assert_eq!(scene.state(), ConnectionState::Disconnected, "step {steps}");
        // KMS is logged in nowhere, and knows the password.
        let changed = officer_can_change_password(&scene);
        assert!(changed, "step {steps}: no session is left");
        scene.store.connect().unwrap();
        assert_eq!(scene.state(), ConnectionState::Connected, "step {steps}");
    }
}

/// Whether no session protects kmsuser: the officer sets a password and KMS is told.
fn officer_can_change_password(scene: &Scene) -> bool {
    let cluster = scene.store.cluster();
    let mut admin = scene.store.world().admin(cluster.cluster_id()).unwrap();
    admin.login(LoginType::Co, "admin", cluster.admin_password()).unwrap();
    let password = Password::from("tempPassword");
    let changed = admin.change_password(LoginType::Cu, "kmsuser", &password).unwrap();
    let request = UpdateCustomKeyStore {
        id: scene.store.id().to_owned(),
        password: Some(password),
        ..UpdateCustomKeyStore::default()
    };
    scene.store.kms().update_custom_key_store(scene.store.caller(), &request).unwrap();
    changed.iter().all(|node| node.result.is_ok())
}

#[test]
fn a_failing_store_in_any_step_is_tried_again() {
    for commits in 1..=4 {
        let scene = Scene::new();
        scene.disconnect();
        let kms = scene.store.kms();
        kms.connect_custom_key_store(scene.store.caller(), scene.store.id()).unwrap();
        let world = scene.store.world();
        world.set_time(world.read(|rows| world.now(rows)).unwrap() + Duration::from_secs(1), &[]).unwrap();
        world.faults().set(&FaultSpec::new(FaultKind::StoreFailing).times(commits)).unwrap();
        for _ in 0..=commits {
            // Some of these fail; the job stays.
            let _ = kms.run_due();
        }
        assert_eq!(scene.state(), ConnectionState::Connected, "{commits} failed commits");
    }
}
