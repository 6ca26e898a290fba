//! `findAllKeys`: an officer's look at the keys of a user, and a hash to compare servers by.

use crypto::Sha256;

use crate::admin::{Admin, NodeResult};
use crate::error::Result;
use crate::object::layer::{self, Located};
use crate::object::{Class, Handle};
use crate::user::Operation;

/// The keys of a user on one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundKeys {
    /// Handles in ascending order.
    pub handles: Vec<(Handle, Mark)>,
    /// Over owners and shares of all keys of the server, so that two servers with the same keys show the same hash
    /// (documented; the hashed form is inferred); none for a user without keys.
    pub hash: Option<[u8; 32]>,
}

/// What a key is to the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Owned, `(o)`.
    Owned,
    /// Shared with the user, `(s)`.
    Shared,
    /// A public key of somebody else, which everybody may use.
    Public,
}

impl Admin {
    /// The keys that the user of this id owns or may use, on every addressed server.
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. A server refuses with [`crate::HsmError::NoSuchUser`], or because the
    /// login does not permit it.
    pub fn find_all_keys(&self, user_id: u32) -> Result<Vec<NodeResult<FoundKeys>>> {
        self.ask(|rows, reach| {
            self.on_each(rows, &reach, Operation::FindAllKeys, |rows, node, users| {
                if users.by_id(user_id).is_none() {
                    return Ok(Err(crate::HsmError::NoSuchUser));
                }
                let located = layer::all(rows, &node.view)?;
                let handles: Vec<(Handle, Mark)> = located.iter().filter_map(|found| mark(found, user_id)).collect();
                let own = handles.iter().any(|(_, mark)| *mark != Mark::Public);
                Ok(Ok(FoundKeys { handles, hash: own.then(|| hash(&located)) }))
            })
        })
    }
}

fn mark(found: &Located, user: u32) -> Option<(Handle, Mark)> {
    let object = &found.object;
    let mark = if object.owner == user {
        Mark::Owned
    } else if object.shared.contains(&user) {
        Mark::Shared
    } else if object.class == Class::Public {
        Mark::Public
    } else {
        return None;
    };
    Some((object.handle, mark))
}

/// SHA-256 over handle, owner and shares of every key, by handle.
fn hash(located: &[Located]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for found in located {
        let object = &found.object;
        let shares = u32::try_from(object.shared.len()).unwrap_or(u32::MAX);
        for number in [object.handle.get(), object.owner, shares].iter().chain(&object.shared) {
            digest.update(&number.to_be_bytes());
        }
    }
    digest.finish()
}
