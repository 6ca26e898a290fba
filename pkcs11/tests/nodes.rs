//! Node faults as a PKCS#11 client meets them. Another process sets them: one has the directory open only once.
#![allow(missing_docs, reason = "a test program")]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use hsm_sim::fault::{FaultRequest, FaultSpec};
use hsm_sim::{ActiveCluster, ClusterId, NodeId, Realm, World, WorldOptions};

const DIRECTORY: &str = "HSM_SIM_TEST_DIRECTORY";
const FAULT: &str = "HSM_SIM_TEST_FAULT";

/// The cluster of a test, and how its nodes are broken.
struct Cluster {
    directory: tempfile::TempDir,
    id: ClusterId,
    nodes: Vec<NodeId>,
}

impl Cluster {
    fn new(nodes: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let world = World::open(directory.path(), WorldOptions::default()).unwrap();
        let builder = ActiveCluster::builder().nodes(nodes).kmsuser("kmsPswd1");
        let cluster = builder.build_in(&world, &Realm::default()).unwrap();
        let id = cluster.cluster_id().clone();
        let nodes = cluster.control().cluster(&id).unwrap().nodes.iter().map(|node| node.id.clone()).collect();
        Self { directory, id, nodes }
    }

    fn fault(&self, kind: &str, node: usize) {
        as_another_process(self.directory.path(), &format!("{kind} {} {}", self.id, self.nodes[node]));
    }

    fn heal(&self) {
        as_another_process(self.directory.path(), "");
    }
}

fn as_another_process(directory: &Path, fault: &str) {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "as_a_child"])
        .env(DIRECTORY, directory)
        .env(FAULT, fault)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

/// Does nothing as a test; the entry of the other process.
#[test]
fn as_a_child() {
    let (Ok(directory), Ok(fault)) = (std::env::var(DIRECTORY), std::env::var(FAULT)) else { return };
    let faults = World::open(Path::new(&directory), WorldOptions::default()).unwrap().faults();
    match fault.split(' ').collect::<Vec<_>>()[..] {
        [kind, cluster, node] => {
            let (cluster, node) = (Some(cluster.to_owned()), Some(node.to_owned()));
            let request = FaultRequest { kind: kind.to_owned(), cluster, node, ..FaultRequest::default() };
            let spec: FaultSpec = request.spec(None).unwrap();
            faults.set(&spec).unwrap();
        }
        _ => assert!(faults.clear_all().unwrap() > 0),
    }
}

fn generate(session: &Session, token: bool) -> Result<ObjectHandle, RvError> {
    let template =
        [Attribute::ValueLen(32.into()), Attribute::Token(token), Attribute::Encrypt(true), Attribute::Decrypt(true)];
    session.generate_key(&Mechanism::AesKeyGen, &template).map_err(rv)
}

fn encrypt(session: &Session, key: ObjectHandle) -> Result<Vec<u8>, RvError> {
    session.encrypt(&Mechanism::AesEcb, key, &[7; 32]).map_err(rv)
}

fn rv(error: Error) -> RvError {
    match error {
        Error::Pkcs11(rv, _) => rv,
        error => panic!("not an answer of the module: {error}"),
    }
}

#[test]
fn nodes_die_and_are_busy_under_a_client() {
    let cluster = Cluster::new(3);
    common::use_directory(cluster.directory.path());
    let module = Pkcs11::new(common::module()).unwrap();
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
    let slot = module.get_slots_with_token().unwrap()[0];
    let session = module.open_rw_session(slot).unwrap();
    session.login(UserType::User, Some(&AuthPin::new("kmsuser:kmsPswd1".into()))).unwrap();

    let key = generate(&session, true).unwrap();
    let sealed = encrypt(&session, key).unwrap();
    let of_session: Vec<ObjectHandle> = (0..3).map(|_| generate(&session, false).unwrap()).collect();
    cluster.fault("node-down", 1);
    for _ in 0..4 {
        assert_eq!(encrypt(&session, key).as_ref(), Ok(&sealed), "two nodes are left");
    }
    let lost: Vec<_> = of_session.iter().filter_map(|key| encrypt(&session, *key).err()).collect();
    assert!(matches!(lost[..], [RvError::KeyHandleInvalid]), "a session's object goes with its node: {lost:?}");

    cluster.fault("busy", 2);
    assert!(matches!(encrypt(&session, key), Err(RvError::FunctionFailed)), "one node has the key");
    assert!(matches!(generate(&session, true), Err(RvError::FunctionFailed)), "one node would have the key");
    cluster.fault("busy", 0);
    assert!(matches!(encrypt(&session, key), Err(RvError::FunctionFailed)), "all that live are busy");
    assert!(matches!(session.generate_random_vec(8).map_err(rv), Err(RvError::FunctionFailed)));

    cluster.heal();
    assert_eq!(encrypt(&session, key).as_ref(), Ok(&sealed));
    assert_eq!(session.find_objects(&[Attribute::Token(true)]).unwrap(), [key], "what was refused left nothing");
    for node in 0..3 {
        cluster.fault("node-down", node);
    }
    assert!(matches!(encrypt(&session, key), Err(RvError::DeviceError)));
    assert!(matches!(session.find_objects(&[]).map_err(rv), Err(RvError::DeviceError)));
    cluster.heal();
    assert_eq!(encrypt(&session, key), Ok(sealed));
}
