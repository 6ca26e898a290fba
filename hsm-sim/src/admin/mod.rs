//! The management utility's connection (cloudhsm_mgmt_util): it asks each server by itself and reports per server, so that a
//! command which reaches some servers only makes them differ, visibly (seed 004, documented).

mod approve_tokens;
mod attribute;
mod certificate;
mod change_password;
mod clusters;
mod create_user;
mod delete_tokens;
mod delete_user;
mod find_all_keys;
mod follow;
mod info;
mod key_info;
mod keys;
mod list_tokens;
mod list_users;
mod login;
mod m_value;
mod mutual_tls;
mod quorum_token;
mod register_quorum_key;
mod replicate;
mod second_factor;
mod set_attribute;
mod share_key;
mod sync_key;
mod sync_user;
mod timeouts;
mod undo_delete_user;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

pub use attribute::KeyAttribute;
pub use certificate::CertificateKind;
pub use clusters::Admins;
pub use delete_tokens::TokenScope;
pub use find_all_keys::{FoundKeys, Mark};
pub use info::ServerInfo;
pub use second_factor::{Challenge, Credentials, NewCredentials, NewFactor, Signatures};
use store::{Reader, Rows, Writer};
pub use sync_user::SyncedUser;

use crate::audit::{self, Command, Detail};
use crate::client::Client;
use crate::error::{HsmError, Result};
use crate::fault::{self, ClientClass};
use crate::id::{ClusterId, NodeId};
use crate::node::login::Login;
use crate::node::reach::Reach;
use crate::node::{Node, generation, strain};
pub use crate::node::{NodeResult, UserInfo};
use crate::user::{NodeUsers, Operation, Role, User, UserName, permits};
use crate::world::World;

/// A server of the tool's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its number.
    pub number: usize,
    /// The node.
    pub node: NodeId,
    /// Its address.
    pub ip: Ipv4Addr,
}

/// A connection to the nodes that a cluster had when it was made, like the tool's configuration file: nodes that join later
/// are not known to it (documented), unless [`Admin::follow`] looks for them. Dropping it logs out.
///
/// ```
/// use hsm_sim::user::LoginType;
/// use hsm_sim::{HsmError, Password, TestCluster};
///
/// let cluster = TestCluster::active(2)?;
/// let mut tool = cluster.world().admin(cluster.cluster_id())?;
/// tool.login(LoginType::Co, "admin", cluster.admin_password())?;
/// // A password changed on one server only: from now on the two differ.
/// tool.select(Some(1));
/// tool.change_password(LoginType::Cu, "kmsuser", &Password::from("another1"))?;
///
/// let mut other = cluster.world().admin(cluster.cluster_id())?;
/// let answers = other.login(LoginType::Cu, "kmsuser", &Password::from("another1"))?;
/// assert_eq!(answers[0].result, Err(HsmError::LoginFailure));
/// assert_eq!(answers[1].result, Ok(()));
/// # Ok::<(), hsm_sim::Error>(())
/// ```
#[derive(Debug)]
pub struct Admin {
    world: World,
    cluster: ClusterId,
    /// The number of its first server; not 0 beside other clusters.
    first: usize,
    servers: Vec<Server>,
    selected: Option<usize>,
    logins: BTreeMap<NodeId, Login>,
    /// What each server asked to be signed last.
    challenges: BTreeMap<NodeId, Challenge>,
    /// Whom it deleted last on each server.
    deleted: BTreeMap<NodeId, User>,
    /// The logins are another connection's, which ends them.
    lent: bool,
}

impl World {
    /// Connects the management utility to the nodes that are present now.
    ///
    /// # Errors
    /// [`HsmError::NoCluster`], or the store fails.
    pub fn admin(&self, cluster: &ClusterId) -> Result<Admin> {
        Admin::connect(self, cluster, 0)
    }
}

impl Admin {
    /// Connects to the nodes of a cluster, which are numbered from `first` on.
    fn connect(world: &World, cluster: &ClusterId, first: usize) -> Result<Self> {
        let reach = world.read(|rows| Reach::load(world, rows, cluster, ClientClass::Tools))?;
        Ok(Self {
            world: world.clone(),
            cluster: cluster.clone(),
            first,
            servers: numbered(first, &reach),
            selected: None,
            logins: BTreeMap::new(),
            challenges: BTreeMap::new(),
            deleted: BTreeMap::new(),
            lent: false,
        })
    }

    /// With logins of another connection, which ends them.
    pub(crate) fn lend(&mut self, logins: BTreeMap<NodeId, Login>) {
        (self.logins, self.lent) = (logins, true);
    }

    /// The servers, by number.
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// The server of this number.
    fn server(&self, number: usize) -> Option<&Server> {
        self.servers.get(number.checked_sub(self.first)?)
    }

    /// The cluster.
    pub fn cluster(&self) -> &ClusterId {
        &self.cluster
    }

    /// Sends the following commands to one server only (`server N`), or to all again (`exit`). A number that no server has
    /// leaves the connection as it was and gives `false`.
    pub fn select(&mut self, server: Option<usize>) -> bool {
        let known = server.is_none_or(|number| self.server(number).is_some());
        if known {
            self.selected = server;
        }
        known
    }

    /// The server that commands go to, if not all.
    pub fn selected(&self) -> Option<usize> {
        self.selected
    }

    /// The servers that commands go to.
    pub fn addressed(&self) -> &[Server] {
        match self.selected {
            Some(number) => self.server(number).map(std::slice::from_ref).unwrap_or_default(),
            None => &self.servers,
        }
    }

    /// The use of keys as whom this connection is logged in, until it logs out.
    pub fn client(&self) -> Client {
        Client::lent(&self.world, &self.cluster, ClientClass::Tools, self.logins.clone())
    }

    /// Who is logged in, if it is a crypto user on some server.
    pub(crate) fn crypto_user(&self) -> Result<Option<UserName>> {
        self.world.read(|rows| {
            for (node, login) in &self.logins {
                let users = NodeUsers::load(rows, &self.cluster, node)?;
                if users.find(&login.name).is_some_and(|user| user.role == Role::Cu) {
                    return Ok(Some(login.name.clone()));
                }
            }
            Ok(None)
        })
    }

    fn reach(&self, rows: &impl Rows) -> Result<Reach> {
        Reach::load(&self.world, rows, &self.cluster, ClientClass::Tools)
    }

    /// Sends a command that changes nothing; it takes as long as the addressed servers take.
    fn ask<T>(&self, ask: impl FnOnce(&Reader<'_>, Reach) -> Result<T>) -> Result<T> {
        self.bear()?;
        self.world.read(|rows| ask(rows, self.reach(rows)?))
    }

    /// The same with one that changes something.
    fn tell<T: Send>(&self, tell: impl FnOnce(&mut Writer<'_>, Reach) -> Result<T> + Send) -> Result<T> {
        self.bear()?;
        self.world.write(|tx| {
            let reach = self.reach(tx)?;
            tell(tx, reach)
        })
    }

    /// Takes the time that the addressed servers take for a command, one after the other.
    fn bear(&self) -> Result<()> {
        let is_addressed = |node: &NodeId| self.addressed().iter().any(|server| server.node == *node);
        strain::bear_each(&self.world, &self.cluster, ClientClass::Tools, is_addressed)
    }

    /// Asks every addressed server for which this connection may do `operation`.
    fn on_each<T, R: Rows>(
        &self,
        rows: &R,
        reach: &Reach,
        operation: Operation,
        mut ask: impl FnMut(&R, &Node, NodeUsers) -> Result<Result<T, HsmError>>,
    ) -> Result<Vec<NodeResult<T>>> {
        let mut results = Vec::with_capacity(self.servers.len());
        for server in self.addressed() {
            let result = match self.authorize(rows, reach, server, operation)? {
                Ok((node, users)) => ask(rows, node, users)?,
                Err(error) => Err(error),
            };
            results.push(server.answer(result));
        }
        Ok(results)
    }

    /// The same inside a write transaction, for a command that the servers note, if they do.
    fn change_each<T>(
        &self,
        tx: &mut Writer<'_>,
        reach: &Reach,
        operation: Operation,
        noted: Option<(Command, Detail<'_>)>,
        mut change: impl FnMut(&mut Writer<'_>, &Node, NodeUsers) -> Result<Result<T, HsmError>>,
    ) -> Result<Vec<NodeResult<T>>> {
        let mut results = Vec::with_capacity(self.servers.len());
        for server in self.addressed() {
            let result = match self.authorize(tx, reach, server, operation)? {
                Ok((node, users)) => match self.told_to_fail(tx, noted)? {
                    Some(error) => Err(error),
                    None => change(tx, node, users)?,
                },
                Err(error) => Err(error),
            };
            results.push(server.answer(result));
        }
        self.note(tx, &results, noted)?;
        Ok(results)
    }

    /// How a command is told to fail.
    fn told_to_fail(&self, tx: &mut Writer<'_>, noted: Option<(Command, Detail<'_>)>) -> Result<Option<HsmError>> {
        match noted {
            Some((command, _)) => fault::command_fails(tx, &self.world, command),
            None => Ok(None),
        }
    }

    /// Notes what each server answered in its audit log.
    fn note<T>(
        &self,
        tx: &mut Writer<'_>,
        results: &[NodeResult<T>],
        noted: Option<(Command, Detail<'_>)>,
    ) -> Result<()> {
        let session = |node: &NodeId| self.logins.get(node).map_or(0, Login::number);
        noted.map_or(Ok(()), |noted| audit::note_each(tx, &self.world, results, session, noted))
    }

    /// Who is logged in, by the first server that knows it; nobody if nobody is.
    fn actor(&self, rows: &impl Rows) -> Result<Option<(UserName, Role)>> {
        for (node, login) in &self.logins {
            let users = NodeUsers::load(rows, &self.cluster, node)?;
            if let Some(user) = users.find(&login.name) {
                return Ok(Some((login.name.clone(), user.role)));
            }
        }
        Ok(None)
    }

    /// The node and its users, if it is reached and lets this connection do `operation`.
    fn authorize<'a>(
        &self,
        rows: &impl Rows,
        reach: &'a Reach,
        server: &Server,
        operation: Operation,
    ) -> Result<Result<(&'a Node, NodeUsers), HsmError>> {
        let node = match reach.node(&server.node) {
            Ok(node) => node,
            Err(error) => return Ok(Err(error)),
        };
        let users = NodeUsers::load(rows, &self.cluster, &node.id)?;
        let role = self.role(rows, &node.id, &users)?;
        Ok(match role {
            Err(error) => Err(error),
            Ok(role) if permits(role, operation) => Ok((node, users)),
            Ok(None) => Err(HsmError::NotLoggedIn),
            Ok(Some(_)) => Err(HsmError::PermissionDenied),
        })
    }

    /// The user that this connection is logged in as on a node.
    fn logged_in<'u>(&self, node: &Node, users: &'u NodeUsers) -> Result<&'u User, HsmError> {
        let login = self.logins.get(&node.id).ok_or(HsmError::NotLoggedIn)?;
        users.find(&login.name).ok_or(HsmError::NotLoggedIn)
    }

    /// As what this connection is logged in on a node.
    fn role(&self, rows: &impl Rows, node: &NodeId, users: &NodeUsers) -> Result<Result<Option<Role>, HsmError>> {
        Ok(match self.logins.get(node) {
            None => Ok(None),
            Some(login) if login.is_void(generation::current(rows)?) => Err(HsmError::SessionLost),
            Some(login) => Ok(users.find(&login.name).map(|user| user.role)),
        })
    }
}

/// The nodes that are present, with their numbers.
fn numbered(first: usize, reach: &Reach) -> Vec<Server> {
    let server = |(number, node): (usize, &Node)| Server { number, node: node.id.clone(), ip: node.ip };
    (first..).zip(reach.present()).map(server).collect()
}

/// What a log says of the one who asked.
fn by(actor: &Option<(UserName, Role)>) -> Detail<'_> {
    actor.as_ref().map_or(Detail::Minimal, |(name, role)| Detail::User { name: name.as_str(), role: *role })
}

impl Server {
    fn answer<T>(&self, result: Result<T, HsmError>) -> NodeResult<T> {
        NodeResult { server: self.number, node: self.node.clone(), ip: self.ip, result }
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        if !self.lent {
            // A login that cannot be ended now ends with the process.
            let _ = self.end_all();
        }
    }
}
