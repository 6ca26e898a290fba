//! A cluster and its clone from a backup, reached at once.

use hsm_sim::admin::Admins;
use hsm_sim::control::CreateCluster;
use hsm_sim::{ClusterId, KeyTemplate};

use super::*;

/// A clone of the cluster, of one node.
fn cloned(cluster: &ActiveCluster) -> ClusterId {
    let control = cluster.control();
    let backup = control.take_backup(cluster.cluster_id()).unwrap().id;
    let subnets = control.default_subnets().unwrap().into_iter().map(|subnet| subnet.id).collect();
    let clone = control.create_cluster(CreateCluster::new(subnets).restoring(backup)).unwrap().cluster;
    let zone = clone.subnets.keys().next().unwrap();
    control.create_hsm(&clone.id, zone, None).unwrap();
    clone.id
}

/// A cluster of two nodes as servers 0 and 1, its clone as 2, and an unrelated cluster as 3.
struct Scene {
    cluster: ActiveCluster,
    clusters: Vec<ClusterId>,
}

impl Scene {
    fn new() -> Self {
        let cluster = TestCluster::active(2).unwrap();
        let clone = cloned(&cluster);
        let stranger = ActiveCluster::builder().nodes(1).admin_password(cluster.admin_password()).kmsuser("kmsPswd1");
        let stranger = stranger.build_in(cluster.world(), cluster.realm()).unwrap().cluster_id().clone();
        Self { clusters: vec![cluster.cluster_id().clone(), clone, stranger], cluster }
    }

    /// The first officer of every cluster.
    fn officer(&self) -> Admins {
        let mut tool = self.cluster.world().admins(&self.clusters).unwrap();
        everywhere(tool.each(|admin| admin.login(LoginType::Co, "admin", self.cluster.admin_password())).unwrap());
        tool
    }
}

fn numbers<'a>(servers: impl Iterator<Item = &'a hsm_sim::admin::Server>) -> Vec<usize> {
    servers.map(|server| server.number).collect()
}

#[test]
fn servers_of_all_clusters_in_one_row() {
    let scene = Scene::new();
    let mut tool = scene.officer();
    assert_eq!(numbers(tool.servers()), [0, 1, 2, 3]);
    for number in 0..4 {
        assert!(tool.select(Some(number)));
        assert_eq!((tool.selected(), numbers(tool.addressed())), (Some(number), vec![number]));
        let answers = tool.each(|admin| admin.list_users()).unwrap();
        assert_eq!(answers.iter().map(|answer| answer.server).collect::<Vec<_>>(), [number]);
        assert_eq!(tool.info(number).unwrap().server.node, answers[0].node);
    }
    assert!(!tool.select(Some(4)));
    assert_eq!(tool.selected(), Some(3));
    assert!(tool.select(None));
    assert_eq!((tool.selected(), numbers(tool.addressed())), (None, vec![0, 1, 2, 3]));
    assert_eq!(tool.info(4).unwrap_err(), HsmError::NodeUnavailable.into());
}

/// The others have carried the command out, and say so.
#[test]
fn a_cluster_that_refuses_as_a_whole() {
    let scene = Scene::new();
    let mut tool = scene.officer();
    let gone = FaultKind::ClusterDeleted { cluster: scene.clusters[1].clone() };
    scene.cluster.world().faults().set(&FaultSpec::new(gone)).unwrap();
    let made = tool.each(|admin| admin.create_user(Role::Cu, "alice", &password("alicePswd"))).unwrap();
    let refusal = HsmError::NoCluster(scene.clusters[1].clone());
    assert_eq!(answers(made), [Ok(()), Ok(()), Err(refusal.clone()), Ok(())]);
    tool.select(Some(2));
    assert_eq!(tool.each(|admin| admin.list_users()).unwrap_err(), refusal.into());
}

/// Only clones take users and keys from each other, whichever tool brings them.
#[test]
fn users_and_keys_for_clones_only() {
    let scene = Scene::new();
    let key = kmsuser(&scene.cluster).generate_key(&KeyTemplate::aes(32, "lonely")).unwrap().handle;
    let mut tool = scene.officer();
    tool.select(Some(0));
    everywhere(tool.each(|admin| admin.create_user(Role::Cu, "alice", &password("alicePswd"))).unwrap());

    let unrelated = hsm_sim::Error::from(HsmError::NotClones);
    assert_eq!(tool.sync_user(4, 3).unwrap_err(), unrelated);
    assert_eq!(tool.sync_key(key, 3).unwrap_err(), unrelated);
    assert!(tool.sync_user(4, 1).unwrap().succeeded());
    assert!(tool.sync_user(4, 2).unwrap().succeeded());
    tool.sync_key(key, 2).unwrap();
    assert_eq!(tool.selected(), Some(0));
    tool.select(None);
    let [cluster, clone, stranger] = tool.connections() else { panic!("{tool:?}") };
    for other in [cluster, clone] {
        everywhere(cluster.replicate_user(LoginType::Cu, "alice", other).unwrap());
        everywhere(cluster.replicate_key(key, other).unwrap());
    }
    assert_eq!(cluster.replicate_user(LoginType::Cu, "alice", stranger).unwrap_err(), unrelated);
    assert_eq!(cluster.replicate_key(key, stranger).unwrap_err(), unrelated);

    let found = everywhere(tool.each(|admin| admin.find_all_keys(3)).unwrap());
    assert_eq!(found.iter().map(|keys| keys.handles.len()).collect::<Vec<_>>(), [1, 1, 1, 0]);
    // What the clone's user logs in with repairs the original.
    tool.select(Some(2));
    let renewed = password("renewedPswd");
    everywhere(tool.each(|admin| admin.change_password(LoginType::Cu, "alice", &renewed)).unwrap());
    assert!(tool.sync_user(4, 0).unwrap().succeeded());
    drop(tool);
    let mut tool = scene.cluster.world().admins(&scene.clusters).unwrap();
    let logins = tool.each(|admin| admin.login(LoginType::Cu, "alice", &renewed)).unwrap();
    assert_eq!(answers(logins), [Ok(()), Err(HsmError::LoginFailure), Ok(()), Err(HsmError::UserUnknown)]);
}

/// In a clone a handle can mean another key, which syncKey leaves alone.
#[test]
fn a_handle_of_two_keys() {
    let scene = Scene::new();
    let make = |cluster: &ClusterId, label| {
        let mut client = scene.cluster.world().client(cluster, ClientClass::Tools).unwrap();
        everywhere(client.login("kmsuser", scene.cluster.kmsuser_password().unwrap()).unwrap());
        client.generate_key(&KeyTemplate::aes(32, label)).unwrap().handle
    };
    let key = make(&scene.clusters[0], "original's");
    assert_eq!(make(&scene.clusters[1], "clone's"), key);
    let mut tool = scene.officer();
    tool.select(Some(1));
    assert_eq!(tool.sync_key(key, 2).unwrap_err(), HsmError::PolicyViolation.into());
}
