//! What owners and officers do with keys on each server: sharing, and the repair of a server that differs.

use hsm_sim::admin::Admin;
use hsm_sim::client::KeyInfo;
use hsm_sim::user::LoginType;
use hsm_sim::{ActiveCluster, Handle, HsmError, KeyTemplate};

use crate::{answers, create_cu, down, everywhere, kmsuser, logged_in, nobody, officer, password, three, up};

/// The management utility as this crypto user.
fn tool(cluster: &ActiveCluster, name: &str, text: &str) -> Admin {
    let mut tool = nobody(cluster);
    everywhere(tool.login(LoginType::Cu, name, &password(text)).unwrap());
    tool
}

fn owner(cluster: &ActiveCluster) -> Admin {
    tool(cluster, "kmsuser", cluster.kmsuser_password().unwrap().expose())
}

fn shared_with(tool: &Admin, key: Handle) -> Vec<Vec<u32>> {
    everywhere(tool.key_info(key).unwrap()).into_iter().map(|info| info.shared).collect()
}

#[test]
fn a_key_is_shared_and_taken_back() {
    let cluster = three();
    create_cu(&cluster, "bob", "bobPswd1");
    let key = kmsuser(&cluster).generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle;
    let mut owner = owner(&cluster);
    let bob = logged_in(&cluster, "bob", "bobPswd1");
    assert_eq!(bob.encrypt(key, b"", b"data"), Err(HsmError::KeyAccessDenied.into()));

    everywhere(owner.share_key(key, 4, true).unwrap());
    everywhere(owner.share_key(key, 4, true).unwrap());
    assert_eq!(shared_with(&owner, key), vec![vec![4]; 3]);
    assert!(bob.encrypt(key, b"", b"data").is_ok());
    assert_eq!(bob.key_info(key).unwrap(), KeyInfo { token: true, owner: 3, shared: vec![4], approvals: 0 });
    // Whom it is shared with uses it and manages nothing.
    let mut other = tool(&cluster, "bob", "bobPswd1");
    assert_eq!(answers(other.share_key(key, 4, false).unwrap()), vec![Err(HsmError::KeyAccessDenied); 3]);

    everywhere(owner.share_key(key, 4, false).unwrap());
    assert_eq!(shared_with(&owner, key), vec![Vec::<u32>::new(); 3]);
    assert_eq!(bob.encrypt(key, b"", b"data"), Err(HsmError::KeyAccessDenied.into()));
    assert_eq!(answers(other.key_info(key).unwrap()), vec![Err(HsmError::KeyAccessDenied); 3]);
}

#[test]
fn refusals_of_sharing() {
    let cluster = three();
    let key = kmsuser(&cluster).generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle;
    let mut owner = owner(&cluster);
    for (handle, user, refusal) in [
        (key, 99, HsmError::NoSuchUser),
        // An officer, and the owner itself.
        (key, 1, HsmError::NoSuchUser),
        (key, 3, HsmError::NoSuchUser),
        (Handle::new(5), 3, HsmError::InvalidHandle),
    ] {
        assert_eq!(answers(owner.share_key(handle, user, true).unwrap()), vec![Err(refusal); 3], "{handle} {user}");
    }
    let mut officer = officer(&cluster);
    assert_eq!(answers(officer.share_key(key, 3, true).unwrap()), vec![Err(HsmError::PermissionDenied); 3]);
    assert_eq!(answers(nobody(&cluster).key_info(key).unwrap()), vec![Err(HsmError::NotLoggedIn); 3]);
}

#[test]
fn a_server_that_missed_a_key_is_repaired() {
    let cluster = three();
    let client = kmsuser(&cluster);
    let mut owner = owner(&cluster);
    let fault = down(&cluster, 2);
    let missed = client.generate_key(&KeyTemplate::aes(32, "missed")).unwrap().handle;
    up(&cluster, &fault);
    let hashes = |tool: &Admin| everywhere(tool.find_all_keys(3).unwrap()).into_iter().map(|found| found.hash);
    assert!(hashes(&officer(&cluster)).nth(2).unwrap().is_none());

    // Without a selected server there is no source.
    assert_eq!(owner.sync_key(missed, 2), Err(HsmError::NodeUnavailable.into()));
    assert!(owner.select(Some(0)));
    assert_eq!(owner.sync_key(missed, 9), Err(HsmError::NodeUnavailable.into()));
    assert_eq!(owner.sync_key(Handle::new(5), 2), Err(HsmError::InvalidHandle.into()));
    owner.sync_key(missed, 2).unwrap();
    owner.sync_key(missed, 2).unwrap();
    let hashes: Vec<_> = hashes(&officer(&cluster)).collect();
    assert!(hashes[0].is_some() && hashes.iter().all(|hash| *hash == hashes[0]));
}

#[test]
fn an_officer_repairs_any_key_but_not_without_its_owner() {
    let cluster = three();
    let fault = down(&cluster, 2);
    create_cu_on_two(&cluster);
    let key = {
        let mut client = cluster.world().client(cluster.cluster_id(), hsm_sim::fault::ClientClass::Tools).unwrap();
        client.login("bob", &password("bobPswd1")).unwrap();
        client.generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle
    };
    up(&cluster, &fault);
    let mut officer = officer(&cluster);
    assert!(officer.select(Some(0)));
    assert_eq!(officer.sync_key(key, 2), Err(HsmError::NoSuchUser.into()));
    officer.sync_key(key, 1).unwrap();
    let mut stranger = owner(&cluster);
    assert!(stranger.select(Some(0)));
    assert_eq!(stranger.sync_key(key, 1), Err(HsmError::KeyAccessDenied.into()));
    let mut nobody = nobody(&cluster);
    assert!(nobody.select(Some(0)));
    assert_eq!(nobody.sync_key(key, 1), Err(HsmError::NotLoggedIn.into()));
}

/// Creates `bob` while one server is away.
fn create_cu_on_two(cluster: &ActiveCluster) {
    let mut tool = nobody(cluster);
    tool.login(LoginType::Co, "admin", cluster.admin_password()).unwrap();
    tool.create_user(hsm_sim::user::Role::Cu, "bob", &password("bobPswd1")).unwrap();
}
