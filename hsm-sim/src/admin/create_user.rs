//! `createUser`.

use crypto::{Password, Verifier};

use crate::admin::{Admin, NodeResult};
use crate::error::{HsmError, Result};
use crate::user::{Operation, Role, UserName, check_password};

impl Admin {
    /// Creates a crypto officer or a crypto user on every addressed server, each under the server's own next id.
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result: [`HsmError::UserExists`],
    /// [`HsmError::InvalidUserType`], [`HsmError::InvalidName`], [`HsmError::InvalidPassword`], or the login does not permit
    /// it.
    pub fn create_user(&mut self, role: Role, name: &str, password: &Password) -> Result<Vec<NodeResult<()>>> {
        let request = check(role, name, password);
        // One verifier for all nodes: a login on all of them costs one hash.
        let request = request.map(|name| (name, Verifier::new(password, self.world.entropy())));
        self.world.write(|tx| {
            let reach = self.reach(tx)?;
            self.change_each(tx, &reach, Operation::CreateUser, |tx, node, mut users| {
                let (name, verifier) = match &request {
                    Ok(request) => request,
                    Err(error) => return Ok(Err(error.clone())),
                };
                if users.find(name).is_some() {
                    return Ok(Err(HsmError::UserExists));
                }
                users.add(name.clone(), role, verifier.clone());
                users.save(tx, &self.cluster, &node.id)?;
                Ok(Ok(()))
            })
        })
    }
}

fn check(role: Role, name: &str, password: &Password) -> Result<UserName, HsmError> {
    match role {
        Role::Co | Role::Cu => {}
        Role::Preco | Role::Pco | Role::Au => return Err(HsmError::InvalidUserType),
    }
    let name = name.parse()?;
    check_password(password)?;
    Ok(name)
}
