//! The users of one node and its quorum policy: one row.

use crypto::{Password, Verifier};
use serde::{Deserialize, Serialize};
use store::Table;

use crate::error::Result;
use crate::id::{ClusterId, NodeId};
use crate::node::Node;
use crate::quorum::QuorumPolicy;
use crate::row::{self, Record, Rows, Writer};
use crate::user::{Role, User, UserName};

/// The id of `admin`, the first officer of a fresh node (documented).
pub const ADMIN_ID: u32 = 1;
/// The id of `app_user`, the appliance user of a fresh node (documented).
pub const APPLIANCE_USER_ID: u32 = 2;

const FIRST_FREE_ID: u32 = 3;

/// The users of one node, in ascending order of their ids, and the rules about their approvals. All of it travels in backups and
/// to nodes that join, and none of it from node to node otherwise (documented).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeUsers {
    /// The users.
    pub users: Vec<User>,
    /// What needs approvals, and how many.
    pub policy: QuorumPolicy,
}

impl Record for NodeUsers {
    const TABLE: Table = row::NODE_USERS;
}

impl NodeUsers {
    /// The password of `admin` until activation (documented).
    pub fn default_password() -> Password {
        Password::from("password")
    }

    /// The users of a node that was never activated: `admin`, a PRECO whose password this verifies, and `app_user`.
    pub fn fresh(admin: Verifier) -> Self {
        // Invariant: both names consist of letters and an underscore.
        let name = |text: &str| text.parse::<UserName>().expect("a valid name");
        let appliance = User {
            id: APPLIANCE_USER_ID,
            name: name("app_user"),
            role: Role::Au,
            verifier: None,
            failures: 0,
            signing_key: None,
        };
        Self {
            users: vec![User::new(ADMIN_ID, name("admin"), Role::Preco, admin), appliance],
            policy: QuorumPolicy::default(),
        }
    }

    /// The users of a node; none when the node does not exist.
    ///
    /// # Errors
    /// The store fails.
    pub fn load(rows: &impl Rows, cluster: &ClusterId, node: &NodeId) -> Result<Self> {
        Ok(row::load(rows, &Node::key(cluster, node))?.unwrap_or_default())
    }

    /// Writes the row.
    ///
    /// # Errors
    /// The store fails.
    pub fn save(&self, tx: &mut Writer<'_>, cluster: &ClusterId, node: &NodeId) -> Result<()> {
        row::save(tx, &Node::key(cluster, node), self)
    }

    /// Deletes the row, with its node.
    ///
    /// # Errors
    /// The store fails.
    pub fn remove(tx: &mut Writer<'_>, cluster: &ClusterId, node: &NodeId) -> Result<bool> {
        row::remove::<Self>(tx, &Node::key(cluster, node))
    }

    /// The user of this name.
    pub fn find(&self, name: &UserName) -> Option<&User> {
        self.users.iter().find(|user| user.name == *name)
    }

    /// The user of this name, to change.
    pub fn find_mut(&mut self, name: &UserName) -> Option<&mut User> {
        self.users.iter_mut().find(|user| user.name == *name)
    }

    /// The user of this id.
    pub fn by_id(&self, id: u32) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// Adds a user under the smallest free id from 3 (inferred), so ids may differ between nodes.
    pub fn add(&mut self, name: UserName, role: Role, verifier: Verifier) -> &mut User {
        let at = self.place(User::new(self.free_id(), name, role, verifier));
        &mut self.users[at]
    }

    /// Adds a user of another node or of before, under its own id if nobody has it.
    pub(crate) fn insert(&mut self, user: User) {
        let id = if self.by_id(user.id).is_none() { user.id } else { self.free_id() };
        self.place(User { id, ..user });
    }

    fn free_id(&self) -> u32 {
        let mut id = FIRST_FREE_ID;
        while self.by_id(id).is_some() {
            id += 1;
        }
        id
    }

    fn place(&mut self, user: User) -> usize {
        let at = self.users.partition_point(|other| other.id < user.id);
        self.users.insert(at, user);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_smallest_free_ones() {
        let verifier = Verifier::new(&NodeUsers::default_password(), &crypto::Entropy::seeded(1));
        let mut users = NodeUsers::fresh(verifier.clone());
        let add = |users: &mut NodeUsers, name: &str| users.add(name.parse().unwrap(), Role::Cu, verifier.clone()).id;
        assert_eq!((add(&mut users, "a"), add(&mut users, "b"), add(&mut users, "c")), (3, 4, 5));
        users.users.retain(|user| user.id != 4);
        assert_eq!(add(&mut users, "d"), 4);
        assert_eq!(users.users.iter().map(|user| user.id).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert_eq!(users.find(&"D".parse().unwrap()).map(|user| user.id), Some(4));
    }
}
