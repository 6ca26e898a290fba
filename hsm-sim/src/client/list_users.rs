//! The users, as one node lists them.

use crate::client::Access;
use crate::error::{HsmError, Result};
use crate::node::UserInfo;
use crate::user::NodeUsers;

impl Access {
    /// The users of one node that is reached; no login is needed (documented).
    ///
    /// # Errors
    /// [`HsmError::NoNode`], or the store fails.
    pub fn list_users(&self) -> Result<Vec<UserInfo>> {
        self.world().read(|rows| {
            let reach = self.reach(rows)?;
            let node = reach.present().find(|node| reach.reaches(node)).ok_or(HsmError::NoNode)?;
            let users = NodeUsers::load(rows, self.cluster(), &node.id)?;
            Ok(users.users.iter().map(UserInfo::of).collect())
        })
    }
}
