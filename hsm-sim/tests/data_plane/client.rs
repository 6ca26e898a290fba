//! Keys through an application's connection.

use std::collections::BTreeSet;

use hsm_sim::client::{KeyInfo, Query};
use hsm_sim::object::{Attribute, AttributeValue, Class, Flags};
use hsm_sim::{Handle, KeyTemplate};

use super::*;

#[test]
fn a_key_is_on_every_node_under_one_handle() {
    let cluster = three();
    let client = kmsuser(&cluster);
    let mut handles = BTreeSet::new();
    for number in 0..9 {
        let created = client.generate_key(&KeyTemplate::aes(32, &format!("key {number}"))).unwrap();
        everywhere(created.nodes);
        assert!(handles.insert(created.handle));
        let (found, results) = client.find(&Query::label(&format!("key {number}"))).unwrap();
        everywhere(results);
        assert_eq!(found, [created.handle]);
    }
    // Made on the nodes in turn: each numbers its own from 6.
    let expected = (0..3).flat_map(|index| (6..9).map(move |counter| Handle::made_on(index, counter)));
    assert_eq!(handles, expected.collect());
    let tool = officer(&cluster);
    let found = everywhere(tool.find_all_keys(3).unwrap());
    assert!(found.iter().all(|keys| *keys == found[0] && keys.handles.len() == 9 && keys.hash.is_some()));
    assert!(
        everywhere(tool.find_all_keys(1).unwrap()).iter().all(|keys| keys.handles.is_empty() && keys.hash.is_none())
    );
    assert_eq!(answers(tool.find_all_keys(99).unwrap()), vec![Err(HsmError::NoSuchUser); 3]);
}

#[test]
fn attributes_of_a_service_key() {
    let cluster = three();
    let client = kmsuser(&cluster);
    let label = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let key = client.generate_key(&KeyTemplate::aes(32, label).extractable(false)).unwrap().handle;
    for (attribute, value) in [
        (Attribute::Class, AttributeValue::Number(4)),
        (Attribute::KeyType, AttributeValue::Number(31)),
        (Attribute::ValueLen, AttributeValue::Number(32)),
        (Attribute::Token, AttributeValue::Flag(true)),
        (Attribute::Extractable, AttributeValue::Flag(false)),
        (Attribute::NeverExtractable, AttributeValue::Flag(true)),
        (Attribute::Label, AttributeValue::Text(label.into())),
        (Attribute::Id, AttributeValue::Bytes(Vec::new())),
    ] {
        assert_eq!(client.attribute(key, attribute).unwrap(), value, "{attribute:?}");
    }
    assert!(matches!(client.attribute(key, Attribute::Kcv).unwrap(), AttributeValue::Bytes(kcv) if kcv.len() == 3));
    assert_eq!(client.key_info(key).unwrap(), KeyInfo { token: true, owner: 3, shared: vec![], approvals: 0 });
    let mut tool = nobody(&cluster);
    everywhere(tool.login(LoginType::Cu, "kmsuser", cluster.kmsuser_password().unwrap()).unwrap());
    let all = everywhere(tool.attribute(key, 512).unwrap());
    assert!(all.iter().all(|attributes| attributes.len() == Attribute::ALL.len() - 3 && *attributes == all[0]));
    assert_eq!(answers(tool.attribute(key, 999).unwrap()), vec![Err(HsmError::InvalidAttribute); 3]);
    assert_eq!(answers(tool.attribute(Handle::new(5), 3).unwrap()), vec![Err(HsmError::InvalidHandle); 3]);
}

#[test]
fn encryption() {
    let cluster = three();
    let client = kmsuser(&cluster);
    let key = client.generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle;
    let other = client.generate_key(&KeyTemplate::aes(16, "o")).unwrap().handle;
    let sealed = client.encrypt(key, b"context", b"plaintext").unwrap();
    assert_eq!(sealed.ciphertext.len(), 9 + 16);
    for _ in 0..6 {
        assert_eq!(client.decrypt(key, &sealed.iv, b"context", &sealed.ciphertext).unwrap().expose(), b"plaintext");
    }
    let mut ivs = BTreeSet::new();
    for _ in 0..100 {
        assert!(ivs.insert(client.encrypt(key, b"", b"").unwrap().iv));
    }
    let mut broken = sealed.ciphertext.clone();
    broken[0] ^= 1;
    for (key, iv, aad, ciphertext) in [
        (key, sealed.iv, b"context".as_slice(), broken.as_slice()),
        (key, sealed.iv, b"other", &sealed.ciphertext),
        (key, [0; 12], b"context", &sealed.ciphertext),
        (other, sealed.iv, b"context", &sealed.ciphertext),
        (key, sealed.iv, b"context", &[]),
    ] {
        assert_eq!(client.decrypt(key, &iv, aad, ciphertext).unwrap_err(), HsmError::InvalidCiphertext.into());
    }
    let largest = vec![7; 16 * 1024];
    let sealed = client.encrypt(key, b"", &largest).unwrap();
    assert_eq!(client.decrypt(key, &sealed.iv, b"", &sealed.ciphertext).unwrap().expose(), largest);
    assert_eq!(client.encrypt(key, b"", &[7; 16 * 1024 + 1]).unwrap_err(), HsmError::DataTooLong.into());
    assert_eq!(client.encrypt(Handle::new(1), b"", b"").unwrap_err(), HsmError::InvalidHandle.into());
    assert_eq!(client.random(64).unwrap().len(), 64);
    assert_ne!(client.random(32).unwrap(), client.random(32).unwrap());
}

#[test]
fn keys_are_seen_by_owner_and_sharers_and_deleted_by_the_owner() {
    let cluster = three();
    create_cu(&cluster, "alice", "alicePswd");
    create_cu(&cluster, "bobby", "bobbyPswd");
    let owner = kmsuser(&cluster);
    let key = owner.generate_key(&KeyTemplate::aes(32, "k").id(b"id").shared_with(&[4])).unwrap().handle;
    let sealed = owner.encrypt(key, b"", b"x").unwrap();
    let everything = Query::default();

    let alice = logged_in(&cluster, "alice", "alicePswd");
    assert_eq!(alice.decrypt(key, &sealed.iv, b"", &sealed.ciphertext).unwrap().expose(), b"x");
    assert_eq!(alice.find(&everything).unwrap().0, [key]);
    assert_eq!(answers(alice.delete_key(key).unwrap()), vec![Err(HsmError::KeyAccessDenied); 3]);

    let bobby = logged_in(&cluster, "bobby", "bobbyPswd");
    assert_eq!(bobby.encrypt(key, b"", b"x").unwrap_err(), HsmError::KeyAccessDenied.into());
    assert_eq!(bobby.key_info(key).unwrap_err(), HsmError::KeyAccessDenied.into());
    assert_eq!(bobby.find(&everything).unwrap().0, []);
    assert_eq!(answers(bobby.delete_key(key).unwrap()), vec![Err(HsmError::KeyAccessDenied); 3]);

    let tool = officer(&cluster);
    let marks = |user| {
        let found = everywhere(tool.find_all_keys(user).unwrap());
        found.into_iter().map(|keys| keys.handles.into_iter().map(|(_, mark)| mark).next()).next().unwrap()
    };
    assert_eq!(marks(3), Some(hsm_sim::admin::Mark::Owned));
    assert_eq!(marks(4), Some(hsm_sim::admin::Mark::Shared));
    assert_eq!(marks(5), None);

    for query in [
        Query::label("k"),
        Query { id: Some(b"id".to_vec()), ..Query::default() },
        Query { class: Some(Class::Secret), ..Query::default() },
    ] {
        assert_eq!(owner.find(&query).unwrap().0, [key], "{query:?}");
    }
    for query in [
        Query::label("K"),
        Query { id: Some(Vec::new()), ..Query::default() },
        Query { class: Some(Class::Public), ..Query::default() },
    ] {
        assert_eq!(owner.find(&query).unwrap().0, [], "{query:?}");
    }
    everywhere(owner.delete_key(key).unwrap());
    assert_eq!(answers(owner.delete_key(key).unwrap()), vec![Err(HsmError::InvalidHandle); 3]);
    assert_eq!(owner.decrypt(key, &sealed.iv, b"", &sealed.ciphertext).unwrap_err(), HsmError::InvalidHandle.into());
    assert_eq!(alice.find(&everything).unwrap().0, []);
}

#[test]
fn templates_that_are_refused() {
    let cluster = three();
    let client = kmsuser(&cluster);
    for (template, expected) in [
        (KeyTemplate::aes(17, "k"), HsmError::PolicyViolation),
        (KeyTemplate::aes(0, "k"), HsmError::PolicyViolation),
        (KeyTemplate::aes(32, &"x".repeat(128)), HsmError::InvalidAttribute),
        (KeyTemplate::aes(32, "k").shared_with(&[99]), HsmError::NoSuchUser),
        (KeyTemplate::aes(32, "k").shared_with(&[1]), HsmError::NoSuchUser),
    ] {
        assert_eq!(client.generate_key(&template).unwrap_err(), expected.into(), "{template:?}");
    }
    let mut template = KeyTemplate::aes(32, "k");
    template.flags = template.flags.with(Flags::ENCRYPT | Flags::DESTROYABLE, false);
    let key = client.generate_key(&template).unwrap().handle;
    assert_eq!(client.encrypt(key, b"", b"x").unwrap_err(), HsmError::PolicyViolation.into());
    assert_eq!(answers(client.delete_key(key).unwrap()), vec![Err(HsmError::PolicyViolation); 3]);
}

#[test]
fn handles_stay_unique_between_threads() {
    let cluster = three();
    let clients: Vec<Client> = (0..4).map(|_| kmsuser(&cluster)).collect();
    let handles: Vec<Handle> = std::thread::scope(|scope| {
        let make = |client: &Client| {
            (0..25).map(|_| client.generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle).collect()
        };
        let threads: Vec<_> =
            clients.iter().map(|client| scope.spawn(move || -> Vec<Handle> { make(client) })).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(handles.iter().collect::<BTreeSet<_>>().len(), 100);
    assert_eq!(clients[0].find(&Query::label("k")).unwrap().0.len(), 100);
}

#[test]
fn a_client_needs_one_node_only() {
    let cluster = three();
    let client = kmsuser(&cluster);
    let key = client.generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle;
    let faults: Vec<FaultId> = (0..2).map(|number| down(&cluster, number)).collect();
    let sealed = client.encrypt(key, b"", b"x").unwrap();
    let (_, results) = client.find(&Query::default()).unwrap();
    let unavailable = Err(HsmError::NodeUnavailable);
    assert_eq!(answers(results), [unavailable.clone(), unavailable.clone(), Ok(())]);
    let last = down(&cluster, 2);
    assert_eq!(client.encrypt(key, b"", b"x").unwrap_err(), HsmError::NoNode.into());
    assert_eq!(client.random(1).unwrap_err(), HsmError::NoNode.into());
    assert_eq!(client.generate_key(&KeyTemplate::aes(32, "n")).unwrap_err(), HsmError::NoNode.into());
    assert_eq!(answers(client.delete_key(key).unwrap()), vec![unavailable; 3]);
    up(&cluster, &last);
    faults.iter().for_each(|fault| up(&cluster, fault));
    assert_eq!(client.decrypt(key, &sealed.iv, b"", &sealed.ciphertext).unwrap().expose(), b"x");
}

#[test]
fn a_fault_that_heals_with_time_is_noticed_without_a_commit() {
    let cluster = TestCluster::active(1).unwrap();
    let client = kmsuser(&cluster);
    let key = client.generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle;
    client.encrypt(key, b"", b"x").unwrap();
    let kind = FaultKind::NodeDown { cluster: cluster.cluster_id().clone(), node: node(&cluster, 0) };
    let minute = std::time::Duration::from_secs(60);
    cluster.world().faults().set(&FaultSpec::new(kind).lasting(minute)).unwrap();
    assert_eq!(client.encrypt(key, b"", b"x").unwrap_err(), HsmError::NoNode.into());
    cluster.world().advance(minute, &[]).unwrap();
    client.encrypt(key, b"", b"x").unwrap();
}

#[test]
fn busy_nodes_say_so_and_others_do_the_work() {
    let cluster = TestCluster::active(2).unwrap();
    let client = kmsuser(&cluster);
    let key = client.generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle;
    let busy = |number| {
        let kind = FaultKind::Busy { cluster: cluster.cluster_id().clone(), node: node(&cluster, number) };
        cluster.world().faults().set(&FaultSpec::new(kind)).unwrap()
    };
    busy(0);
    for _ in 0..3 {
        client.encrypt(key, b"", b"x").unwrap();
    }
    let made = client.generate_key(&KeyTemplate::aes(32, "k")).unwrap();
    assert_eq!(answers(made.nodes), [Err(HsmError::Busy), Ok(())]);
    assert_eq!(answers(application(&cluster).login("nobody", &password("whatever1")).unwrap())[0], Err(HsmError::Busy));
    busy(1);
    let refused = hsm_sim::Error::from(HsmError::Busy);
    assert_eq!(client.encrypt(key, b"", b"x").unwrap_err(), refused);
    assert_eq!(client.random(8).unwrap_err(), refused);
    assert_eq!(client.list_users().unwrap_err(), refused);
    let mut tool = cluster.world().admin(cluster.cluster_id()).unwrap();
    let login = tool.login(LoginType::Co, hsm_sim::builder::ADMIN, cluster.admin_password()).unwrap();
    assert_eq!(answers(login), [Err(HsmError::Busy), Err(HsmError::Busy)]);
}

#[test]
fn a_client_goes_on_with_nodes_that_join() {
    let cluster = TestCluster::active(1).unwrap();
    let client = kmsuser(&cluster);
    let key = client.generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle;
    let view = cluster.control().cluster(cluster.cluster_id()).unwrap();
    cluster.control().create_hsm(cluster.cluster_id(), &view.nodes[0].zone, None).unwrap();
    down(&cluster, 0);
    client.encrypt(key, b"", b"x").unwrap();
}

#[test]
fn a_full_hsm_where_quotas_apply() {
    let cluster = TestCluster::active(1).unwrap();
    let client = kmsuser(&cluster);
    let template = KeyTemplate::aes(16, "k");
    let keys: Vec<Handle> = (0..3_300).map(|_| client.generate_key(&template).unwrap().handle).collect();
    let world = cluster.world();
    let settings = hsm_sim::Settings { quotas: true, ..world.settings().unwrap() };
    world.write(|tx| settings.save(tx)).unwrap();
    assert_eq!(client.generate_key(&template).unwrap_err(), HsmError::KeyStoreFull.into());
    everywhere(client.delete_key(keys[7]).unwrap());
    client.generate_key(&template).unwrap();
    assert_eq!(client.generate_key(&template).unwrap_err(), HsmError::KeyStoreFull.into());
}
