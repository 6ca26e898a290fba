//! `deleteUser`.

use crate::admin::{Admin, NodeResult};
use crate::audit::{Command, Detail};
use crate::error::{HsmError, Result};
use crate::node::login;
use crate::object::layer;
use crate::quorum::Service;
use crate::service;
use crate::user::{LoginType, Operation, UserName};

impl Admin {
    /// Deletes a user on every addressed server. Refused where the user is logged in or owns keys (documented).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result: [`HsmError::NoSuchUser`],
    /// [`HsmError::InvalidUserType`], [`HsmError::UserLoggedIn`], [`HsmError::UserOwnsKeys`], [`HsmError::QuorumRequired`], or
    /// the login does not permit it.
    pub fn delete_user(&mut self, user_type: LoginType, name: &str) -> Result<Vec<NodeResult<()>>> {
        // No user can have an impossible name.
        let given = name;
        let name = name.parse::<UserName>().map_err(|_| HsmError::NoSuchUser);
        let (results, deleted) = self.tell(|tx, reach| {
            let mut deleted = Vec::new();
            let noted = (Command::DeleteUser, Detail::User { name: given, role: user_type.role() });
            let results = self.change_each(tx, &reach, Operation::DeleteUser, Some(noted), |tx, node, mut users| {
                let permit = match self.permit(tx, node, &users.policy, Service::UserManagement)? {
                    Ok(permit) => permit,
                    Err(error) => return Ok(Err(error)),
                };
                let name = match &name {
                    Ok(name) => name,
                    Err(error) => return Ok(Err(error.clone())),
                };
                let Some(user) = users.find(name) else { return Ok(Err(HsmError::NoSuchUser)) };
                if user.role.login_type() != user_type {
                    return Ok(Err(HsmError::InvalidUserType));
                }
                if user.verifier.is_none() {
                    // The appliance user belongs to the service (documented).
                    return Ok(Err(HsmError::PermissionDenied));
                }
                if login::is_logged_in(&self.world, tx, &self.cluster, &node.id, name, None)?
                    || service::protects(tx, &reach, node, &users, name)?
                {
                    return Ok(Err(HsmError::UserLoggedIn));
                }
                if layer::any(tx, &node.view, |object| object.owner == user.id)? {
                    return Ok(Err(HsmError::UserOwnsKeys));
                }
                deleted.push((node.id.clone(), user.clone()));
                users.users.retain(|user| user.name != *name);
                users.save(tx, &self.cluster, &node.id)?;
                permit.spend(self, tx, node)?;
                Ok(Ok(()))
            })?;
            Ok((results, deleted))
        })?;
        self.deleted.extend(deleted);
        Ok(results)
    }
}
