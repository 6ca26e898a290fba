//! `syncUser`: the repair of a user that one server lacks or has with other credentials (documented).

use crate::admin::{Admin, Server};
use crate::audit::{Command, Detail};
use crate::error::{HsmError, Result};
use crate::node::reach::Reach;
use crate::node::{Node, login};
use crate::row::Writer;
use crate::service;
use crate::user::{NodeUsers, Operation, Role, User};

/// A user on its way from one server to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncedUser {
    /// What the source said.
    pub extracted: Result<(), HsmError>,
    /// What the destination said; nothing if it was not asked.
    pub inserted: Option<Result<(), HsmError>>,
}

impl SyncedUser {
    /// Whether the destination has the user now.
    pub fn succeeded(&self) -> bool {
        self.inserted == Some(Ok(()))
    }
}

impl Admin {
    /// Brings an officer or a crypto user, with password, failed logins and registered key, from the selected server to another
    /// one, which gives it the same id if that is free there (inferred). A user whom the other server has by this name keeps its
    /// id, and so its keys. This connection must be logged in on both servers as an officer; no quorum is asked (documented list of what a
    /// quorum controls, as for [`Admin::replicate_user`]).
    ///
    /// # Errors
    /// [`HsmError::NodeUnavailable`] without a selected server or when the other number is no server's; the cluster does not exist,
    /// or the store fails. The source refuses with [`HsmError::NoSuchUser`], or [`HsmError::PermissionDenied`] for the appliance user; the
    /// destination with [`HsmError::InvalidUserType`] when the name is another type's there, [`HsmError::UserLoggedIn`];
    /// both when the login does not permit it.
    pub fn sync_user(&mut self, user_id: u32, destination: usize) -> Result<SyncedUser> {
        let destination = self.server(destination).ok_or(HsmError::NodeUnavailable)?;
        self.bring(user_id, self, destination)
    }

    /// The same to the selected server of a clone, under that connection's login.
    ///
    /// # Errors
    /// As [`Admin::sync_user`], and [`HsmError::NotClones`].
    pub fn sync_user_to(&self, user_id: u32, clone: &Self) -> Result<SyncedUser> {
        let destination = clone.selected.and_then(|number| clone.server(number)).ok_or(HsmError::NodeUnavailable)?;
        clone.bear()?;
        self.bring(user_id, clone, destination)
    }

    fn bring(&self, user_id: u32, to: &Self, destination: &Server) -> Result<SyncedUser> {
        let source = self.selected.and_then(|number| self.server(number)).ok_or(HsmError::NodeUnavailable)?;
        self.tell(|tx, reach| {
            self.require_clone(tx, to)?;
            let user = match self.extract(tx, &reach, source, user_id)? {
                Ok(user) => user,
                Err(error) => return Ok(SyncedUser { extracted: Err(error), inserted: None }),
            };
            let (name, role) = (user.name.clone(), user.role);
            let reach = to.reach(tx)?;
            let inserted = to.insert(tx, &reach, destination, user)?;
            let noted = (created(role), Detail::User { name: name.as_str(), role });
            to.note(tx, &[destination.answer(inserted.clone())], Some(noted))?;
            Ok(SyncedUser { extracted: Ok(()), inserted: Some(inserted) })
        })
    }

    fn extract(&self, tx: &Writer<'_>, reach: &Reach, source: &Server, user_id: u32) -> Result<Result<User, HsmError>> {
        Ok(match self.authorize(tx, reach, source, Operation::SyncUser)? {
            Err(error) => Err(error),
            Ok((_, users)) => match users.by_id(user_id) {
                None => Err(HsmError::NoSuchUser),
                Some(user) if matches!(user.role, Role::Preco | Role::Au) => Err(HsmError::PermissionDenied),
                Some(user) => Ok(user.clone()),
            },
        })
    }

    fn insert(
        &self,
        tx: &mut Writer<'_>,
        reach: &Reach,
        destination: &Server,
        user: User,
    ) -> Result<Result<(), HsmError>> {
        let (node, mut users) = match self.authorize(tx, reach, destination, Operation::SyncUser)? {
            Ok(found) => found,
            Err(error) => return Ok(Err(error)),
        };
        if self.is_in_use(tx, node, &user)? || service::protects(tx, reach, node, &users, &user.name)? {
            return Ok(Err(HsmError::UserLoggedIn));
        }
        if let Err(error) = put(&mut users, user) {
            return Ok(Err(error));
        }
        users.save(tx, &self.cluster, &node.id)?;
        Ok(Ok(()))
    }

    /// Whether somebody else is logged in as the user.
    fn is_in_use(&self, tx: &Writer<'_>, node: &Node, user: &User) -> Result<bool> {
        let own = self.logins.get(&node.id).filter(|login| login.name == user.name);
        login::is_logged_in(&self.world, tx, &self.cluster, &node.id, &user.name, own)
    }
}

/// The command that gives a server a user, whether it is made or brought (inferred).
pub(super) const fn created(role: Role) -> Command {
    match role {
        Role::Co | Role::Pco => Command::CreateOfficer,
        Role::Cu | Role::Preco | Role::Au => Command::CreateUser,
    }
}

/// Gives a server's users this one.
fn put(users: &mut NodeUsers, user: User) -> Result<(), HsmError> {
    match users.find_mut(&user.name) {
        Some(known) if known.role.login_type() != user.role.login_type() => return Err(HsmError::InvalidUserType),
        Some(known) => *known = User { id: known.id, role: known.role, ..user },
        None => users.insert(user),
    }
    Ok(())
}
