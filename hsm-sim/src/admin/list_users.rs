//! `listUsers`.

use crate::admin::{Admin, NodeResult, UserInfo};
use crate::error::Result;
use crate::user::Operation;

impl Admin {
    /// The users of every addressed server, in ascending order of their ids; no login is needed (documented).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails.
    pub fn list_users(&self) -> Result<Vec<NodeResult<Vec<UserInfo>>>> {
        self.ask(|rows, reach| {
            self.on_each(rows, &reach, Operation::ListUsers, |_, _, users| {
                Ok(Ok(users.users.iter().map(UserInfo::of).collect()))
            })
        })
    }
}
