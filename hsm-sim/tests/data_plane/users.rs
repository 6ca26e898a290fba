//! Users, logins, lockout.

use hsm_sim::KeyTemplate;

use super::*;

const WRONG: &str = "wrongPswd1";

#[test]
fn five_wrong_passwords_lock_the_account_on_every_node_that_was_asked() {
    let cluster = three();
    let right = cluster.kmsuser_password().unwrap();
    let mut tool = nobody(&cluster);
    for attempt in 1..=5 {
        let results = tool.login(LoginType::Cu, "kmsuser", &password(WRONG)).unwrap();
        assert_eq!(answers(results), vec![Err(HsmError::LoginFailure); 3], "attempt {attempt}");
        assert_eq!(failures(&cluster, "kmsuser"), [attempt; 3]);
    }
    for text in [WRONG, right.expose()] {
        let results = tool.login(LoginType::Cu, "kmsuser", &password(text)).unwrap();
        assert_eq!(answers(results), vec![Err(HsmError::UserLocked); 3]);
        assert_eq!(failures(&cluster, "kmsuser"), [5; 3]);
    }
    // Only a new password unlocks it, and only where it arrives.
    let mut officer = officer(&cluster);
    assert!(officer.select(Some(1)));
    everywhere(officer.change_password(LoginType::Cu, "kmsuser", &password("newPswd12")).unwrap());
    assert_eq!(failures(&cluster, "kmsuser"), [5, 0, 5]);
    let results = tool.login(LoginType::Cu, "kmsuser", &password("newPswd12")).unwrap();
    assert_eq!(answers(results), [Err(HsmError::UserLocked), Ok(()), Err(HsmError::UserLocked)]);
}

#[test]
fn counters_belong_to_nodes_and_success_resets_them() {
    let cluster = three();
    let mut tool = nobody(&cluster);
    for (server, wrong) in [(0, 4), (1, 2)] {
        tool.select(Some(server));
        for _ in 0..wrong {
            tool.login(LoginType::Cu, "kmsuser", &password(WRONG)).unwrap();
        }
    }
    assert_eq!(failures(&cluster, "kmsuser"), [4, 2, 0]);
    tool.select(Some(0));
    everywhere(tool.login(LoginType::Cu, "kmsuser", cluster.kmsuser_password().unwrap()).unwrap());
    assert_eq!(failures(&cluster, "kmsuser"), [0, 2, 0]);
}

#[test]
fn a_locked_officer_locks_nobody_else_out() {
    let cluster = three();
    everywhere(officer(&cluster).create_user(Role::Co, "second", &password("second123")).unwrap());
    let mut tool = nobody(&cluster);
    for _ in 0..5 {
        tool.login(LoginType::Co, "admin", &password(WRONG)).unwrap();
    }
    assert_eq!(
        answers(tool.login(LoginType::Co, "admin", cluster.admin_password()).unwrap()),
        vec![Err(HsmError::UserLocked); 3]
    );
    everywhere(tool.login(LoginType::Co, "second", &password("second123")).unwrap());
    everywhere(tool.change_password(LoginType::Co, "admin", &password("unlocked1")).unwrap());
    everywhere(nobody(&cluster).login(LoginType::Co, "admin", &password("unlocked1")).unwrap());
}

#[test]
fn logins_that_fail_without_a_strike() {
    let cluster = three();
    let text = cluster.kmsuser_password().unwrap();
    for (login_type, name, expected) in [
        (LoginType::Cu, "nobody", HsmError::UserUnknown),
        (LoginType::Cu, "not a name!", HsmError::UserUnknown),
        (LoginType::Co, "kmsuser", HsmError::InvalidUserType),
        (LoginType::Preco, "admin", HsmError::InvalidUserType),
        (LoginType::Cu, "admin", HsmError::InvalidUserType),
    ] {
        let results = nobody(&cluster).login(login_type, name, text).unwrap();
        assert_eq!(answers(results), vec![Err(expected.clone()); 3], "{login_type} {name}");
    }
    let lists = everywhere(nobody(&cluster).list_users().unwrap());
    assert!(lists.iter().flatten().all(|user| user.failures == 0));
    let results = nobody(&cluster).login(LoginType::Au, "app_user", text).unwrap();
    assert_eq!(answers(results), vec![Err(HsmError::LoginFailure); 3]);
}

#[test]
fn creating_users() {
    let cluster = three();
    let mut tool = officer(&cluster);
    for (role, name, text, expected) in [
        (Role::Cu, "alice", "alicePswd", Ok(())),
        (Role::Cu, "ALICE", "alicePswd", Err(HsmError::UserExists)),
        (Role::Co, "alice", "alicePswd", Err(HsmError::UserExists)),
        (Role::Preco, "bob", "bobsPswd1", Err(HsmError::InvalidUserType)),
        (Role::Pco, "bob", "bobsPswd1", Err(HsmError::InvalidUserType)),
        (Role::Au, "bob", "bobsPswd1", Err(HsmError::InvalidUserType)),
        (Role::Cu, "bad name", "bobsPswd1", Err(HsmError::InvalidName)),
        (Role::Cu, "bob", "short", Err(HsmError::InvalidPassword)),
        (Role::Co, "bob", "bobsPswd1", Ok(())),
    ] {
        let results = tool.create_user(role, name, &password(text)).unwrap();
        assert_eq!(answers(results), vec![expected; 3], "{role} {name} {text}");
    }
    let users = everywhere(tool.list_users().unwrap());
    assert!(users.iter().all(|list| *list == users[0]));
    let names: Vec<_> = users[0].iter().map(|user| (user.id, user.role, user.name.as_str())).collect();
    assert_eq!(
        names,
        [
            (1, Role::Pco, "admin"),
            (2, Role::Au, "app_user"),
            (3, Role::Cu, "kmsuser"),
            (4, Role::Cu, "alice"),
            (5, Role::Co, "bob")
        ]
    );
    everywhere(nobody(&cluster).login(LoginType::Cu, "Alice", &password("alicePswd")).unwrap());
}

#[test]
fn changing_passwords() {
    let cluster = three();
    let mut tool = officer(&cluster);
    for (user_type, name, text, expected) in [
        (LoginType::Cu, "kmsuser", "newPswd12", Ok(())),
        (LoginType::Co, "kmsuser", "newPswd12", Err(HsmError::InvalidUserType)),
        (LoginType::Cu, "nobody", "newPswd12", Err(HsmError::NoSuchUser)),
        (LoginType::Cu, "no name", "newPswd12", Err(HsmError::NoSuchUser)),
        (LoginType::Au, "app_user", "newPswd12", Err(HsmError::PermissionDenied)),
        (LoginType::Cu, "kmsuser", "short", Err(HsmError::InvalidPassword)),
        (LoginType::Co, "admin", "newPswd12", Ok(())),
    ] {
        let results = tool.change_password(user_type, name, &password(text)).unwrap();
        assert_eq!(answers(results), vec![expected; 3], "{user_type} {name} {text}");
    }
    // A second connection of the same user is another session.
    let _other = logged_in(&cluster, "kmsuser", "newPswd12");
    let results = tool.change_password(LoginType::Cu, "kmsuser", &password("newPswd13")).unwrap();
    assert_eq!(answers(results), vec![Err(HsmError::UserLoggedIn); 3]);
    let mut second = nobody(&cluster);
    everywhere(second.login(LoginType::Co, "admin", &password("newPswd12")).unwrap());
    let results = tool.change_password(LoginType::Co, "admin", &password("newPswd13")).unwrap();
    assert_eq!(answers(results), vec![Err(HsmError::UserLoggedIn); 3]);
    drop(second);
    everywhere(tool.change_password(LoginType::Co, "admin", &password("newPswd13")).unwrap());
}

#[test]
fn deleting_users() {
    let cluster = three();
    create_cu(&cluster, "alice", "alicePswd");
    let mut alice = logged_in(&cluster, "alice", "alicePswd");
    let key = alice.generate_key(&KeyTemplate::aes(32, "hers")).unwrap().handle;
    let mut tool = officer(&cluster);
    let mut delete = |user_type, name: &str| answers(tool.delete_user(user_type, name).unwrap());
    assert_eq!(delete(LoginType::Cu, "nobody"), vec![Err(HsmError::NoSuchUser); 3]);
    assert_eq!(delete(LoginType::Co, "alice"), vec![Err(HsmError::InvalidUserType); 3]);
    assert_eq!(delete(LoginType::Co, "admin"), vec![Err(HsmError::UserLoggedIn); 3]);
    assert_eq!(delete(LoginType::Au, "app_user"), vec![Err(HsmError::PermissionDenied); 3]);
    assert_eq!(delete(LoginType::Cu, "alice"), vec![Err(HsmError::UserLoggedIn); 3]);
    alice.logout().unwrap();
    assert_eq!(delete(LoginType::Cu, "alice"), vec![Err(HsmError::UserOwnsKeys); 3]);
    everywhere(alice.login("alice", &password("alicePswd")).unwrap());
    everywhere(alice.delete_key(key).unwrap());
    drop(alice);
    assert_eq!(delete(LoginType::Cu, "alice"), vec![Ok(()); 3]);
    assert_eq!(user_on_each(&cluster, "alice"), [None, None, None]);
    // The freed id is given again.
    create_cu(&cluster, "carol", "carolPswd");
    assert!(user_on_each(&cluster, "carol").iter().all(|user| user.as_ref().unwrap().id == 4));
}

#[test]
fn connections_log_in_once_and_out_by_themselves() {
    let cluster = three();
    let mut tool = officer(&cluster);
    let text = cluster.kmsuser_password().unwrap();
    let results = tool.login(LoginType::Cu, "kmsuser", text).unwrap();
    assert_eq!(answers(results), vec![Err(HsmError::AlreadyLoggedIn); 3]);
    assert_eq!(
        tool.info(1).unwrap().login.map(|(name, role)| (name.to_string(), role)),
        Some(("admin".into(), Role::Pco))
    );
    tool.select(Some(2));
    everywhere(tool.logout().unwrap());
    tool.select(None);
    let results = answers(tool.login(LoginType::Cu, "kmsuser", text).unwrap());
    assert_eq!(results, [Err(HsmError::AlreadyLoggedIn), Err(HsmError::AlreadyLoggedIn), Ok(())]);
    assert!(!tool.select(Some(3)), "no such server");

    let mut second = officer(&cluster);
    let mut change = |text: &str| answers(second.change_password(LoginType::Cu, "kmsuser", &password(text)).unwrap());
    assert_eq!(change("newPswd12"), [Ok(()), Ok(()), Err(HsmError::UserLoggedIn)]);
    drop(tool);
    assert_eq!(change("newPswd12"), vec![Ok(()); 3]);
}

#[test]
fn a_rewind_of_the_world_ends_logins() {
    let cluster = three();
    let snapshots = cluster.world().snapshots();
    snapshots.save("before").unwrap();
    let mut tool = officer(&cluster);
    let client = kmsuser(&cluster);
    let key = client.generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle;
    assert!(snapshots.restore("before").unwrap());

    assert_eq!(client.encrypt(key, b"", b"x").unwrap_err(), HsmError::SessionLost.into());
    let results = tool.change_password(LoginType::Cu, "kmsuser", &password("newPswd12")).unwrap();
    assert_eq!(answers(results), vec![Err(HsmError::SessionLost); 3]);
    everywhere(tool.login(LoginType::Co, "admin", cluster.admin_password()).unwrap());
    everywhere(tool.change_password(LoginType::Cu, "kmsuser", &password("newPswd12")).unwrap());
    let client = logged_in(&cluster, "kmsuser", "newPswd12");
    assert_eq!(client.encrypt(key, b"", b"x").unwrap_err(), HsmError::InvalidHandle.into());
}

#[test]
fn a_failing_store_leaves_nobody_logged_in() {
    let cluster = three();
    let mut tool = officer(&cluster);
    let mut client = application(&cluster);
    cluster.world().store().fail_next_commits(1, store::Failure::DiskFull);
    // A strike must be written, so the login must fail as a whole.
    assert!(matches!(client.login("kmsuser", &password(WRONG)), Err(hsm_sim::Error::Store(_))));
    assert_eq!(failures(&cluster, "kmsuser"), [0; 3]);
    everywhere(tool.change_password(LoginType::Cu, "kmsuser", &password("newPswd12")).unwrap());
}

/// Two openings of one directory, as two processes have them.
#[test]
fn a_login_is_seen_by_every_opening_of_the_directory() {
    let cluster = three();
    let second = hsm_sim::World::open(cluster.world().directory(), hsm_sim::WorldOptions::default()).unwrap();
    let mut elsewhere = second.client(cluster.cluster_id(), ClientClass::Tools).unwrap();
    everywhere(elsewhere.login("kmsuser", cluster.kmsuser_password().unwrap()).unwrap());
    let mut tool = officer(&cluster);
    let results = tool.change_password(LoginType::Cu, "kmsuser", &password("newPswd12")).unwrap();
    assert_eq!(answers(results), vec![Err(HsmError::UserLoggedIn); 3]);
    drop(elsewhere);
    everywhere(tool.change_password(LoginType::Cu, "kmsuser", &password("newPswd12")).unwrap());
}

/// Every attempt counts exactly once, whoever changes the password meanwhile.
#[test]
fn strikes_beside_password_changes() {
    let cluster = three();
    let mut tool = officer(&cluster);
    std::thread::scope(|scope| {
        let attempts = scope.spawn(|| {
            for _ in 0..20 {
                let results = nobody(&cluster).login(LoginType::Cu, "kmsuser", &password(WRONG)).unwrap();
                for answer in answers(results) {
                    assert!(matches!(answer, Err(HsmError::LoginFailure | HsmError::UserLocked)), "{answer:?}");
                }
                let counts = failures(&cluster, "kmsuser");
                assert!(counts.iter().all(|count| *count == counts[0] && *count <= 5), "{counts:?}");
            }
        });
        for number in 0..20 {
            everywhere(
                tool.change_password(LoginType::Cu, "kmsuser", &password(&format!("newPswd{number:02}"))).unwrap(),
            );
        }
        attempts.join().unwrap();
    });
    everywhere(tool.change_password(LoginType::Cu, "kmsuser", &password("newPswd99")).unwrap());
    everywhere(nobody(&cluster).login(LoginType::Cu, "kmsuser", &password("newPswd99")).unwrap());
}
