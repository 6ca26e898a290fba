//! An application's connection to a cluster: it logs in on every node, spreads its calls over them and keeps their keys in
//! step, as the client library does (documented).

mod access;
mod add;
mod attribute;
mod crypt;
mod delete_key;
mod find;
mod generate_key;
mod list_users;
mod login;
mod material;
mod quota;

use std::collections::BTreeMap;
use std::ops::Deref;

pub use access::Access;
pub(crate) use access::{Authority, first, login_for};
pub(crate) use add::Added;
pub use add::Terms;
pub use attribute::KeyInfo;
pub use crypt::Gcm;
pub use find::Query;
pub use generate_key::Created;

use crate::audit::Command;
use crate::error::Result;
use crate::fault::ClientClass;
use crate::id::{ClusterId, NodeId};
use crate::node::login::Login;
use crate::node::reach::Reach;
pub use crate::node::{NodeResult, UserInfo};
use crate::world::World;

/// An application's connection to a cluster. What it does with keys is [`Access`]; dropping it logs out.
///
/// ```
/// use hsm_sim::fault::ClientClass;
/// use hsm_sim::{KeyTemplate, Password, TestCluster};
///
/// let cluster = TestCluster::active(2)?;
/// let mut client = cluster.world().client(cluster.cluster_id(), ClientClass::Pkcs11)?;
/// client.login("kmsuser", &Password::from("kmsPswd1"))?;
/// let key = client.generate_key(&KeyTemplate::aes(32, "orders"))?.handle;
/// let sealed = client.encrypt(key, b"order 17", b"four pounds of tea")?;
/// let opened = client.decrypt(key, &sealed.iv, b"order 17", &sealed.ciphertext)?;
/// assert_eq!(opened.expose(), b"four pounds of tea");
/// # Ok::<(), hsm_sim::Error>(())
/// ```
#[derive(Debug)]
pub struct Client {
    access: Access,
    /// The logins are another connection's, which ends them.
    lent: bool,
}

impl World {
    /// Connects an application to a cluster.
    ///
    /// # Errors
    /// [`crate::HsmError::NoCluster`], or the store fails.
    pub fn client(&self, cluster: &ClusterId, class: ClientClass) -> Result<Client> {
        self.read(|rows| Reach::load(self, rows, cluster, class))?;
        Ok(Client { access: Access::new(self, cluster, class, Authority::nobody()), lent: false })
    }
}

impl Client {
    /// A connection that is logged in where another one is, and as long.
    pub(crate) fn lent(
        world: &World,
        cluster: &ClusterId,
        class: ClientClass,
        logins: BTreeMap<NodeId, Login>,
    ) -> Self {
        Self { access: Access::new(world, cluster, class, Authority::Logins(logins)), lent: true }
    }
}

impl Deref for Client {
    type Target = Access;

    fn deref(&self) -> &Access {
        &self.access
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // A login that cannot be ended now ends with the process.
        let _ = self.end_logins(Command::AppFinalize);
    }
}
