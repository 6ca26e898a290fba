//! Keys as the management tools use them.

use hsm_sim::client::NodeResult;
use hsm_sim::cluster::Personality;
use hsm_sim::fault::{FaultKind, FaultSpec};
use hsm_sim::keys::{Keys, Made, Padding, Query, Terms};
use hsm_sim::object::{Attribute as Shown, AttributeValue, Class};
use hsm_sim::token::{Attribute, Mechanism, MechanismType, Template};
use hsm_sim::user::{LoginType, Role};
use hsm_sim::{ActiveCluster, Handle, HsmError, Password, Realm, TestCluster, World};

/// OID 1.2.840.10045.3.1.7.
const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

fn of(cluster: &ActiveCluster, name: &str, password: &str) -> Keys {
    let keys = Keys::connect(cluster.world(), cluster.cluster_id(), false).unwrap();
    let kind = if name == "admin" { LoginType::Co } else { LoginType::Cu };
    let answers = keys.login(kind, name, &Password::from(password)).unwrap();
    assert!(answers.iter().any(|answer| answer.result.is_ok()));
    keys
}

fn kmsuser(cluster: &ActiveCluster) -> Keys {
    of(cluster, "kmsuser", "kmsPswd1")
}

fn with_bob(nodes: usize) -> ActiveCluster {
    let cluster = TestCluster::active(nodes).unwrap();
    let mut tool = cluster.world().admin(cluster.cluster_id()).unwrap();
    tool.login(LoginType::Co, "admin", cluster.admin_password()).unwrap();
    tool.create_user(Role::Cu, "bob", &Password::from("bobPswd1")).unwrap();
    cluster
}

fn label(text: &str) -> Template {
    Template::new().flag(Attribute::Token, true).bytes(Attribute::Label, text.as_bytes())
}

fn aes(text: &str) -> Template {
    let uses = [Attribute::Encrypt, Attribute::Decrypt, Attribute::Wrap, Attribute::Unwrap];
    uses.into_iter().fold(label(text).number(Attribute::ValueLen, 32), |template, usage| template.flag(usage, true))
}

fn session(template: &Template) -> Template {
    let kept = template.iter().filter(|(attribute, _)| *attribute != Attribute::Token);
    kept.fold(Template::new(), |template, (attribute, value)| template.with(attribute, value.clone()))
}

fn generate(keys: &Keys, template: &Template, terms: &Terms) -> hsm_sim::Result<Made> {
    keys.generate(&Mechanism::new(MechanismType::AesKeyGen), template, terms)
}

fn key(keys: &Keys, text: &str) -> Handle {
    generate(keys, &aes(text), &Terms::default()).unwrap().handle
}

fn states<T>(nodes: &[NodeResult<T>]) -> Vec<Result<(), HsmError>> {
    nodes.iter().map(|node| node.result.as_ref().map(|_| ()).map_err(Clone::clone)).collect()
}

fn down(cluster: &ActiveCluster, number: usize) -> hsm_sim::id::FaultId {
    let node = cluster.control().cluster(cluster.cluster_id()).unwrap().nodes[number].id.clone();
    let kind = FaultKind::NodeDown { cluster: cluster.cluster_id().clone(), node };
    cluster.world().faults().set(&FaultSpec::new(kind)).unwrap().id
}

fn refused<T: std::fmt::Debug>(result: hsm_sim::Result<T>) -> HsmError {
    match result {
        Err(hsm_sim::Error::Hsm(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_terms_of_new_keys() {
    let cluster = with_bob(3);
    let keys = kmsuser(&cluster);
    let shared = |users: &[u32], approvals| Terms { shared: users.to_vec(), approvals, ..Terms::default() };
    let made = generate(&keys, &aes("shared"), &shared(&[4], 2)).unwrap();
    assert_eq!(states(&made.nodes), vec![Ok(()); 3]);
    let info = keys.key_info(made.handle).unwrap();
    assert_eq!((info.owner, info.shared, info.approvals, info.token), (3, vec![4], 2, true));
    let unique = Terms { unique_id: true, ..Terms::default() };
    generate(&keys, &aes("id").bytes(Attribute::Id, b"one"), &unique).unwrap();
    for (template, terms, refusal) in [
        (aes("k"), shared(&[9], 0), HsmError::NoSuchUser),
        (aes("k"), shared(&[3], 0), HsmError::NoSuchUser),
        (aes("k"), shared(&[1], 0), HsmError::NoSuchUser),
        (aes("k"), shared(&[4], 3), HsmError::PolicyViolation),
        (aes("k"), shared(&[], 1), HsmError::PolicyViolation),
        (aes("k").bytes(Attribute::Id, b"one"), unique.clone(), HsmError::InvalidAttribute),
        (session(&aes("k")).bytes(Attribute::Id, b"one"), unique, HsmError::InvalidAttribute),
        (aes("k"), Terms { servers: 4, ..Terms::default() }, HsmError::TooFewNodes),
        (aes(&"k".repeat(128)), Terms::default(), HsmError::PolicyViolation),
        (label("k").number(Attribute::ValueLen, 20), Terms::default(), HsmError::PolicyViolation),
    ] {
        assert_eq!(refused(generate(&keys, &template, &terms)), refusal, "{template:?} {terms:?}");
    }
}

#[test]
fn a_node_away_when_a_key_is_made() {
    let cluster = TestCluster::active(3).unwrap();
    let keys = kmsuser(&cluster);
    down(&cluster, 1);
    let two_of_three = vec![Ok(()), Err(HsmError::NodeUnavailable), Ok(())];
    let made = generate(&keys, &aes("k"), &Terms { servers: 2, ..Terms::default() }).unwrap();
    assert_eq!(states(&made.nodes), two_of_three);
    assert_eq!(states(&keys.find_one(made.handle).unwrap()), two_of_three);
    let three = Terms { servers: 3, ..Terms::default() };
    assert_eq!(refused(generate(&keys, &aes("none"), &three)), HsmError::TooFewNodes);
    assert_eq!(keys.find(&Query::label("none")).unwrap().0, []);
}

#[test]
fn two_hsms_or_none_unless_switched_off() {
    let cluster = TestCluster::active(2).unwrap();
    let strict = Keys::connect(cluster.world(), cluster.cluster_id(), true).unwrap();
    strict.login(LoginType::Cu, "kmsuser", &Password::from("kmsPswd1")).unwrap();
    let mechanism = strict.key_wrap(Padding::Zeros, &[]);
    let kept = key(&strict, "kept");
    down(&cluster, 1);
    assert_eq!(refused(generate(&strict, &aes("k"), &Terms::default())), HsmError::TooFewNodes);
    assert_eq!(refused(strict.wrap_bytes(&mechanism, kept, b"bytes")), HsmError::TooFewNodes);
    drop(strict);
    let lax = kmsuser(&cluster);
    key(&lax, "k");
    lax.wrap_bytes(&mechanism, kept, b"bytes").unwrap();
}

#[test]
fn session_keys_live_on_one_node_and_die_with_the_session() {
    let cluster = TestCluster::active(3).unwrap();
    let keys = kmsuser(&cluster);
    let made = generate(&keys, &session(&aes("short")), &Terms::default()).unwrap();
    assert_eq!(states(&made.nodes), [Ok(())]);
    assert_eq!(keys.attribute(made.handle, Shown::Token).unwrap(), AttributeValue::Flag(false));
    assert_eq!(keys.find(&Query::label("short")).unwrap().0, [made.handle]);
    assert_eq!(keys.find_one(made.handle).unwrap(), made.nodes);
    let mechanism = keys.key_wrap(Padding::Zeros, &[]);
    keys.wrap_bytes(&mechanism, made.handle, b"bytes").unwrap();
    // Nobody else sees it, and no other key gets its handle.
    let other = kmsuser(&cluster);
    assert_eq!(other.find(&Query::label("short")).unwrap().0, []);
    assert_eq!(refused(other.key_info(made.handle)), HsmError::InvalidHandle);
    let others: Vec<Handle> = (0..6).map(|_| key(&other, "long")).collect();
    assert!(!others.contains(&made.handle));

    // One becomes a key of the cluster under its handle, one is deleted, one dies.
    let [kept, deleted, dies] =
        [(); 3].map(|()| generate(&keys, &session(&aes("short")), &Terms::default()).unwrap().handle);
    assert_eq!(states(&keys.persist(kept).unwrap()), vec![Ok(()); 3]);
    assert_eq!(states(&keys.persist(kept).unwrap()), vec![Ok(()); 3]);
    assert_eq!(keys.delete(deleted).unwrap().len(), 1);
    assert_eq!(refused(keys.key_info(deleted)), HsmError::InvalidHandle);
    keys.logout().unwrap();
    keys.login(LoginType::Cu, "kmsuser", &Password::from("kmsPswd1")).unwrap();
    assert_eq!(keys.find(&Query::label("short")).unwrap().0, [kept]);
    assert_eq!(refused(keys.key_info(dies)), HsmError::InvalidHandle);

    // A node that is lost takes its session keys along.
    let made = generate(&keys, &session(&aes("lost")), &Terms::default()).unwrap();
    down(&cluster, made.nodes[0].server);
    assert_eq!(keys.find(&Query::label("lost")).unwrap().0, []);
}

#[test]
fn only_the_owner_takes_a_key_out() {
    let cluster = with_bob(2);
    let (keys, bob) = (kmsuser(&cluster), of(&cluster, "bob", "bobPswd1"));
    let shared = Terms { shared: vec![4], ..Terms::default() };
    let lent = generate(&keys, &aes("lent"), &shared).unwrap().handle;
    let own = key(&bob, "own");
    let mechanism = keys.key_wrap(Padding::Zeros, &[]);
    let (wrapped, nodes) = bob.wrap(&mechanism, lent, own).unwrap();
    assert_eq!(states(&nodes), vec![Ok(()); 2]);
    assert_eq!(refused(bob.wrap(&mechanism, own, lent)), HsmError::KeyAccessDenied);
    assert_eq!(refused(bob.mask(lent)), HsmError::KeyAccessDenied);
    assert_eq!(states(&bob.delete(lent).unwrap()), vec![Err(HsmError::KeyAccessDenied); 2]);
    assert_eq!(refused(bob.wrap(&mechanism, own, Handle::new(5))), HsmError::InvalidHandle);
    // Both hold the same key now.
    let template = label("back").number(Attribute::Class, 4).number(Attribute::KeyType, 31);
    let back = keys.unwrap(&mechanism, lent, &wrapped, &template, &Terms::default()).unwrap().handle;
    let check_value = |keys: &Keys, key| keys.attribute(key, Shown::Kcv).unwrap();
    assert_eq!(check_value(&keys, back), check_value(&bob, own));
    assert_eq!(keys.attribute(back, Shown::Local).unwrap(), AttributeValue::Flag(false));
    assert_eq!(
        refused(keys.unwrap(&mechanism, lent, &wrapped[1..], &template, &Terms::default())),
        HsmError::InvalidCiphertext
    );
    let secret = bob.unwrap_bytes(&mechanism, lent, &wrapped).unwrap();
    assert_eq!(secret.len(), 32);
    assert_eq!(bob.wrap_bytes(&mechanism, lent, secret.expose()).unwrap(), wrapped);
}

#[test]
fn officers_have_no_use_of_keys() {
    let cluster = TestCluster::active(1).unwrap();
    let handle = key(&kmsuser(&cluster), "k");
    let officer = Keys::connect(cluster.world(), cluster.cluster_id(), false).unwrap();
    assert_eq!(refused(generate(&officer, &aes("k"), &Terms::default())), HsmError::NotLoggedIn);
    assert_eq!(refused(officer.mask(handle)), HsmError::NotLoggedIn);
    officer.login(LoginType::Co, "admin", cluster.admin_password()).unwrap();
    assert_eq!(officer.logged_in(), Some(false));
    assert_eq!(refused(generate(&officer, &aes("k"), &Terms::default())), HsmError::PermissionDenied);
    assert_eq!(refused(officer.key_info(handle)), HsmError::PermissionDenied);
    // Masked objects they may have (documented).
    assert!(!officer.mask(handle).unwrap().is_empty());
}

#[test]
fn pairs_sign_and_verify() {
    for personality in [Personality::CloudHsm, Personality::Generic] {
        let world = World::ephemeral().unwrap();
        let builder = ActiveCluster::builder().nodes(2).kmsuser("kmsPswd1").personality(personality);
        let cluster = builder.build_in(&world, &Realm::default()).unwrap();
        let keys = kmsuser(&cluster);
        let public = label("pair").bytes(Attribute::EcParams, &P256).flag(Attribute::Verify, true);
        let private = label("pair").flag(Attribute::Sign, true);
        let mechanism = Mechanism::new(MechanismType::EcKeyPairGen);
        let pair = keys.generate_pair(&mechanism, &public, &private, &Terms::default()).unwrap();
        let mechanism = Mechanism::new(MechanismType::EcdsaSha256);
        let (signature, nodes) = keys.sign(&mechanism, pair.private, b"message").unwrap();
        assert_eq!(states(&nodes), vec![Ok(()); 2]);
        keys.verify(&mechanism, pair.public, b"message", &signature).unwrap();
        assert_eq!(refused(keys.verify(&mechanism, pair.public, b"other", &signature)), HsmError::BadSignature);
        assert_eq!(refused(keys.sign(&mechanism, pair.public, b"message")), HsmError::PolicyViolation);
        let both = Query { label: Some("pair".to_owned()), ..Query::default() };
        assert_eq!(keys.find(&both).unwrap().0, [pair.public, pair.private]);
        let private = Query { class: Some(Class::Private), ..both };
        assert_eq!(keys.find(&private).unwrap().0, [pair.private]);
        // What the tools show of both halves.
        for handle in [pair.public, pair.private] {
            let AttributeValue::Bytes(point) = keys.attribute(handle, Shown::Modulus).unwrap() else { panic!() };
            assert_eq!((point.len(), point[0]), (65, 4));
            assert_eq!(keys.attribute(handle, Shown::ModulusBits).unwrap(), AttributeValue::Number(415));
            assert_eq!(refused(keys.attribute(handle, Shown::PublicExponent)), HsmError::InvalidAttribute);
        }
        let check_values = [pair.public, pair.private].map(|handle| keys.attribute(handle, Shown::Kcv).unwrap());
        assert!(check_values[0] == check_values[1] && check_values[0] != AttributeValue::Bytes(vec![0; 3]));
        assert!(keys.public_key(pair.public).unwrap().to_pem().unwrap().starts_with("-----BEGIN PUBLIC KEY"));
        assert_eq!(refused(keys.public_key(pair.private)), HsmError::PolicyViolation);
    }
}

#[test]
fn masked_objects_stay_in_the_family() {
    let cluster = with_bob(2);
    let keys = kmsuser(&cluster);
    let template = aes("k").flag(Attribute::Extractable, false).bytes(Attribute::Id, b"id");
    let terms = Terms { shared: vec![4], approvals: 2, ..Terms::default() };
    let key = generate(&keys, &template, &terms).unwrap().handle;
    let masked = keys.mask(key).unwrap();
    let made = keys.unmask(&masked, &Terms::default()).unwrap();
    assert_ne!(made.handle, key);
    assert_eq!(keys.key_info(made.handle).unwrap(), keys.key_info(key).unwrap());
    for attribute in Shown::ALL {
        let values = [key, made.handle].map(|handle| keys.attribute(handle, attribute).ok());
        assert_eq!(values[0], values[1], "{attribute:?}");
    }
    // Whoever inserts it, it stays its owner's (documented).
    let bob = of(&cluster, "bob", "bobPswd1");
    let made = bob.unmask(&masked, &Terms::default()).unwrap();
    assert_eq!(bob.key_info(made.handle).unwrap().owner, 3);
    // What users must approve stays so in the copy.
    let mechanism = keys.key_wrap(Padding::Zeros, &[]);
    assert_eq!(refused(keys.wrap_bytes(&mechanism, made.handle, b"bytes")), HsmError::KeyNotApproved);
    // Material and all: what one wraps the other unwraps.
    let free = generate(&keys, &aes("free"), &Terms::default()).unwrap().handle;
    let copy = keys.unmask(&keys.mask(free).unwrap(), &Terms::default()).unwrap();
    let wrapped = keys.wrap_bytes(&mechanism, free, b"bytes").unwrap();
    assert_eq!(keys.unwrap_bytes(&mechanism, copy.handle, &wrapped).unwrap().expose(), b"bytes");

    let stranger = ActiveCluster::builder().nodes(1).kmsuser("kmsPswd1");
    let stranger = stranger.build_in(cluster.world(), &Realm::new("111122223333", "eu-west-1").unwrap()).unwrap();
    for damaged in [&masked[..], &masked[..9], b"", b"-----BEGIN"] {
        assert_eq!(refused(kmsuser(&stranger).unmask(damaged, &Terms::default())), HsmError::InvalidCiphertext);
    }
}
