//! `shareKey`: on every addressed server by itself. Users are named by number, and servers number users each by itself, so the
//! same command may share with different people (documented consequence).

use crate::admin::{Admin, NodeResult};
use crate::audit::Command;
use crate::error::{HsmError, Result};
use crate::object::{Class, Handle, Object, layer};
use crate::user::{NodeUsers, Operation, Role};

impl Admin {
    /// Lets another crypto user use a key, or no longer. Only the owner may (documented). Saying again what is so already
    /// succeeds (inferred).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result: [`HsmError::InvalidHandle`],
    /// [`HsmError::KeyAccessDenied`] to anybody but the owner, [`HsmError::KeyNotApproved`], [`HsmError::NoSuchUser`] unless the id is another crypto
    /// user's, [`HsmError::PolicyViolation`] for a public key, which everybody may use, or the login does not permit it.
    pub fn share_key(&mut self, handle: Handle, user: u32, share: bool) -> Result<Vec<NodeResult<()>>> {
        self.tell(|tx, reach| {
            let answers = self.on_each(tx, &reach, Operation::UseKeys, |rows, node, users| {
                let owner = match self.logged_in(node, &users) {
                    Ok(owner) => owner.id,
                    Err(error) => return Ok(Err(error)),
                };
                Ok(match layer::locate(rows, &node.view, handle)? {
                    None => Err(HsmError::InvalidHandle),
                    Some(found) if found.object.owner != owner => Err(HsmError::KeyAccessDenied),
                    Some(found) => match self.permit_key(rows, node, &found.object)? {
                        Ok(permit) => shared(found.object, &users, user, share).map(|object| (object, permit)),
                        Err(error) => Err(error),
                    },
                })
            })?;
            self.put_answers(tx, reach, handle, Command::ShareObject, answers)
        })
    }
}

fn shared(mut object: Object, users: &NodeUsers, user: u32, share: bool) -> Result<Object, HsmError> {
    if object.class == Class::Public {
        return Err(HsmError::PolicyViolation);
    }
    let other = user != object.owner && users.by_id(user).is_some_and(|user| user.role == Role::Cu);
    if share && !other {
        return Err(HsmError::NoSuchUser);
    }
    object.shared.retain(|id| *id != user);
    if share {
        object.shared.push(user);
        object.shared.sort_unstable();
    }
    Ok(object)
}
