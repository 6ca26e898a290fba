//! `changePswd`: also how an account is unlocked and a cluster activated (seed 004, documented).

use crypto::{Password, Verifier};
use store::Rows;

use crate::admin::{Admin, NodeResult};
use crate::cluster::ClusterState;
use crate::control;
use crate::error::{HsmError, Result};
use crate::node::reach::Reach;
use crate::node::{Node, login};
use crate::service;
use crate::user::{LoginType, NodeUsers, Operation, Role, UserName, check_password, permits};

impl Admin {
    /// Sets a user's password on every addressed server, which also unlocks the account there. Refused where another session
    /// of the user is open (seed 004). The first officer's first change makes it the primary officer and activates the
    /// cluster.
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result: [`HsmError::NoSuchUser`],
    /// [`HsmError::InvalidUserType`], [`HsmError::InvalidPassword`], [`HsmError::UserLoggedIn`], or the login does not permit
    /// it.
    pub fn change_password(
        &mut self,
        user_type: LoginType,
        name: &str,
        password: &Password,
    ) -> Result<Vec<NodeResult<()>>> {
        let name = name.parse::<UserName>().map_err(|_| HsmError::NoSuchUser);
        let request = name.and_then(|name| check_password(password).map(|()| name));
        let request = request.map(|name| (name, Verifier::new(password, self.world.entropy())));
        self.world.write(|tx| {
            let reach = self.reach(tx)?;
            let mut activated = false;
            let results = self.change_each(tx, &reach, Operation::ChangeOwnPassword, |tx, node, mut users| {
                let (name, verifier) = match &request {
                    Ok(request) => request,
                    Err(error) => return Ok(Err(error.clone())),
                };
                if let Err(error) = self.may_change(tx, &reach, node, &users, user_type, name)? {
                    return Ok(Err(error));
                }
                if let Some(user) = users.find_mut(name) {
                    user.set_password(verifier.clone());
                    if user.role == Role::Preco {
                        user.role = Role::Pco;
                        activated = true;
                    }
                }
                users.save(tx, &self.cluster, &node.id)?;
                Ok(Ok(()))
            })?;
            if activated && reach.cluster.state == ClusterState::Initialized {
                control::activate(tx, &self.world, &self.cluster)?;
            }
            Ok(results)
        })
    }

    fn may_change(
        &self,
        rows: &impl Rows,
        reach: &Reach,
        node: &Node,
        users: &NodeUsers,
        user_type: LoginType,
        name: &UserName,
    ) -> Result<Result<(), HsmError>> {
        // Who may change the own password was asked before, so there is a login.
        let Some(login) = self.logins.get(&node.id) else { return Ok(Err(HsmError::NotLoggedIn)) };
        let own = login.name == *name;
        let role = users.find(&login.name).map(|user| user.role);
        if !own && !permits(role, Operation::ChangeAnyPassword) {
            return Ok(Err(HsmError::PermissionDenied));
        }
        let Some(user) = users.find(name) else { return Ok(Err(HsmError::NoSuchUser)) };
        if user.role.login_type() != user_type {
            return Ok(Err(HsmError::InvalidUserType));
        }
        if user.verifier.is_none() {
            // The appliance user belongs to the service (documented).
            return Ok(Err(HsmError::PermissionDenied));
        }
        let elsewhere = login::is_logged_in(&self.world, rows, &self.cluster, &node.id, name, own.then_some(login))?;
        if elsewhere || service::protects(rows, reach, node, users, name)? {
            return Ok(Err(HsmError::UserLoggedIn));
        }
        Ok(Ok(()))
    }
}
