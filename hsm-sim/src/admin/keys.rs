//! The keys that a login sees, as each server holds them.

use crate::admin::{Admin, NodeResult};
use crate::error::Result;
use crate::object::{Object, layer};
use crate::user::{Operation, Role, permits};

impl Admin {
    /// The keys on every addressed server, by handle: to a crypto user those that it may use, to an officer all (documented: an
    /// officer's listing shows them without using them).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. A server refuses nobody but who is not logged in there.
    pub fn keys(&self) -> Result<Vec<NodeResult<Vec<Object>>>> {
        self.ask(|rows, reach| {
            self.on_each(rows, &reach, Operation::Info, |rows, node, users| {
                let user = match self.logged_in(node, &users) {
                    Ok(user) => user,
                    Err(error) => return Ok(Err(error)),
                };
                let officer = permits(Some(user.role), Operation::FindAllKeys);
                let shows = |object: &Object| officer || (user.role == Role::Cu && object.usable_by(user.id));
                let located = layer::all(rows, &node.view)?.into_iter().map(|found| found.object);
                Ok(Ok(located.filter(shows).collect()))
            })
        })
    }
}
