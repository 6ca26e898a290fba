//! `createUser`.

use crypto::Verifier;

use crate::admin::second_factor::ProvenFactor;
use crate::admin::sync_user::created;
use crate::admin::{Admin, NewCredentials, NodeResult};
use crate::audit::Detail;
use crate::error::{HsmError, Result};
use crate::quorum::Service;
use crate::user::{Operation, Role, UserName, check_password};

impl Admin {
    /// Creates a crypto officer or a crypto user on every addressed server, each under the server's own next id.
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result: [`HsmError::UserExists`],
    /// [`HsmError::InvalidUserType`], [`HsmError::InvalidName`], [`HsmError::InvalidPassword`],
    /// [`HsmError::InvalidPublicKey`], [`HsmError::SignatureInvalid`], [`HsmError::QuorumRequired`], or the login does not
    /// permit it.
    pub fn create_user<'a>(
        &mut self,
        role: Role,
        name: &str,
        credentials: impl Into<NewCredentials<'a>>,
    ) -> Result<Vec<NodeResult<()>>> {
        let credentials = credentials.into();
        let request = self.prepare(role, name, &credentials);
        self.tell(|tx, reach| {
            let noted = Some((created(role), Detail::User { name, role }));
            self.change_each(tx, &reach, Operation::CreateUser, noted, |tx, node, mut users| {
                let permit = match self.permit(tx, node, &users.policy, Service::UserManagement)? {
                    Ok(permit) => permit,
                    Err(error) => return Ok(Err(error)),
                };
                let (name, verifier, factor) = match &request {
                    Ok(request) => request,
                    Err(error) => return Ok(Err(error.clone())),
                };
                if users.find(name).is_some() {
                    return Ok(Err(HsmError::UserExists));
                }
                let key = match factor.as_ref().map(|factor| factor.on(&node.id)).transpose() {
                    Ok(key) => key,
                    Err(error) => return Ok(Err(error)),
                };
                users.add(name.clone(), role, verifier.clone()).signing_key = key;
                users.save(tx, &self.cluster, &node.id)?;
                permit.spend(self, tx, node)?;
                Ok(Ok(()))
            })
        })
    }

    fn prepare(&self, role: Role, name: &str, credentials: &NewCredentials<'_>) -> Result<Request, HsmError> {
        match role {
            Role::Co | Role::Cu => {}
            Role::Preco | Role::Pco | Role::Au => return Err(HsmError::InvalidUserType),
        }
        let name = name.parse()?;
        check_password(credentials.password)?;
        let factor = credentials.second_factor.map(|factor| self.prove(&factor)).transpose()?;
        // One verifier for all nodes: a login on all of them costs one hash.
        Ok((name, Verifier::new(credentials.password, self.world.entropy()), factor))
    }
}

/// Name, password and second factor of the user to be.
type Request = (UserName, Verifier, Option<ProvenFactor>);
