//! A service's connection to a cluster: KMS, as `kmsuser`.
//!
//! Unlike a tool's login it is durable: a row that names the service's owner and the password that the service set when it
//! connected. On every node that the service can reach and where that password is in force the user counts as logged in, so
//! nodes that join later are included, a node restored from a backup of that time too, and a restarted service goes on.

mod connect;
mod session;

use serde::{Deserialize, Serialize};
use store::{Rows, Table, Writer};

pub use connect::{ConnectRefusal, Login, connect, disconnect};
pub use session::{Material, Session, open};

use crate::error::Result;
use crate::fault::ClientClass;
use crate::id::ClusterId;
use crate::node::Node;
use crate::node::reach::Reach;
use crate::row::{self, Record};
use crate::user::{NodeUsers, UserName};

/// The number of a service's session in audit logs: it has one for good (inferred).
pub(crate) const SESSION_NUMBER: u32 = 0x0100_4001;

/// The durable session of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServiceSession {
    /// Who holds it, such as a key store's id.
    pub(crate) owner: String,
    /// The password that the service set.
    pub(crate) verifier: [u8; 16],
}

impl Record for ServiceSession {
    const TABLE: Table = row::SERVICE_SESSION;
}

impl ServiceSession {
    fn key(cluster: &ClusterId, user: &UserName) -> Vec<u8> {
        format!("{cluster}/{}", user.key()).into_bytes()
    }

    pub(crate) fn load(rows: &impl Rows, cluster: &ClusterId, user: &UserName) -> Result<Option<Self>> {
        row::load(rows, &Self::key(cluster, user))
    }

    /// The sessions on a cluster: the user and the owner of each.
    pub(crate) fn of_cluster(rows: &impl Rows, cluster: &ClusterId) -> Result<Vec<(String, String)>> {
        let prefix = format!("{cluster}/").into_bytes();
        let sessions = row::list::<Self>(rows, &prefix)?.into_iter();
        let user = |key: &[u8]| String::from_utf8_lossy(key.get(prefix.len()..).unwrap_or_default()).into_owned();
        Ok(sessions.map(|(key, session)| (user(&key), session.owner)).collect())
    }

    fn save(&self, tx: &mut Writer<'_>, cluster: &ClusterId, user: &UserName) -> Result<()> {
        row::save(tx, &Self::key(cluster, user), self)
    }

    /// Whether this session is logged in on the node: it is reached and the password is in force.
    pub(crate) fn is_on(&self, reach: &Reach, node: &Node, users: &NodeUsers, user: &UserName) -> bool {
        reach.is_reached_by(ClientClass::Kms, node)
            && users.find(user).and_then(|user| user.verifier_id()) == Some(self.verifier)
    }
}

/// Whether a service is logged in as this user on the node; then nobody else logs in, and the user is neither changed nor
/// deleted there (seed 004).
pub(crate) fn protects(
    rows: &impl Rows,
    reach: &Reach,
    node: &Node,
    users: &NodeUsers,
    user: &UserName,
) -> Result<bool> {
    let session = ServiceSession::load(rows, &reach.cluster.id, user)?;
    Ok(session.is_some_and(|session| session.is_on(reach, node, users, user)))
}
