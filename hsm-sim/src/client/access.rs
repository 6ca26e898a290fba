//! What a logged-in user does with keys on the nodes of a cluster.
//!
//! Which nodes may be used and which keys they show is worked out once and kept until the next commit of any process: the
//! store's stamp says whether there was one. So a cryptographic call reads no rows and takes no lock of anybody else.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crypto::AesGcm;
use store::{Reader, Stamp, Writer};

use crate::client::NodeResult;
use crate::error::{HsmError, Result};
use crate::fault::ClientClass;
use crate::id::{ClusterId, NodeId};
use crate::lock::RwLock;
use crate::node::login::Login;
use crate::node::reach::Reach;
use crate::node::strain::{self, Strain};
use crate::node::view::View;
use crate::node::{Node, generation};
use crate::object::{Flags, Handle, KeyType, Object, layer};
use crate::performance::Work;
use crate::row::Rows;
use crate::service::{self, ServiceSession};
use crate::settings::Settings;
use crate::user::{NodeUsers, Operation, User, UserName, permits};
use crate::world::World;

/// Keys that a connection keeps ready until the next commit.
const MOST_KEYS: usize = 4096;

/// By what right nodes are used.
#[derive(Debug)]
pub(crate) enum Authority {
    /// Logins of this connection.
    Logins(BTreeMap<NodeId, Login>),
    /// The durable session of a service.
    Service {
        /// As whom.
        name: UserName,
        /// Whose session.
        owner: String,
    },
}

impl Authority {
    /// Nobody is logged in.
    pub(crate) const fn nobody() -> Self {
        Self::Logins(BTreeMap::new())
    }

    pub(crate) fn is_logged_in(&self) -> bool {
        match self {
            Self::Logins(logins) => !logins.is_empty(),
            Self::Service { .. } => true,
        }
    }
}

/// The use of keys on a cluster's nodes, shared by [`crate::client::Client`] and [`crate::service::Session`].
pub struct Access {
    world: World,
    cluster: ClusterId,
    class: ClientClass,
    authority: Authority,
    /// Spreads calls over the nodes.
    cursor: AtomicUsize,
    plan: RwLock<Option<Arc<Plan>>>,
}

/// What holds until the next commit.
#[derive(Debug)]
struct Plan {
    stamp: Stamp,
    /// The present nodes, in join order.
    nodes: Vec<Result<Usable, HsmError>>,
    keys: RwLock<HashMap<Handle, Arc<[UsableKey]>>>,
}

/// A node that may be used.
#[derive(Debug, Clone)]
struct Usable {
    view: View,
    user: u32,
    strain: Option<Strain>,
}

/// A key as one node holds it for the user.
#[derive(Debug, Clone)]
struct UsableKey {
    flags: Flags,
    key: Arc<AesGcm>,
    strain: Option<Strain>,
}

impl Access {
    pub(crate) fn new(world: &World, cluster: &ClusterId, class: ClientClass, authority: Authority) -> Self {
        Self {
            world: world.clone(),
            cluster: cluster.clone(),
            class,
            authority,
            cursor: AtomicUsize::new(0),
            plan: RwLock::new(None),
        }
    }

    /// The cluster.
    pub fn cluster(&self) -> &ClusterId {
        &self.cluster
    }

    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    pub(crate) fn class(&self) -> ClientClass {
        self.class
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The number of this connection's session on a node, as the audit log shows it.
    pub(crate) fn session_number(&self, node: &NodeId) -> u32 {
        match &self.authority {
            Authority::Logins(logins) => logins.get(node).or_else(|| logins.values().next()).map_or(0, Login::number),
            Authority::Service { .. } => service::SESSION_NUMBER,
        }
    }

    /// Replaces the authority and returns the old one.
    pub(crate) fn set_authority(&mut self, authority: Authority) -> Authority {
        *self.plan.get_mut() = None;
        std::mem::replace(&mut self.authority, authority)
    }

    /// The place in a rotation over `count` nodes.
    pub(crate) fn turn(&self, count: usize) -> usize {
        self.cursor.fetch_add(1, Ordering::Relaxed).checked_rem(count).unwrap_or(0)
    }

    /// The logins, of which a service has none.
    pub(crate) fn logins(&self) -> BTreeMap<NodeId, Login> {
        match &self.authority {
            Authority::Logins(logins) => logins.clone(),
            Authority::Service { .. } => BTreeMap::new(),
        }
    }

    /// The cluster as this connection sees it.
    pub(crate) fn reach(&self, rows: &impl Rows) -> Result<Reach> {
        Reach::load(&self.world, rows, &self.cluster, self.class)
    }

    /// Asks the nodes for what changes nothing; it takes as long as they take.
    pub(crate) fn ask<T>(&self, ask: impl FnOnce(&Reader<'_>, Reach) -> Result<T>) -> Result<T> {
        self.bear_each()?;
        self.world.read(|rows| ask(rows, self.reach(rows)?))
    }

    /// The same with what changes something.
    pub(crate) fn tell<T: Send>(&self, tell: impl FnOnce(&mut Writer<'_>, Reach) -> Result<T> + Send) -> Result<T> {
        self.bear_each()?;
        self.world.write(|tx| {
            let reach = self.reach(tx)?;
            tell(tx, reach)
        })
    }

    fn bear_each(&self) -> Result<()> {
        strain::bear_each(&self.world, &self.cluster, self.class, |_| true)
    }

    /// The id, on one node, of the user who is logged in there and may use keys.
    ///
    /// The outer error ends the whole call, the inner one speaks of this node.
    pub(crate) fn user_on(&self, rows: &impl Rows, reach: &Reach, node: &Node) -> Result<Result<u32, HsmError>> {
        Ok(self.logged_in_as(rows, reach, node)?.and_then(|user| match permits(Some(user.role), Operation::UseKeys) {
            true => Ok(user.id),
            false => Err(HsmError::PermissionDenied),
        }))
    }

    /// The user who is logged in on one node.
    pub(crate) fn logged_in_as(&self, rows: &impl Rows, reach: &Reach, node: &Node) -> Result<Result<User, HsmError>> {
        if let Err(error) = reach.answers(node) {
            return Ok(Err(error));
        }
        let users = NodeUsers::load(rows, &self.cluster, &node.id)?;
        let name = match &self.authority {
            Authority::Logins(logins) => {
                let generation = generation::current(rows)?;
                if logins.values().any(|login| login.is_void(generation)) {
                    return Ok(Err(HsmError::SessionLost));
                }
                let open = match reach.takes_logins(node) {
                    Ok(()) => login_for(logins, node, &users, Settings::load(rows)?.lock_threshold),
                    Err(_) => logins.get(&node.id),
                };
                match open {
                    None => return Ok(Err(HsmError::NotLoggedIn)),
                    Some(login) => &login.name,
                }
            }
            Authority::Service { name, owner } => match ServiceSession::load(rows, &self.cluster, name)? {
                Some(session) if session.owner == *owner && session.is_on(reach, node, &users, name) => name,
                _ => return Ok(Err(HsmError::NotLoggedIn)),
            },
        };
        Ok(users.find(name).cloned().ok_or(HsmError::NotLoggedIn))
    }

    /// Asks every present node, in join order.
    pub(crate) fn on_each<T>(
        &self,
        rows: &impl Rows,
        reach: &Reach,
        mut ask: impl FnMut(&Node, u32) -> Result<Result<T, HsmError>>,
    ) -> Result<Vec<NodeResult<T>>> {
        let mut results = Vec::new();
        for (server, node) in reach.present().enumerate() {
            let result = match self.user_on(rows, reach, node)? {
                Ok(user) => ask(node, user)?,
                Err(error) => Err(error),
            };
            results.push(NodeResult { server, node: node.id.clone(), ip: node.ip, result });
        }
        if results.is_empty() { Err(HsmError::NoNode.into()) } else { Ok(results) }
    }

    /// Asks nodes in turn until one answers.
    pub(crate) fn on_any<T>(
        &self,
        rows: &impl Rows,
        reach: &Reach,
        ask: impl FnMut(&Node, u32) -> Result<Result<T, HsmError>>,
    ) -> Result<T> {
        let mut results = self.on_each(rows, reach, ask)?;
        let turn = self.turn(results.len());
        results.rotate_left(turn);
        Ok(first(results.into_iter().map(|answer| answer.result))?)
    }

    /// The parsed key, which at least one node lets the user use in this way.
    pub(crate) fn aes_key(&self, handle: Handle, usage: Flags) -> Result<Arc<AesGcm>> {
        let plan = self.plan()?;
        let known = plan.keys.read().get(&handle).cloned();
        let keys = match known {
            Some(keys) => keys,
            None => self.load_keys(&plan, handle)?,
        };
        let usable = &keys[self.turn(keys.len())];
        if !usable.flags.has(usage) {
            return Err(HsmError::PolicyViolation.into());
        }
        self.bear(usable.strain.as_ref())?;
        Ok(Arc::clone(&usable.key))
    }

    /// Succeeds when at least one node can be used.
    pub(crate) fn require_node(&self) -> Result<()> {
        let plan = self.plan()?;
        let answers = plan.nodes.iter().map(|usable| usable.as_ref().map_err(Clone::clone));
        let usable = first(answers)?;
        self.bear(usable.strain.as_ref())
    }

    fn bear(&self, strain: Option<&Strain>) -> Result<()> {
        let Some(strain) = strain else { return Ok(()) };
        strain.bear(&self.world, Work::Symmetric)
    }

    fn plan(&self) -> Result<Arc<Plan>> {
        if let Some(plan) = self.plan.read().as_ref()
            && self.world.store().is_current(plan.stamp)
        {
            return Ok(Arc::clone(plan));
        }
        let (plan, steady) = self.world.read(|rows| {
            let reach = self.reach(rows)?;
            let mut nodes = Vec::new();
            for node in reach.present() {
                let user = self.user_on(rows, &reach, node)?;
                nodes.push(user.map(|user| Usable { view: node.view.clone(), user, strain: reach.strain(node) }));
            }
            let plan = Plan { stamp: rows.stamp(), nodes, keys: RwLock::default() };
            Ok::<_, crate::Error>((Arc::new(plan), reach.is_steady()))
        })?;
        // A fault may heal with time alone, without a commit.
        *self.plan.write() = steady.then(|| Arc::clone(&plan));
        Ok(plan)
    }

    fn load_keys(&self, plan: &Plan, handle: Handle) -> Result<Arc<[UsableKey]>> {
        let mut answers = Vec::with_capacity(plan.nodes.len());
        let (located, stamp) = self.world.read(|rows| {
            let mut located = Vec::with_capacity(plan.nodes.len());
            for usable in &plan.nodes {
                match usable {
                    Err(error) => answers.push(Err(error.clone())),
                    Ok(usable) => match layer::locate(rows, &usable.view, handle)? {
                        None => answers.push(Err(HsmError::InvalidHandle)),
                        Some(found) if !found.object.usable_by(usable.user) => {
                            answers.push(Err(HsmError::KeyAccessDenied));
                        }
                        // Applications have no means to get approvals (documented).
                        Some(found) if found.object.is_guarded() => answers.push(Err(HsmError::KeyNotApproved)),
                        Some(found) => located.push((found, usable.strain.clone())),
                    },
                }
            }
            Ok::<_, crate::Error>((located, rows.stamp()))
        })?;
        let mut keys = Vec::with_capacity(located.len());
        for (found, strain) in located {
            let object = &found.object;
            if object.key_type != KeyType::Aes {
                answers.push(Err(HsmError::PolicyViolation));
                continue;
            }
            let key = self.world.keys().get_or_parse(handle, found.place, || self.parse(object))?;
            keys.push(UsableKey { flags: object.flags, key, strain });
        }
        if keys.is_empty() {
            first::<()>(answers.into_iter())?;
            return Err(HsmError::InvalidHandle.into());
        }
        let keys: Arc<[UsableKey]> = keys.into();
        if stamp == plan.stamp {
            let mut known = plan.keys.write();
            if known.len() >= MOST_KEYS {
                // Any can be looked up again.
                known.clear();
            }
            known.insert(handle, Arc::clone(&keys));
        }
        Ok(keys)
    }

    fn parse(&self, object: &Object) -> Result<AesGcm> {
        let material = self.world.vault().open_sealed(&Object::context(&object.unique), &object.material)?;
        Ok(AesGcm::new(material.expose())?)
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("cluster", &self.cluster)
            .field("class", &self.class)
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}

/// The login that opens a node: the one on it, or else one elsewhere with the password that is in force here. The client
/// library connects by itself to nodes that join later or come back (documented).
pub(crate) fn login_for<'a>(
    logins: &'a BTreeMap<NodeId, Login>,
    node: &Node,
    users: &NodeUsers,
    lock_threshold: u32,
) -> Option<&'a Login> {
    let same_password = |login: &&Login| {
        let user = users.find(&login.name).filter(|user| !user.is_locked(lock_threshold));
        user.and_then(|user| user.verifier_id()) == Some(login.verifier)
    };
    logins.get(&node.id).or_else(|| logins.values().find(same_password))
}

/// The first good answer; else the error that says most about the matter: what a node says about the key outranks what it
/// says about the login, and that outranks being busy or out of reach.
pub(crate) fn first<T>(answers: impl Iterator<Item = Result<T, HsmError>>) -> Result<T, HsmError> {
    let rank = |error: &HsmError| match error {
        HsmError::NodeUnavailable => 0,
        HsmError::Busy | HsmError::Zeroized => 1,
        HsmError::NotLoggedIn => 2,
        HsmError::SessionLost => 3,
        HsmError::InvalidHandle => 4,
        _ => 5,
    };
    let mut worst = HsmError::NodeUnavailable;
    for answer in answers {
        match answer {
            Ok(value) => return Ok(value),
            Err(error) if rank(&error) > rank(&worst) => worst = error,
            Err(_) => {}
        }
    }
    Err(if worst == HsmError::NodeUnavailable { HsmError::NoNode } else { worst })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyTemplate, Password, TestCluster};

    #[test]
    fn a_connection_keeps_some_keys_ready_and_not_all() {
        let cluster = TestCluster::active(1).unwrap();
        let mut client = cluster.world().client(cluster.cluster_id(), ClientClass::Tools).unwrap();
        client.login("kmsuser", &Password::from("kmsPswd1")).unwrap();
        let templates = vec![KeyTemplate::aes(16, "one of many"); MOST_KEYS + 2];
        let made = client.generate_keys(&templates).unwrap();
        for key in made.iter().chain(&made[..1]) {
            client.encrypt(key.handle, b"", b"data").unwrap();
        }
        let kept = client.plan().unwrap().keys.read().len();
        assert_eq!(kept, 3, "the last two and the first again");
    }
}
