//! KMS's durable session.

use std::sync::atomic::{AtomicU64, Ordering};

use hsm_sim::client::Query;
use hsm_sim::control::HsmSelector;
use hsm_sim::service::{self, ConnectRefusal, Login, Material};
use hsm_sim::{Error, KeyTemplate};

use super::*;

const OWNER: &str = "cks-1";

fn connect_with(cluster: &ActiveCluster, current: &str, next: &str) -> Result<(), ConnectRefusal> {
    try_connect(cluster, current, next, OWNER, next_attempt()).unwrap()
}

fn try_connect(
    cluster: &ActiveCluster,
    current: &str,
    next: &str,
    owner: &str,
    attempt: u64,
) -> Result<Result<(), ConnectRefusal>, Error> {
    let (current, next) = (&password(current), &password(next));
    let login = Login { user: "kmsuser", current, next, owner, attempt };
    service::connect(cluster.world(), cluster.cluster_id(), &login)
}

fn next_attempt() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}

fn connected() -> ActiveCluster {
    let cluster = three();
    connect_with(&cluster, "kmsPswd1", "rotated1").unwrap();
    cluster
}

fn session(cluster: &ActiveCluster) -> Result<service::Session, Error> {
    service::open(cluster.world(), cluster.cluster_id(), "kmsuser", OWNER)
}

fn disconnect(cluster: &ActiveCluster, owner: &str) {
    cluster.world().write(|tx| service::disconnect(tx, cluster.cluster_id(), "kmsuser", owner)).unwrap();
}

fn network_cut(cluster: &ActiveCluster) -> FaultId {
    let kind = FaultKind::NetworkCut { cluster: cluster.cluster_id().clone() };
    cluster.world().faults().set(&FaultSpec::new(kind)).unwrap().id
}

#[test]
fn connecting_rotates_the_password_on_every_node() {
    let cluster = connected();
    disconnect(&cluster, OWNER);
    let results = nobody(&cluster).login(LoginType::Cu, "kmsuser", &password("kmsPswd1")).unwrap();
    assert_eq!(answers(results), vec![Err(HsmError::LoginFailure); 3]);
    everywhere(nobody(&cluster).login(LoginType::Cu, "kmsuser", &password("rotated1")).unwrap());
    assert_eq!(session(&cluster).unwrap_err(), HsmError::NotLoggedIn.into());
}

#[test]
fn while_connected_nobody_else_is_kmsuser() {
    let cluster = connected();
    let refused = Err(HsmError::UserLoggedIn);
    let check = |expected: &[Result<(), HsmError>]| {
        let login = application(&cluster).login("kmsuser", &password("rotated1")).unwrap();
        assert_eq!(answers(login), expected);
        let mut tool = officer(&cluster);
        let change = tool.change_password(LoginType::Cu, "kmsuser", &password("rotated1")).unwrap();
        assert_eq!(answers(change), expected);
        let delete = tool.delete_user(LoginType::Cu, "kmsuser").unwrap();
        assert_eq!(answers(delete), expected);
    };
    check(&vec![refused.clone(); 3]);
    // A node that joins is included.
    let zone = cluster.control().cluster(cluster.cluster_id()).unwrap().nodes[0].zone.clone();
    cluster.control().create_hsm(cluster.cluster_id(), &zone, None).unwrap();
    check(&vec![refused; 4]);
    let session = session(&cluster).unwrap();
    everywhere(session.generate_key(&KeyTemplate::aes(32, "k")).unwrap().nodes);
    // Nodes that KMS cannot reach do not protect themselves.
    network_cut(&cluster);
    let mut tool = officer(&cluster);
    everywhere(tool.change_password(LoginType::Cu, "kmsuser", &password("changed11")).unwrap());
}

#[test]
fn refusals_and_their_order() {
    let wrong = "wrongPswd1";
    let cluster = three();
    let refuse = |current: &str| connect_with(&cluster, current, "rotated1").unwrap_err();
    // One strike per node and attempt.
    assert_eq!(refuse(wrong), ConnectRefusal::InvalidCredentials);
    assert_eq!(failures(&cluster, "kmsuser"), [1; 3]);

    // A wrong password on one node: the others are good, and are left as they were.
    let mut tool = officer(&cluster);
    tool.select(Some(1));
    everywhere(tool.change_password(LoginType::Cu, "kmsuser", &password("different")).unwrap());
    assert_eq!(refuse("kmsPswd1"), ConnectRefusal::InvalidCredentials);
    assert_eq!(failures(&cluster, "kmsuser"), [0, 1, 0]);

    // Locked there.
    for _ in 0..4 {
        refuse("kmsPswd1");
    }
    assert_eq!(failures(&cluster, "kmsuser"), [0, 5, 0]);
    assert_eq!(refuse("different"), ConnectRefusal::UserLockedOut);
    assert_eq!(failures(&cluster, "kmsuser"), [1, 5, 1]);

    // Somebody logged in on one node outranks that.
    let mut other = nobody(&cluster);
    other.select(Some(0));
    everywhere(other.login(LoginType::Cu, "kmsuser", &password("kmsPswd1")).unwrap());
    assert_eq!(refuse("kmsPswd1"), ConnectRefusal::UserLoggedIn);

    // A node without the user outranks everything.
    tool.select(Some(2));
    everywhere(tool.delete_user(LoginType::Cu, "kmsuser").unwrap());
    assert_eq!(refuse("kmsPswd1"), ConnectRefusal::UserNotFound);

    // An officer of that name is not the crypto user.
    everywhere(tool.create_user(Role::Co, "kmsuser", &password("kmsPswd1")).unwrap());
    assert_eq!(refuse("kmsPswd1"), ConnectRefusal::UserNotFound);

    network_cut(&cluster);
    assert_eq!(refuse("kmsPswd1"), ConnectRefusal::NoNodeReachable);
    assert_eq!(session(&cluster).unwrap_err(), HsmError::NotLoggedIn.into(), "nobody is left logged in");
}

#[test]
fn an_interrupted_rotation_is_gone_on_with() {
    let cluster = three();
    // As if an earlier attempt had set `next` on one node: neither password costs a strike.
    let mut tool = officer(&cluster);
    tool.select(Some(1));
    everywhere(tool.change_password(LoginType::Cu, "kmsuser", &password("rotated1")).unwrap());
    connect_with(&cluster, "kmsPswd1", "rotated1").unwrap();
    assert_eq!(failures(&cluster, "kmsuser"), [0; 3]);
    // The whole attempt again, also while the session exists.
    connect_with(&cluster, "kmsPswd1", "rotated1").unwrap();
    connect_with(&cluster, "rotated1", "rotated2").unwrap();
    session(&cluster).unwrap().random(8).unwrap();
}

#[test]
fn an_attempt_that_runs_again_strikes_once() {
    let cluster = three();
    let (lost, again) = (next_attempt(), next_attempt());
    for attempt in [lost, lost, again, lost, again] {
        let refusal = try_connect(&cluster, "wrongPswd1", "rotated1", OWNER, attempt).unwrap();
        assert_eq!(refusal, Err(ConnectRefusal::InvalidCredentials));
    }
    // Only the last refusal is known: an attempt that another one followed is over.
    assert_eq!(failures(&cluster, "kmsuser"), [4; 3]);
    let last = next_attempt();
    for _ in 0..3 {
        let refusal = try_connect(&cluster, "wrongPswd1", "rotated1", OWNER, last).unwrap();
        assert_eq!(refusal, Err(ConnectRefusal::InvalidCredentials), "the strike that locks gives its own answer");
        assert_eq!(failures(&cluster, "kmsuser"), [5; 3]);
    }
    assert_eq!(connect_with(&cluster, "kmsPswd1", "rotated1"), Err(ConnectRefusal::UserLockedOut));
}

#[test]
fn a_session_belongs_to_its_owner() {
    let cluster = connected();
    let (world, id) = (cluster.world(), cluster.cluster_id());
    let other = try_connect(&cluster, "rotated1", "rotated2", "cks-2", next_attempt()).unwrap();
    assert_eq!(other, Err(ConnectRefusal::UserLoggedIn));
    assert_eq!(service::open(world, id, "kmsuser", "cks-2").unwrap_err(), HsmError::NotLoggedIn.into());
    disconnect(&cluster, "cks-2");
    let session = session(&cluster).unwrap();
    session.random(8).unwrap();
    disconnect(&cluster, OWNER);
    assert_eq!(session.random(8).unwrap_err(), HsmError::NotLoggedIn.into());
}

#[test]
fn another_process_adopts_the_session() {
    let cluster = connected();
    let key = session(&cluster).unwrap().generate_key(&KeyTemplate::aes(32, "arn")).unwrap().handle;
    let sealed = session(&cluster).unwrap().encrypt(key, b"context", b"plaintext").unwrap();
    let adopted = session(&cluster).unwrap();
    assert_eq!(adopted.find(&Query::label("arn")).unwrap().0, [key]);
    assert_eq!(adopted.decrypt(key, &sealed.iv, b"context", &sealed.ciphertext).unwrap().expose(), b"plaintext");
}

#[test]
fn material_by_label() {
    let cluster = connected();
    let session = session(&cluster).unwrap();
    let none = Material { nodes: 3, answered: 3, holders: 0, handle: None };
    assert_eq!(session.material("arn").unwrap(), none);
    let fault = down(&cluster, 2);
    let key = session.generate_key(&KeyTemplate::aes(32, "arn")).unwrap().handle;
    assert_eq!(session.material("arn").unwrap(), Material { nodes: 3, answered: 2, holders: 2, handle: Some(key) });
    up(&cluster, &fault);
    assert_eq!(session.material("arn").unwrap(), Material { nodes: 3, answered: 3, holders: 2, handle: Some(key) });
    everywhere(session.delete_key(key).unwrap().drain(..2).collect());
    assert_eq!(session.material("arn").unwrap(), none);
    down(&cluster, 0);
    assert_eq!(session.material("arn").unwrap(), Material { answered: 2, ..none });
}

#[test]
fn a_node_that_missed_the_rotation_is_not_used() {
    let cluster = three();
    let fault = down(&cluster, 0);
    connect_with(&cluster, "kmsPswd1", "rotated1").unwrap();
    up(&cluster, &fault);
    let session = session(&cluster).unwrap();
    let created = session.generate_key(&KeyTemplate::aes(32, "k")).unwrap();
    assert_eq!(answers(created.nodes), [Err(HsmError::NotLoggedIn), Ok(()), Ok(())]);
    assert_eq!(session.material("k").unwrap().answered, 2);
    // It is not protected either, and so can be repaired: by a disconnect and a new password for all.
    let refused = Err(HsmError::UserLoggedIn);
    let mut tool = officer(&cluster);
    let results = tool.change_password(LoginType::Cu, "kmsuser", &password("repaired1")).unwrap();
    assert_eq!(answers(results), [Ok(()), refused.clone(), refused]);
    disconnect(&cluster, OWNER);
    everywhere(tool.change_password(LoginType::Cu, "kmsuser", &password("repaired1")).unwrap());
    connect_with(&cluster, "repaired1", "rotated2").unwrap();
    assert_eq!(session.material("k").unwrap().answered, 3);
}

#[test]
fn the_last_node_deleted_and_one_added_back() {
    let cluster = TestCluster::active(1).unwrap();
    connect_with(&cluster, "kmsPswd1", "rotated1").unwrap();
    let session = session(&cluster).unwrap();
    let key = session.generate_key(&KeyTemplate::aes(32, "k")).unwrap().handle;
    let sealed = session.encrypt(key, b"", b"x").unwrap();
    let view = cluster.control().cluster(cluster.cluster_id()).unwrap();
    cluster.control().delete_hsm(cluster.cluster_id(), &HsmSelector::Id(view.nodes[0].id.clone())).unwrap();
    assert_eq!(session.encrypt(key, b"", b"x").unwrap_err(), HsmError::NoNode.into());
    cluster.control().create_hsm(cluster.cluster_id(), &view.nodes[0].zone, None).unwrap();
    assert_eq!(session.decrypt(key, &sealed.iv, b"", &sealed.ciphertext).unwrap().expose(), b"x");
}

#[test]
fn a_rewound_world_takes_the_session_along() {
    let cluster = three();
    let snapshots = cluster.world().snapshots();
    snapshots.save("disconnected").unwrap();
    connect_with(&cluster, "kmsPswd1", "rotated1").unwrap();
    snapshots.save("connected").unwrap();
    let session = session(&cluster).unwrap();
    snapshots.restore("disconnected").unwrap();
    assert_eq!(session.random(8).unwrap_err(), HsmError::NotLoggedIn.into());
    snapshots.restore("connected").unwrap();
    session.random(8).unwrap();
}

#[test]
fn a_failing_store_changes_nothing() {
    let cluster = three();
    cluster.world().store().fail_next_commits(1, store::Failure::DiskFull);
    let failed = try_connect(&cluster, "kmsPswd1", "rotated1", OWNER, next_attempt());
    assert!(matches!(failed, Err(Error::Store(_))), "{failed:?}");
    everywhere(nobody(&cluster).login(LoginType::Cu, "kmsuser", &password("kmsPswd1")).unwrap());
}
