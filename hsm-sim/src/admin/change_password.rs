//! `changePswd`: also how an account is unlocked, a cluster activated, and a second factor registered or given up (seed 004,
//! documented).

use crypto::Verifier;
use store::Rows;

use crate::admin::quorum_token::Permit;
use crate::admin::second_factor::ProvenFactor;
use crate::admin::{Admin, NewCredentials, NodeResult};
use crate::audit::{Command, Detail};
use crate::cluster::ClusterState;
use crate::control;
use crate::error::{HsmError, Result};
use crate::node::reach::Reach;
use crate::node::{Node, login};
use crate::quorum::Service;
use crate::service;
use crate::user::{LoginType, NodeUsers, Operation, Role, User, UserName, check_password, permits};

impl Admin {
    /// Sets a user's password on every addressed server, which also unlocks the account there. Refused where another session
    /// of the user is open (seed 004). The first officer's first change makes it the primary officer and activates the
    /// cluster.
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result: [`HsmError::NoSuchUser`],
    /// [`HsmError::InvalidUserType`], [`HsmError::InvalidPassword`], [`HsmError::UserLoggedIn`],
    /// [`HsmError::InvalidPublicKey`], [`HsmError::SignatureInvalid`], [`HsmError::QuorumRequired`] for another's password, or
    /// the login does not permit it.
    pub fn change_password<'a>(
        &mut self,
        user_type: LoginType,
        name: &str,
        credentials: impl Into<NewCredentials<'a>>,
    ) -> Result<Vec<NodeResult<()>>> {
        let credentials = credentials.into();
        let request = self.change_of(name, &credentials);
        self.tell(|tx, reach| {
            let mut activated = false;
            let noted = (Command::ChangePassword, Detail::User { name, role: user_type.role() });
            let results =
                self.change_each(tx, &reach, Operation::ChangeOwnPassword, Some(noted), |tx, node, mut users| {
                    let request = match &request {
                        Ok(request) => request,
                        Err(error) => return Ok(Err(error.clone())),
                    };
                    let permit = match self.may_change(tx, &reach, node, &users, user_type, &request.name)? {
                        Ok(permit) => permit,
                        Err(error) => return Ok(Err(error)),
                    };
                    if let Some(user) = users.find_mut(&request.name) {
                        if let Err(error) = request.apply(node, user) {
                            return Ok(Err(error));
                        }
                        if user.role == Role::Preco {
                            user.role = Role::Pco;
                            activated = true;
                        }
                    }
                    users.save(tx, &self.cluster, &node.id)?;
                    permit.spend(self, tx, node)?;
                    Ok(Ok(()))
                })?;
            if activated && reach.cluster.state == ClusterState::Initialized {
                control::activate(tx, &self.world, &self.cluster)?;
            }
            Ok(results)
        })
    }

    fn change_of(&self, name: &str, credentials: &NewCredentials<'_>) -> Result<Change, HsmError> {
        let name = name.parse::<UserName>().map_err(|_| HsmError::NoSuchUser)?;
        check_password(credentials.password)?;
        Ok(Change {
            name,
            factor: credentials.second_factor.map(|factor| self.prove(&factor)).transpose()?,
            deregister_quorum: credentials.deregister_quorum,
            verifier: Verifier::new(credentials.password, self.world.entropy()),
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
    ) -> Result<Result<Permit, HsmError>> {
        // Who may change the own password was asked before, so there is a login.
        let Some(login) = self.logins.get(&node.id) else { return Ok(Err(HsmError::NotLoggedIn)) };
        let own = login.name == *name;
        let role = users.find(&login.name).map(|user| user.role);
        if !own && !permits(role, Operation::ChangeAnyPassword) {
            return Ok(Err(HsmError::PermissionDenied));
        }
        let permit = match own {
            true => Ok(Permit::not_needed()),
            false => self.permit(rows, node, &users.policy, Service::UserManagement)?,
        };
        if permit.is_err() {
            return Ok(permit);
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
        Ok(permit)
    }
}

/// What shall be changed of whom.
struct Change {
    name: UserName,
    verifier: Verifier,
    factor: Option<ProvenFactor>,
    deregister_quorum: bool,
}

impl Change {
    fn apply(&self, node: &Node, user: &mut User) -> Result<(), HsmError> {
        if let Some(factor) = &self.factor {
            user.signing_key = Some(factor.on(&node.id)?);
        } else if self.deregister_quorum || user.two_factor_key().is_some() {
            // The second factor and approvals share a key (documented).
            user.signing_key = None;
        }
        user.set_password(self.verifier.clone());
        Ok(())
    }
}
