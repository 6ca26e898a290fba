//! The undoing of `deleteUser` on the servers where it succeeded, when another one refuses (documented choice "rollBack").

use crate::admin::sync_user::created;
use crate::admin::{Admin, NodeResult};
use crate::audit::Detail;
use crate::error::{HsmError, Result};
use crate::user::Operation;

impl Admin {
    /// Puts the user back whom this connection deleted last on each addressed server, as it was (inferred). A quorum token that
    /// the deletion used up stays used.
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. A server refuses with [`HsmError::NoSuchUser`] when there is nothing to undo,
    /// [`HsmError::UserExists`] when the name was taken meanwhile, or because the login does not permit it.
    pub fn undo_delete_user(&mut self) -> Result<Vec<NodeResult<()>>> {
        let results = self.tell(|tx, reach| {
            let back = self.deleted.values().next();
            let noted =
                back.map(|user| (created(user.role), Detail::User { name: user.name.as_str(), role: user.role }));
            self.change_each(tx, &reach, Operation::DeleteUser, noted, |tx, node, mut users| {
                let Some(user) = self.deleted.get(&node.id) else { return Ok(Err(HsmError::NoSuchUser)) };
                if users.find(&user.name).is_some() {
                    return Ok(Err(HsmError::UserExists));
                }
                users.insert(user.clone());
                users.save(tx, &self.cluster, &node.id)?;
                Ok(Ok(()))
            })
        })?;
        for answer in results.iter().filter(|answer| answer.result.is_ok()) {
            self.deleted.remove(&answer.node);
        }
        Ok(results)
    }
}
