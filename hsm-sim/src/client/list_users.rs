//! The users, as one node lists them.

use crate::client::{Access, first};
use crate::error::Result;
use crate::node::UserInfo;
use crate::user::NodeUsers;

impl Access {
    /// The users of one node that answers; no login is needed (documented).
    ///
    /// # Errors
    /// [`crate::HsmError::NoNode`], [`crate::HsmError::Busy`], or the store fails.
    pub fn list_users(&self) -> Result<Vec<UserInfo>> {
        self.ask(|rows, reach| {
            let node = first(reach.present().map(|node| reach.answers(node).map(|()| node)))?;
            let users = NodeUsers::load(rows, self.cluster(), &node.id)?;
            Ok(users.users.iter().map(UserInfo::of).collect())
        })
    }
}
