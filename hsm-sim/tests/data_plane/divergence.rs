//! How nodes come to differ, and what makes them equal again.

use hsm_sim::client::Query;
use hsm_sim::control::{CreateCluster, HsmSelector};
use hsm_sim::object::{Attribute, AttributeValue};
use hsm_sim::{ClusterId, KeyTemplate, World};

use super::*;

/// A command of the officer on one server only.
fn on_server<T>(cluster: &ActiveCluster, number: usize, command: impl FnOnce(&mut Admin) -> T) -> T {
    let mut tool = officer(cluster);
    assert!(tool.select(Some(number)));
    command(&mut tool)
}

fn add_node(cluster: &ActiveCluster) {
    let view = cluster.control().cluster(cluster.cluster_id()).unwrap();
    let zone = view.cluster.subnets.keys().next().unwrap().clone();
    cluster.control().create_hsm(cluster.cluster_id(), &zone, None).unwrap();
}

fn remove_node(cluster: &ActiveCluster, number: usize) {
    let selector = HsmSelector::Id(node(cluster, number));
    cluster.control().delete_hsm(cluster.cluster_id(), &selector).unwrap();
}

/// What each node has of `kmsuser`'s keys.
fn keys(cluster: &ActiveCluster) -> Vec<Vec<u32>> {
    let found = everywhere(officer(cluster).find_all_keys(3).unwrap());
    found.into_iter().map(|keys| keys.handles.into_iter().map(|(handle, _)| handle.get()).collect()).collect()
}

/// Password changed on one node only: each node answers for itself, strikes count where it is refused.
#[test]
fn a_password_on_one_node() {
    let cluster = three();
    on_server(&cluster, 1, |tool| {
        everywhere(tool.change_password(LoginType::Cu, "kmsuser", &password("newPswd12")).unwrap());
    });
    let wrong = Err(HsmError::LoginFailure);
    let mut client = application(&cluster);
    let results = client.login("kmsuser", &password("newPswd12")).unwrap();
    assert_eq!(answers(results), [wrong.clone(), Ok(()), wrong]);
    assert_eq!(failures(&cluster, "kmsuser"), [1, 0, 1]);

    // The client works with the node that accepted it, and its keys stay there.
    let created = client.generate_key(&KeyTemplate::aes(32, "lonely")).unwrap();
    let out = Err(HsmError::NotLoggedIn);
    assert_eq!(answers(created.nodes), [out.clone(), Ok(()), out]);
    client.encrypt(created.handle, b"", b"x").unwrap();
    drop(client);
    assert_eq!(keys(&cluster), [vec![], vec![created.handle.get()], vec![]]);

    everywhere(officer(&cluster).change_password(LoginType::Cu, "kmsuser", &password("repaired1")).unwrap());
    everywhere(application(&cluster).login("kmsuser", &password("repaired1")).unwrap());
    assert_eq!(failures(&cluster, "kmsuser"), [0; 3]);
}

/// A user created or deleted on one node only, with the ids and the names apart.
#[test]
fn a_user_on_one_node() {
    let cluster = three();
    on_server(&cluster, 2, |tool| {
        everywhere(tool.create_user(Role::Cu, "alice", &password("alicePswd")).unwrap());
    });
    let unknown = Err(HsmError::UserUnknown);
    let mut client = application(&cluster);
    let results = client.login("alice", &password("alicePswd")).unwrap();
    assert_eq!(answers(results), [unknown.clone(), unknown, Ok(())]);
    drop(client);

    create_cu_anyway(&cluster, "bobby");
    let ids = |name: &str| user_on_each(&cluster, name).into_iter().map(|user| user.map(|u| u.id)).collect::<Vec<_>>();
    assert_eq!(ids("alice"), [None, None, Some(4)]);
    assert_eq!(ids("bobby"), [Some(4), Some(4), Some(5)]);

    // Keys name their owner by number: the third node gives bobby's key to alice.
    let client = logged_in(&cluster, "bobby", "bobbyPswd");
    let created = client.generate_key(&KeyTemplate::aes(32, "whose")).unwrap();
    assert_eq!(created.handle.get(), 6, "made on the first node");
    everywhere(created.nodes);
    let missing = Err(HsmError::KeyAccessDenied);
    assert_eq!(answers(client.delete_key(created.handle).unwrap()), [Ok(()), Ok(()), missing]);
    drop(client);
    let mut alice = application(&cluster);
    alice.login("alice", &password("alicePswd")).unwrap();
    assert_eq!(alice.find(&Query::default()).unwrap().0, [created.handle]);

    // Deleted on one node only.
    on_server(&cluster, 0, |tool| everywhere(tool.delete_user(LoginType::Cu, "bobby").unwrap()));
    assert_eq!(ids("bobby"), [None, Some(4), Some(5)]);
    let results = officer(&cluster).delete_user(LoginType::Cu, "bobby").unwrap();
    assert_eq!(answers(results), [Err(HsmError::NoSuchUser), Ok(()), Ok(())]);
}

fn create_cu_anyway(cluster: &ActiveCluster, name: &str) {
    everywhere(officer(cluster).create_user(Role::Cu, name, &password(&format!("{name}Pswd"))).unwrap());
}

/// The owner does not exist on a node: the key does not get there.
#[test]
fn a_key_whose_owner_is_missing_on_a_node() {
    let cluster = three();
    on_server(&cluster, 0, |tool| everywhere(tool.delete_user(LoginType::Cu, "kmsuser").unwrap()));
    let mut client = application(&cluster);
    let results = client.login("kmsuser", cluster.kmsuser_password().unwrap()).unwrap();
    assert_eq!(answers(results), [Err(HsmError::UserUnknown), Ok(()), Ok(())]);
    let created = client.generate_key(&KeyTemplate::aes(32, "k")).unwrap();
    assert_eq!(answers(created.nodes), [Err(HsmError::NotLoggedIn), Ok(()), Ok(())]);
    drop(client);
    // Where the user was deleted its keys can be created no more, and elsewhere it owns keys.
    let results = officer(&cluster).delete_user(LoginType::Cu, "kmsuser").unwrap();
    let owns = Err(HsmError::UserOwnsKeys);
    assert_eq!(answers(results), [Err(HsmError::NoSuchUser), owns.clone(), owns]);
}

/// A node that was away misses creation and deletion, and stays different.
#[test]
fn a_node_that_was_away() {
    let cluster = three();
    let client = kmsuser(&cluster);
    let old = client.generate_key(&KeyTemplate::aes(32, "old")).unwrap().handle;
    let apart = || {
        let view = cluster.control().cluster(cluster.cluster_id()).unwrap();
        view.nodes.iter().map(|node| node.view.diverged).collect::<Vec<_>>()
    };
    assert_eq!(apart(), [false; 3], "what reaches every node is stored once");
    let fault = down(&cluster, 2);
    let away = Err(HsmError::NodeUnavailable);
    let created = client.generate_key(&KeyTemplate::aes(32, "new")).unwrap();
    assert_eq!(answers(created.nodes), [Ok(()), Ok(()), away.clone()]);
    assert_eq!(answers(client.delete_key(old).unwrap()), [Ok(()), Ok(()), away]);
    up(&cluster, &fault);
    assert_eq!(apart(), [false, false, true]);
    let (old, new) = (old.get(), created.handle.get());
    assert_eq!(keys(&cluster), [vec![new], vec![new], vec![old]]);
    let hashes: Vec<_> = everywhere(officer(&cluster).find_all_keys(3).unwrap()).into_iter().map(|k| k.hash).collect();
    assert!(hashes[0] == hashes[1] && hashes[0] != hashes[2]);

    // The old handle is taken on one node, so nobody gets it; a deletion repairs.
    let missing = Err(HsmError::InvalidHandle);
    let results = client.delete_key(hsm_sim::Handle::new(old)).unwrap();
    assert_eq!(answers(results), [missing.clone(), missing, Ok(())]);
    assert_eq!(keys(&cluster), [vec![new], vec![new], vec![]]);
}

/// Attributes set on one server differ from then on, also in what a client may do there.
#[test]
fn an_attribute_on_one_node() {
    let cluster = three();
    let client = kmsuser(&cluster);
    let key = client.generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle;
    let mut tool = nobody(&cluster);
    everywhere(tool.login(LoginType::Cu, "kmsuser", cluster.kmsuser_password().unwrap()).unwrap());
    let label = |tool: &Admin| {
        let values = everywhere(tool.attribute(key, Attribute::Label.number()).unwrap());
        values
            .into_iter()
            .map(|mut value| match value.remove(0).1 {
                AttributeValue::Text(text) => text,
                other => panic!("{other:?}"),
            })
            .collect::<Vec<_>>()
    };
    let text = |text: &str| AttributeValue::Text(text.into());
    tool.select(Some(1));
    everywhere(tool.set_attribute(key, Attribute::Label, &text("one")).unwrap());
    tool.select(None);
    assert_eq!(label(&tool), ["k", "one", "k"]);
    assert_eq!(client.find(&Query::label("one")).unwrap().0, [key]);
    // A flag set everywhere leaves the labels apart; a label set everywhere repairs.
    everywhere(tool.set_attribute(key, Attribute::Encrypt, &AttributeValue::Flag(false)).unwrap());
    assert_eq!(label(&tool), ["k", "one", "k"]);
    assert_eq!(client.encrypt(key, b"", b"x").unwrap_err(), HsmError::PolicyViolation.into());
    everywhere(tool.set_attribute(key, Attribute::Label, &text("all")).unwrap());
    assert_eq!(label(&tool), ["all"; 3]);
    assert_eq!(client.find(&Query::label("one")).unwrap().0, []);
    assert_eq!(client.find(&Query::label("all")).unwrap().0, [key]);

    for (attribute, value, expected) in [
        (Attribute::Trusted, AttributeValue::Flag(true), HsmError::PermissionDenied),
        (Attribute::Extractable, AttributeValue::Flag(true), HsmError::InvalidAttribute),
        (Attribute::Encrypt, AttributeValue::Number(1), HsmError::InvalidAttribute),
        (Attribute::Label, AttributeValue::Text("x".repeat(128)), HsmError::InvalidAttribute),
    ] {
        let results = tool.set_attribute(key, attribute, &value).unwrap();
        assert_eq!(answers(results), vec![Err(expected); 3], "{attribute:?}");
    }
    everywhere(officer(&cluster).set_attribute(key, Attribute::Trusted, &AttributeValue::Flag(true)).unwrap());
    let denied = officer(&cluster).set_attribute(key, Attribute::Label, &text("x")).unwrap();
    assert_eq!(answers(denied), vec![Err(HsmError::PermissionDenied); 3]);
}

/// A tool that was started before a node joined does not know it.
#[test]
fn a_tool_with_an_old_configuration() {
    let cluster = TestCluster::active(2).unwrap();
    let mut tool = officer(&cluster);
    add_node(&cluster);
    assert_eq!(everywhere(tool.change_password(LoginType::Cu, "kmsuser", &password("newPswd12")).unwrap()).len(), 2);
    let results = application(&cluster).login("kmsuser", &password("newPswd12")).unwrap();
    assert_eq!(answers(results), [Ok(()), Ok(()), Err(HsmError::LoginFailure)]);
    remove_node(&cluster, 0);
    let results = tool.change_password(LoginType::Cu, "kmsuser", &password("newPswd13")).unwrap();
    assert_eq!(answers(results), [Err(HsmError::NodeUnavailable), Ok(())]);
}

/// A node that joins equals the one that was backed up: users, counters, keys.
#[test]
fn a_node_that_joins_is_a_copy() {
    let cluster = three();
    let client = kmsuser(&cluster);
    let fault = down(&cluster, 0);
    let key = client.generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle.get();
    up(&cluster, &fault);
    nobody(&cluster).login(LoginType::Cu, "kmsuser", &password("wrongPswd")).unwrap();
    drop(client);
    add_node(&cluster);
    assert_eq!(failures(&cluster, "kmsuser"), [1; 4]);
    assert_eq!(keys(&cluster), [vec![], vec![key], vec![key], vec![key]], "copied from a node that nothing sets apart");
    // From now on the new node gets what the others get, and keeps what it is missed by.
    let client = kmsuser(&cluster);
    let fault = down(&cluster, 3);
    everywhere(client.delete_key(hsm_sim::Handle::new(key)).unwrap().split_off(1)[..2].to_vec());
    up(&cluster, &fault);
    assert_eq!(keys(&cluster), [vec![], vec![], vec![], vec![key]]);
}

/// The last node removed: a new one has what the removal's backup holds.
#[test]
fn the_last_node_removed_and_one_added() {
    let cluster = TestCluster::active(1).unwrap();
    let client = kmsuser(&cluster);
    let key = client.generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle;
    let sealed = client.encrypt(key, b"", b"x").unwrap();
    remove_node(&cluster, 0);
    assert_eq!(client.decrypt(key, &sealed.iv, b"", &sealed.ciphertext).unwrap_err(), HsmError::NoNode.into());
    assert_eq!(application(&cluster).login("kmsuser", &password("whatever1")).unwrap_err(), HsmError::NoNode.into());
    drop(client);
    add_node(&cluster);
    let client = kmsuser(&cluster);
    assert_eq!(client.decrypt(key, &sealed.iv, b"", &sealed.ciphertext).unwrap().expose(), b"x");
    let next = client.generate_key(&KeyTemplate::aes(32, "next")).unwrap();
    assert_ne!(next.handle, key);
    everywhere(client.delete_key(key).unwrap());
    assert_eq!(keys(&cluster), [vec![next.handle.get()]]);
}

/// A cluster from an old backup: the passwords and keys of that time, and a life of its own.
#[test]
fn a_cluster_from_a_backup() {
    let cluster = three();
    let client = kmsuser(&cluster);
    let first = client.generate_key(&KeyTemplate::aes(32, "first")).unwrap().handle;
    let sealed = client.encrypt(first, b"", b"x").unwrap();
    let backup = cluster.control().take_backup(cluster.cluster_id()).unwrap();
    everywhere(client.delete_key(first).unwrap());
    let second = client.generate_key(&KeyTemplate::aes(32, "second")).unwrap().handle;
    drop(client);
    everywhere(officer(&cluster).change_password(LoginType::Cu, "kmsuser", &password("newPswd12")).unwrap());

    let control = cluster.control();
    let subnets = control.default_subnets().unwrap().into_iter().map(|subnet| subnet.id).collect();
    let request = CreateCluster { source_backup: Some(backup.id), ..CreateCluster::new(subnets) };
    let clone: ClusterId = control.create_cluster(request).unwrap().cluster.id;
    let zones: Vec<_> = control.cluster(&clone).unwrap().cluster.subnets.keys().cloned().collect();
    for zone in zones.iter().take(2) {
        control.create_hsm(&clone, zone, None).unwrap();
    }
    let world: &World = cluster.world();
    let mut client = world.client(&clone, ClientClass::Tools).unwrap();
    everywhere(client.login("kmsuser", cluster.kmsuser_password().unwrap()).unwrap());
    assert_eq!(client.find(&Query::default()).unwrap().0, [first]);
    assert_eq!(client.decrypt(first, &sealed.iv, b"", &sealed.ciphertext).unwrap().expose(), b"x");
    let third = client.generate_key(&KeyTemplate::aes(32, "third")).unwrap();
    everywhere(third.nodes);
    assert_ne!(third.handle, first);
    everywhere(client.delete_key(first).unwrap());
    assert_eq!(client.find(&Query::default()).unwrap().0, [third.handle]);

    let origin = logged_in(&cluster, "kmsuser", "newPswd12");
    assert_eq!(origin.find(&Query::default()).unwrap().0, [second]);
}
