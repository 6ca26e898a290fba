//! A connected key store in one line, for tests.

use hsm_sim::{ActiveCluster, Password, Realm, TestCluster, World};

use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::key::{CreateKey, KeyMetadata};
use crate::key_store::{CreateCustomKeyStore, DescribeCustomKeyStores, KeyStoreDescription};
use crate::kms::Kms;
use crate::page::Page;

/// The name of a key store that is made here.
const NAME: &str = "ExampleKeyStore";

/// A key store that is CONNECTED to an ACTIVE cluster.
#[derive(Debug)]
pub struct ConnectedKeyStore {
    kms: Kms,
    caller: Caller,
    cluster: ActiveCluster,
    id: String,
}

impl ConnectedKeyStore {
    /// Creates a key store on a cluster that has `kmsuser`, and connects it. On a clock that runs by itself this waits for
    /// nothing: the connection procedure is done at once.
    ///
    /// # Errors
    /// The cluster does not meet the requirements of a key store, or the store fails.
    pub fn build(kms: &Kms, cluster: ActiveCluster) -> Result<Self> {
        let caller = Caller::internal(cluster.realm().clone());
        let password = cluster.kmsuser_password().cloned().unwrap_or_else(|| Password::from(""));
        let request = CreateCustomKeyStore {
            name: NAME.to_owned(),
            cluster_id: cluster.cluster_id().clone(),
            trust_anchor: cluster.trust_anchor().to_owned(),
            password,
        };
        let id = kms.create_custom_key_store(&caller, &request)?;
        let store = Self { kms: kms.clone(), caller, cluster, id };
        store.connect()?;
        Ok(store)
    }

    /// Connects the key store and runs the procedure at once, whatever the delay.
    ///
    /// # Errors
    /// As [`Kms::connect_custom_key_store`].
    pub fn connect(&self) -> Result<()> {
        self.kms.connect_custom_key_store(&self.caller, &self.id)?;
        self.kms.connect_now(&self.caller.realm, &self.id)
    }

    /// The service.
    pub fn kms(&self) -> &Kms {
        &self.kms
    }

    /// The world that everything is in.
    pub fn world(&self) -> &World {
        self.kms.world()
    }

    /// Somebody in the key store's account and Region.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The account and Region.
    pub fn realm(&self) -> &Realm {
        &self.caller.realm
    }

    /// The cluster behind the key store.
    pub fn cluster(&self) -> &ActiveCluster {
        &self.cluster
    }

    /// The key store's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key store as clients see it.
    ///
    /// # Errors
    /// The store fails, or the key store was deleted.
    pub fn describe(&self) -> Result<KeyStoreDescription> {
        let wanted = DescribeCustomKeyStores::by_id(&self.id);
        let mut found = self.kms.describe_custom_key_stores(&self.caller, &wanted, &Page::ALL)?;
        found.items.pop().ok_or_else(|| Error::CustomKeyStoreNotFound(self.id.clone()))
    }

    /// Creates a key in the key store.
    ///
    /// # Errors
    /// As [`Kms::create_key`].
    pub fn create_key(&self) -> Result<KeyMetadata> {
        self.kms.create_key(&self.caller, &CreateKey::in_store(&self.id))
    }
}

/// A [`ConnectedKeyStore`] in a world of its own, whose clock stands still.
///
/// ```
/// let store = kms_store::TestKeyStore::connected()?;
/// assert_eq!(store.describe()?.state, kms_store::ConnectionState::Connected);
/// # Ok::<(), kms_store::Error>(())
/// ```
#[derive(Debug)]
pub struct TestKeyStore;

impl TestKeyStore {
    /// A key store on a three-node cluster, in an ephemeral world in the default account and Region.
    ///
    /// # Errors
    /// There is no room for the temporary directory.
    pub fn connected() -> Result<ConnectedKeyStore> {
        let cluster = TestCluster::active(3)?;
        let kms = Kms::open(cluster.world().clone())?;
        ConnectedKeyStore::build(&kms, cluster)
    }
}
