//! Keys as the management tools use them: by the cluster's handles, on every node, with an answer of each.
//!
//! A tool has one connection, and with it one login and one session. What it does with keys is what a PKCS#11 client does, done by
//! the same code ([`crate::token`]); it only names keys otherwise and is told more. Session keys bear handles of the cluster too:
//! they are on one node, no other connection sees them, and they go with this one.

mod carry;
mod find;
mod look;
mod make;
mod mask;
mod quorum;
mod refusal;
mod sign;

use std::sync::Arc;

use crypto::Password;

pub use carry::Padding;
pub use make::{Made, MadePair};

use crate::admin::Admin;
use crate::client::{Client, NodeResult};
pub use crate::client::{KeyInfo, Query, Terms};
use crate::error::{HsmError, Result};
use crate::id::ClusterId;
use crate::node::UserInfo;
use crate::object::{Flags, Handle, Object, layer};
use crate::quorum::{NodeTokens, Subject};
use crate::token::handles::Target;
use crate::token::session::Session;
use crate::token::{Application, ObjectHandle, UserType};
use crate::user::LoginType;
use crate::world::World;

/// A tool's connection to a cluster. Dropping it logs out and destroys its session keys.
///
/// ```
/// use hsm_sim::keys::{Keys, Terms};
/// use hsm_sim::token::{Attribute, Mechanism, MechanismType, Template};
/// use hsm_sim::user::LoginType;
/// use hsm_sim::{Password, TestCluster};
///
/// let cluster = TestCluster::active(2)?;
/// let keys = Keys::connect(cluster.world(), cluster.cluster_id(), false)?;
/// keys.login(LoginType::Cu, "kmsuser", &Password::from("kmsPswd1"))?;
/// let template = Template::new().flag(Attribute::Token, true).number(Attribute::ValueLen, 32);
/// let made = keys.generate(&Mechanism::new(MechanismType::AesKeyGen), &template, &Terms::default())?;
/// assert_eq!(made.nodes.len(), 2);
/// # Ok::<(), hsm_sim::Error>(())
/// ```
#[derive(Debug)]
pub struct Keys {
    application: Application,
    session: Arc<Session>,
}

/// A key of the session.
struct SessionKey {
    /// Its number in the token machinery.
    number: u64,
    object: Arc<Object>,
    /// Where it is.
    node: NodeResult<()>,
}

/// By what right somebody does something with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    /// As its owner, or as somebody it is shared with.
    Use,
    /// As its owner.
    Manage,
}

impl Right {
    fn of(self, user: u32, object: &Object) -> Result<(), HsmError> {
        let has = match self {
            Self::Use => object.usable_by(user),
            Self::Manage => object.owner == user,
        };
        if has { Ok(()) } else { Err(HsmError::KeyAccessDenied) }
    }
}

impl Keys {
    /// Connects. With `needs_two`, token keys are made and used only if they are on two HSMs, as the newer client library wants it
    /// unless it is told otherwise (documented).
    ///
    /// # Errors
    /// [`HsmError::NoCluster`], or the store fails.
    pub fn connect(world: &World, cluster: &ClusterId, needs_two: bool) -> Result<Self> {
        let (application, session) = Application::of_tool(world, cluster, needs_two)?;
        Ok(Self { application, session })
    }

    fn world(&self) -> &World {
        self.application.world()
    }

    /// Does something with the connection to the nodes.
    fn with_client<T>(&self, act: impl FnOnce(&Client) -> T) -> T {
        act(&self.session.slot.identity.read().client)
    }

    /// Logs in on every node. The connection works if at least one accepts. An officer may log in too, but has no use of keys
    /// (documented).
    ///
    /// # Errors
    /// [`HsmError::AlreadyLoggedIn`], [`HsmError::NoNode`] when the cluster has no nodes, or the store fails.
    pub fn login(&self, kind: LoginType, name: &str, password: &Password) -> Result<Vec<NodeResult<()>>> {
        let slot = &self.session.slot;
        let mut identity = slot.identity.write();
        let answers = identity.client.login_as(kind, name, password)?;
        let accepted = answers.iter().any(|answer| answer.result.is_ok());
        slot.set_who(&mut identity, (accepted && kind == LoginType::Cu).then_some(UserType::User));
        identity.name = accepted.then(|| name.to_owned());
        slot.changed();
        Ok(answers)
    }

    /// Is logged in as another connection of the same tool is, which goes on owning the login: it is not counted again, and ends
    /// there.
    ///
    /// # Errors
    /// [`HsmError::AlreadyLoggedIn`], [`HsmError::NotLoggedIn`] when the other one is a crypto user's nowhere, or the store fails.
    pub fn log_in_with(&self, tool: &Admin) -> Result<()> {
        let slot = &self.session.slot;
        let mut identity = slot.identity.write();
        if identity.name.is_some() {
            return Err(HsmError::AlreadyLoggedIn.into());
        }
        let name = tool.crypto_user()?.ok_or(HsmError::NotLoggedIn)?;
        identity.client = tool.client();
        identity.name = Some(name.to_string());
        slot.set_who(&mut identity, Some(UserType::User));
        slot.changed();
        Ok(())
    }

    /// Logs out wherever this connection is logged in; session keys are destroyed. No answers if it was logged in nowhere.
    ///
    /// # Errors
    /// The store fails.
    pub fn logout(&self) -> Result<Vec<NodeResult<()>>> {
        let slot = &self.session.slot;
        let mut identity = slot.identity.write();
        let answers = identity.client.logout();
        // Whatever the store says: nobody is logged in any more.
        identity.name = None;
        self.application.forget_login(slot, identity);
        answers
    }

    /// Whether this connection is logged in on any node, and if so whether as a crypto user.
    pub fn logged_in(&self) -> Option<bool> {
        let identity = self.session.slot.identity.read();
        identity.name.as_ref().map(|_| self.session.slot.who() == Some(UserType::User))
    }

    /// The users of one node that answers; no login is needed (documented).
    ///
    /// # Errors
    /// As [`crate::client::Access::list_users`].
    pub fn list_users(&self) -> Result<Vec<UserInfo>> {
        self.with_client(|client| client.list_users())
    }

    /// What each node says about a right to a key, and about what its users must approve, if something is done with it. The overall
    /// answer is an error if none grants it.
    fn ask(&self, handle: Handle, right: Right, subject: Option<Subject>) -> Result<Vec<NodeResult<()>>> {
        if let Some(key) = self.session_key(handle)? {
            return Ok(vec![key.node]);
        }
        let answers = self.each(handle, right, subject)?;
        crate::client::first(answers.iter().map(|answer| answer.result.clone()))?;
        Ok(answers)
    }

    /// What each node says about a token key.
    fn each(&self, handle: Handle, right: Right, subject: Option<Subject>) -> Result<Vec<NodeResult<()>>> {
        let cluster = &self.session.slot.cluster;
        self.with_client(|client| {
            let logins = client.logins();
            client.ask(|rows, reach| {
                client.on_each(rows, &reach, |node, user| {
                    let Some(found) = layer::locate(rows, &node.view, handle)? else {
                        return Ok(Err(HsmError::InvalidHandle));
                    };
                    if let Err(error) = right.of(user, &found.object) {
                        return Ok(Err(error));
                    }
                    let Some(subject) = subject.filter(|_| found.object.is_guarded()) else { return Ok(Ok(())) };
                    let tokens = NodeTokens::valid(self.world(), rows, cluster, &node.id)?;
                    let token = logins
                        .get(&node.id)
                        .and_then(|login| tokens.approved(subject, &login.session(), found.object.approvals()));
                    Ok(token.map(drop).ok_or(HsmError::KeyNotApproved))
                })
            })
        })
    }

    /// A key of this session.
    fn session_key(&self, handle: Handle) -> Result<Option<SessionKey>> {
        let slot = &self.session.slot;
        let sight = match slot.sight(self.world()) {
            Ok(sight) => sight,
            // The nodes say themselves what is wrong with them.
            Err(_) => return Ok(None),
        };
        let Some((number, object, id)) = slot.session_object(&sight, handle) else { return Ok(None) };
        let place = self.with_client(|client| {
            self.world().read(|rows| {
                let reach = client.reach(rows)?;
                let place = reach.present().enumerate().find(|(_, node)| node.id == id);
                Ok::<_, crate::Error>(place.map(|(server, node)| NodeResult {
                    server,
                    node: node.id.clone(),
                    ip: node.ip,
                    result: Ok(()),
                }))
            })
        })?;
        Ok(place.map(|node| SessionKey { number, object, node }))
    }

    /// The name that the token machinery has for a key.
    fn target(&self, handle: Handle) -> Result<ObjectHandle> {
        let slot = &self.session.slot;
        Ok(match self.session_key(handle)? {
            Some(key) => slot.handles.of(Target::Session(key.number), key.object.flags.has(Flags::PRIVATE)),
            None => slot.handles.of(Target::Token(handle), true),
        })
    }
}
