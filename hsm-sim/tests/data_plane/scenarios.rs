//! The tester's catalogue of divergence, as far as no other test shows it.
//!
//! |     | scenario                              | shown by |
//! |-----|---------------------------------------|----------|
//! | D1  | password changed on one node          | `divergence::a_password_on_one_node` |
//! | D2  | user created on one node              | `divergence::a_user_on_one_node` |
//! | D3  | user deleted on one node              | `divergence::a_user_on_one_node`, `a_user_deleted_on_one_node` |
//! | D4  | one name, two roles                   | `one_name_with_two_roles` |
//! | D5  | one name, two ids                     | `divergence::a_user_on_one_node`, `an_id_that_means_somebody_else` |
//! | D6  | a key's owner missing on a node       | `divergence::a_key_whose_owner_is_missing_on_a_node` |
//! | D7  | locked on some nodes                  | `locked_on_one_node` |
//! | D8  | locked on all                         | `users::five_wrong_passwords_lock_the_account_on_every_node_that_was_asked` |
//! | D9  | a tool that does not know a node      | `divergence::a_tool_with_an_old_configuration` |
//! | D10 | a node added later                    | `divergence::a_node_that_joins_is_a_copy` |
//! | D11 | a node removed                        | `a_node_removed_with_a_lonely_key` |
//! | D12 | the last node removed, one added      | `divergence::the_last_node_removed_and_one_added` |
//! | D13 | a cluster from an old backup          | `divergence::a_cluster_from_a_backup` |
//! | D14 | quorum and second factor on some nodes| `quorum::nodes_differ_and_are_cloned`, `two_factor::a_new_password_rotates_or_removes_the_factor` |
//! | D15 | attribute or share on some nodes      | `divergence::an_attribute_on_one_node`, `a_share_on_one_node` |
//! | D16 | a failure ignored                     | `a_failure_that_is_ignored`, and the utility's own transcripts |

use hsm_sim::control::HsmSelector;
use hsm_sim::service::{self, ConnectRefusal};
use hsm_sim::{Handle, KeyTemplate};

use super::*;

/// A command of the officer on one server only.
fn on_server<T>(cluster: &ActiveCluster, number: usize, command: impl FnOnce(&mut Admin) -> T) -> T {
    let mut tool = officer(cluster);
    assert!(tool.select(Some(number)));
    command(&mut tool)
}

fn make_key(cluster: &ActiveCluster, label: &str) -> Handle {
    kmsuser(cluster).generate_key(&KeyTemplate::aes(32, label)).unwrap().handle
}

/// How many keys of the id each node has.
fn keys_of(cluster: &ActiveCluster, user: u32) -> Vec<Result<usize, HsmError>> {
    let found = officer(cluster).find_all_keys(user).unwrap();
    found.into_iter().map(|one| one.result.map(|keys| keys.handles.len())).collect()
}

/// What KMS would say to this attempt.
fn connect(cluster: &ActiveCluster, attempt: u64) -> Result<(), ConnectRefusal> {
    let (current, next) = (cluster.kmsuser_password().unwrap(), &password("rotated1"));
    let login = service::Login { user: "kmsuser", current, next, owner: "cks-1", attempt };
    service::connect(cluster.world(), cluster.cluster_id(), &login).unwrap()
}

/// D3: keys stay where their owner stays; elsewhere nobody owns them, and a repair of the user does not bring them.
#[test]
fn a_user_deleted_on_one_node() {
    let cluster = three();
    on_server(&cluster, 1, |tool| everywhere(tool.delete_user(LoginType::Cu, "kmsuser").unwrap()));
    let mut client = application(&cluster);
    client.login("kmsuser", cluster.kmsuser_password().unwrap()).unwrap();
    let key = client.generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle;
    drop(client);
    assert_eq!(keys_of(&cluster, 3), [Ok(1), Err(HsmError::NoSuchUser), Ok(1)]);
    assert_eq!(connect(&cluster, 1), Err(ConnectRefusal::UserNotFound));
    let mut tool = officer(&cluster);
    tool.select(Some(0));
    assert!(tool.sync_user(3, 1).unwrap().succeeded());
    assert_eq!(keys_of(&cluster, 3), [Ok(1), Ok(0), Ok(1)]);
    tool.sync_key(key, 1).unwrap();
    assert_eq!(keys_of(&cluster, 3), vec![Ok(1); 3]);
    assert_eq!(connect(&cluster, 2), Ok(()));
}

/// D4: two tools create one name at once; no command of either role reaches all nodes until both users are gone.
#[test]
fn one_name_with_two_roles() {
    let cluster = three();
    on_server(&cluster, 0, |tool| everywhere(tool.create_user(Role::Co, "alice", &password("alicePswd")).unwrap()));
    let exists = Err(HsmError::UserExists);
    let results = officer(&cluster).create_user(Role::Cu, "alice", &password("alicePswd")).unwrap();
    assert_eq!(answers(results), [exists, Ok(()), Ok(())]);
    let roles: Vec<Role> = user_on_each(&cluster, "alice").into_iter().map(|user| user.unwrap().role).collect();
    assert_eq!(roles, [Role::Co, Role::Cu, Role::Cu]);

    let other = || Err(HsmError::InvalidUserType);
    let alice = password("alicePswd");
    let as_officer = nobody(&cluster).login(LoginType::Co, "alice", &alice).unwrap();
    assert_eq!(answers(as_officer), [Ok(()), other(), other()]);
    let as_user = nobody(&cluster).login(LoginType::Cu, "alice", &alice).unwrap();
    assert_eq!(answers(as_user), [other(), Ok(()), Ok(())]);
    let mut tool = officer(&cluster);
    let results = tool.change_password(LoginType::Cu, "alice", &password("another1")).unwrap();
    assert_eq!(answers(results), [other(), Ok(()), Ok(())]);
    tool.select(Some(1));
    assert_eq!(tool.sync_user(4, 0).unwrap().inserted, Some(other()));
    tool.select(None);
    for (login_type, expected) in
        [(LoginType::Co, [Ok(()), other(), other()]), (LoginType::Cu, [Err(HsmError::NoSuchUser), Ok(()), Ok(())])]
    {
        assert_eq!(answers(tool.delete_user(login_type, "alice").unwrap()), expected);
    }
    everywhere(tool.create_user(Role::Cu, "alice", &alice).unwrap());
}

/// D5: sharing is by number, and the number is somebody else's on one node.
#[test]
fn an_id_that_means_somebody_else() {
    let cluster = three();
    on_server(&cluster, 2, |tool| everywhere(tool.create_user(Role::Cu, "mallory", &password("mallory1")).unwrap()));
    create_cu(&cluster, "alice", "alicePswd");
    let ids: Vec<u32> = user_on_each(&cluster, "alice").into_iter().map(|user| user.unwrap().id).collect();
    assert_eq!(ids, [4, 4, 5]);
    let key = make_key(&cluster, "for alice");
    let mut owner = nobody(&cluster);
    everywhere(owner.login(LoginType::Cu, "kmsuser", cluster.kmsuser_password().unwrap()).unwrap());
    everywhere(owner.share_key(key, 4, true).unwrap());
    let may_use = |name: &str, text: &str| {
        let mut tool = nobody(&cluster);
        tool.login(LoginType::Cu, name, &password(text)).unwrap();
        answers(tool.key_info(key).unwrap()).into_iter().map(|answer| answer.is_ok()).collect::<Vec<_>>()
    };
    assert_eq!(may_use("alice", "alicePswd"), [true, true, false]);
    assert_eq!(may_use("mallory", "mallory1"), [false, false, true]);
}

/// D7: only a new password helps, and only where it arrives.
#[test]
fn locked_on_one_node() {
    let cluster = three();
    for _ in 0..5 {
        let mut tool = nobody(&cluster);
        tool.select(Some(1));
        tool.login(LoginType::Cu, "kmsuser", &password("wrongPswd")).unwrap();
    }
    assert_eq!(failures(&cluster, "kmsuser"), [0, 5, 0]);
    let right = || application(&cluster).login("kmsuser", cluster.kmsuser_password().unwrap()).unwrap();
    let locked = [Ok(()), Err(HsmError::UserLocked), Ok(())];
    assert_eq!(answers(right()), locked);
    assert_eq!(connect(&cluster, 1), Err(ConnectRefusal::UserLockedOut));
    let same = cluster.kmsuser_password().unwrap();
    on_server(&cluster, 0, |tool| everywhere(tool.change_password(LoginType::Cu, "kmsuser", same).unwrap()));
    assert_eq!(answers(right()), locked);
    // Bringing the user from a good node repairs too.
    let mut tool = officer(&cluster);
    tool.select(Some(0));
    assert!(tool.sync_user(3, 1).unwrap().succeeded());
    everywhere(right());
}

/// D11: what one node alone had goes with it.
#[test]
fn a_node_removed_with_a_lonely_key() {
    let cluster = three();
    let everywhere_else = make_key(&cluster, "everywhere");
    let faults = [down(&cluster, 0), down(&cluster, 1)];
    let mut client = application(&cluster);
    client.login("kmsuser", cluster.kmsuser_password().unwrap()).unwrap();
    let lonely = client.generate_key(&KeyTemplate::aes(32, "lonely")).unwrap().handle;
    drop(client);
    for fault in &faults {
        up(&cluster, fault);
    }
    assert_eq!(keys_of(&cluster, 3), [Ok(1), Ok(1), Ok(2)]);
    let client = kmsuser(&cluster);
    client.encrypt(lonely, b"", b"x").unwrap();
    cluster.control().delete_hsm(cluster.cluster_id(), &HsmSelector::Id(node(&cluster, 2))).unwrap();
    assert_eq!(client.encrypt(lonely, b"", b"x").unwrap_err(), HsmError::InvalidHandle.into());
    client.encrypt(everywhere_else, b"", b"x").unwrap();
    assert_eq!(keys_of(&cluster, 3), [Ok(1), Ok(1)]);
}

/// D15: nothing repairs a share but saying it again, or bringing the key.
#[test]
fn a_share_on_one_node() {
    let cluster = three();
    create_cu(&cluster, "alice", "alicePswd");
    let key = make_key(&cluster, "k");
    let mut owner = nobody(&cluster);
    everywhere(owner.login(LoginType::Cu, "kmsuser", cluster.kmsuser_password().unwrap()).unwrap());
    let fault = down(&cluster, 1);
    let results = owner.share_key(key, 4, true).unwrap();
    assert_eq!(answers(results), [Ok(()), Err(HsmError::NodeUnavailable), Ok(())]);
    up(&cluster, &fault);
    let shared = |owner: &Admin| {
        let infos = everywhere(owner.key_info(key).unwrap());
        infos.into_iter().map(|info| info.shared).collect::<Vec<_>>()
    };
    assert_eq!(shared(&owner), [vec![4], vec![], vec![4]]);
    let hashes: Vec<_> = everywhere(officer(&cluster).find_all_keys(3).unwrap()).into_iter().map(|k| k.hash).collect();
    assert!(hashes[0] == hashes[2] && hashes[0] != hashes[1]);
    owner.select(Some(0));
    owner.sync_key(key, 1).unwrap();
    owner.select(None);
    assert_eq!(shared(&owner), [vec![4], vec![4], vec![4]]);
}

/// D16: the servers after the one that failed are changed, it is not; the same command again fills the gap.
#[test]
fn a_failure_that_is_ignored() {
    let cluster = three();
    let mut tool = officer(&cluster);
    let fault = down(&cluster, 0);
    let results = tool.create_user(Role::Cu, "alice", &password("alicePswd")).unwrap();
    assert_eq!(answers(results), [Err(HsmError::NodeUnavailable), Ok(()), Ok(())]);
    up(&cluster, &fault);
    let there = || user_on_each(&cluster, "alice").into_iter().map(|user| user.is_some()).collect::<Vec<_>>();
    assert_eq!(there(), [false, true, true]);
    let exists = Err(HsmError::UserExists);
    let results = tool.create_user(Role::Cu, "alice", &password("alicePswd")).unwrap();
    assert_eq!(answers(results), [Ok(()), exists.clone(), exists]);
    // A deletion that was stopped is undone where it happened.
    tool.select(Some(2));
    everywhere(tool.delete_user(LoginType::Cu, "alice").unwrap());
    assert_eq!(there(), [true, true, false]);
    everywhere(tool.undo_delete_user().unwrap());
    assert_eq!(there(), [true; 3]);
    assert_eq!(answers(tool.undo_delete_user().unwrap()), [Err(HsmError::NoSuchUser)]);
    let mut client = application(&cluster);
    everywhere(client.login("alice", &password("alicePswd")).unwrap());
}
