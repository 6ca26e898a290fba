//! A connected key store and what a test does to its surroundings.

use std::ops::Deref;
use std::time::Duration;

use hsm_sim::admin::Admin;
use hsm_sim::client::Client;
use hsm_sim::control::{BackupFilter, ClusterView, CreateCluster, HsmSelector};
use hsm_sim::fault::{ClientClass, FaultKind, FaultSpec};
use hsm_sim::user::LoginType;
use hsm_sim::{ActiveCluster, BackupId, ClusterId, Handle, NodeId, Password, Settings};
use kms_store::{
    ConnectedKeyStore, ConnectionErrorCode, ConnectionState, CreateCustomKeyStore, Decrypt, Encrypt, KeyState, Kms,
    Result, TestKeyStore, UpdateCustomKeyStore,
};

pub(crate) struct Drill(pub(crate) ConnectedKeyStore);

impl Deref for Drill {
    type Target = ConnectedKeyStore;

    fn deref(&self) -> &ConnectedKeyStore {
        &self.0
    }
}

impl Drill {
    pub(crate) fn new() -> Self {
        Self(TestKeyStore::connected().unwrap())
    }

    pub(crate) fn disconnected() -> Self {
        let drill = Self::new();
        drill.disconnect();
        drill
    }

    pub(crate) fn disconnect(&self) {
        self.kms().disconnect_custom_key_store(self.caller(), self.id()).unwrap();
        self.kms().advance(Duration::from_secs(1)).unwrap();
        assert_eq!(self.describe().unwrap().state, ConnectionState::Disconnected);
    }

    /// Connects through the job and says how it ended.
    pub(crate) fn try_connect(&self) -> (ConnectionState, Option<ConnectionErrorCode>) {
        self.kms().connect_custom_key_store(self.caller(), self.id()).unwrap();
        assert_eq!(self.describe().unwrap().state, ConnectionState::Connecting);
        self.kms().advance(Duration::from_secs(1)).unwrap();
        let store = self.describe().unwrap();
        (store.state, store.error)
    }

    pub(crate) fn reconnect(&self) {
        assert_eq!(self.try_connect(), (ConnectionState::Connected, None));
    }

    pub(crate) fn update_password(&self, password: &str) {
        let request = UpdateCustomKeyStore { password: Some(Password::from(password)), ..self.update() };
        self.kms().update_custom_key_store(self.caller(), &request).unwrap();
    }

    /// An update of this store that changes nothing yet.
    pub(crate) fn update(&self) -> UpdateCustomKeyStore {
        UpdateCustomKeyStore { id: self.id().to_owned(), ..UpdateCustomKeyStore::default() }
    }

    /// A store like this one on another cluster.
    pub(crate) fn creation(&self, name: &str, cluster: &ActiveCluster) -> CreateCustomKeyStore {
        CreateCustomKeyStore {
            name: name.to_owned(),
            cluster_id: cluster.cluster_id().clone(),
            trust_anchor: cluster.trust_anchor().to_owned(),
            password: Password::from("kmsPswd1"),
        }
    }

    pub(crate) fn other_cluster(&self, nodes: usize) -> ActiveCluster {
        ActiveCluster::builder().nodes(nodes).kmsuser("kmsPswd1").build_in(self.world(), self.realm()).unwrap()
    }

    pub(crate) fn fault(&self, kind: FaultKind) {
        self.world().faults().set(&FaultSpec::new(kind)).unwrap();
    }

    pub(crate) fn heal(&self) {
        self.world().faults().clear_all().unwrap();
    }

    pub(crate) fn cluster_id(&self) -> ClusterId {
        self.cluster().cluster_id().clone()
    }

    pub(crate) fn nodes(&self) -> Vec<NodeId> {
        self.view().nodes.into_iter().map(|node| node.id).collect()
    }

    pub(crate) fn view(&self) -> ClusterView {
        self.cluster().control().cluster(self.cluster().cluster_id()).unwrap()
    }

    pub(crate) fn delete_hsm(&self, node: &NodeId) {
        let control = self.cluster().control();
        control.delete_hsm(self.cluster().cluster_id(), &HsmSelector::Id(node.clone())).unwrap();
    }

    pub(crate) fn delete_all_hsms(&self) {
        self.nodes().iter().for_each(|node| self.delete_hsm(node));
    }

    /// The crypto officer, logged in on every node.
    pub(crate) fn officer(&self, cluster: &ClusterId) -> Admin {
        let mut admin = self.world().admin(cluster).unwrap();
        let logins = admin.login(LoginType::Co, "admin", self.cluster().admin_password()).unwrap();
        assert!(logins.iter().all(|node| node.result.is_ok()), "{logins:?}");
        admin
    }

    /// changePswd CU kmsuser on every node.
    pub(crate) fn reset_password(&self, cluster: &ClusterId, password: &str) {
        let results =
            self.officer(cluster).change_password(LoginType::Cu, "kmsuser", &Password::from(password)).unwrap();
        assert!(results.iter().all(|node| node.result.is_ok()), "{results:?}");
    }

    /// An application that is logged in as kmsuser.
    pub(crate) fn log_in(&self, password: &str) -> Client {
        let mut client = self.world().client(self.cluster().cluster_id(), ClientClass::Tools).unwrap();
        let logins = client.login("kmsuser", &Password::from(password)).unwrap();
        assert!(logins.iter().all(|node| node.result.is_ok()), "{logins:?}");
        client
    }

    /// Deletes a key's material as seed 004 describes: disconnect, reset the password, log in, delete, log out, reconnect.
    pub(crate) fn destroy_material(&self, arn: &str) {
        self.disconnect();
        self.reset_password(&self.cluster_id(), "tempPassword");
        let client = self.log_in("tempPassword");
        let (handles, _) = client.find(&hsm_sim::client::Query::label(arn)).unwrap();
        let [handle] = handles[..] else { panic!("one key has the label: {handles:?}") };
        assert!(client.delete_key(handle).unwrap().iter().all(|node| node.result.is_ok()));
        drop(client);
        self.update_password("tempPassword");
        self.reconnect();
    }

    /// The handle of a key's material, as a tool would find it while KMS is disconnected.
    pub(crate) fn handles(&self, client: &Client, arn: &str) -> Vec<Handle> {
        client.find(&hsm_sim::client::Query::label(arn)).unwrap().0
    }

    /// Creates a cluster with two HSMs from a backup.
    pub(crate) fn restore(&self, backup: &BackupId) -> ClusterId {
        let control = self.cluster().control();
        let subnets: Vec<_> = self.view().cluster.subnets.values().cloned().collect();
        let restored = control.create_cluster(CreateCluster::new(subnets).restoring(backup.clone())).unwrap();
        for zone in &self.realm().zones()[..2] {
            control.create_hsm(&restored.cluster.id, zone, None).unwrap();
        }
        restored.cluster.id
    }

    pub(crate) fn newest_backup(&self) -> BackupId {
        let filter = BackupFilter::of_cluster(self.cluster_id());
        self.cluster().control().backups(&filter, false).unwrap()[0].id.clone()
    }

    pub(crate) fn encrypt(&self, key: &str, plaintext: &[u8]) -> Result<Vec<u8>> {
        Ok(self.kms().encrypt(self.caller(), &Encrypt::new(key, plaintext))?.ciphertext)
    }

    pub(crate) fn decrypt(&self, ciphertext: &[u8]) -> Result<Vec<u8>> {
        Ok(self.kms().decrypt(self.caller(), &Decrypt::new(ciphertext))?.plaintext.expose().to_vec())
    }

    pub(crate) fn key_state(&self, key: &str) -> KeyState {
        self.kms().describe_key(self.caller(), key).unwrap().state
    }

    pub(crate) fn settings(&self, change: impl FnOnce(&mut Settings) + Send) {
        self.world()
            .write(|tx| {
                let mut settings = Settings::load(tx)?;
                change(&mut settings);
                settings.save(tx)
            })
            .unwrap();
    }

    pub(crate) fn audit_period(&self) -> Duration {
        self.world().settings().unwrap().material_audit_period
    }

    /// The same world after the process died and was started again.
    pub(crate) fn reopened(&self) -> Kms {
        Kms::open(self.world().clone()).unwrap()
    }
}

/// The exception's name.
pub(crate) fn exception<T: std::fmt::Debug>(result: Result<T>) -> &'static str {
    result.expect_err("a refusal").exception()
}
