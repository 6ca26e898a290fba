//! `getKeyInfo`.

use crate::admin::{Admin, NodeResult};
use crate::client::KeyInfo;
use crate::error::{HsmError, Result};
use crate::object::{Handle, layer};
use crate::user::Operation;

impl Admin {
    /// Whose a key is, on every addressed server, for those who may use it (documented).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result: [`HsmError::InvalidHandle`],
    /// [`HsmError::KeyAccessDenied`], or the login does not permit it.
    pub fn key_info(&self, handle: Handle) -> Result<Vec<NodeResult<KeyInfo>>> {
        self.ask(|rows, reach| {
            self.on_each(rows, &reach, Operation::ReadAttributes, |rows, node, users| {
                let user = match self.logged_in(node, &users) {
                    Ok(user) => user.id,
                    Err(error) => return Ok(Err(error)),
                };
                Ok(match layer::locate(rows, &node.view, handle)? {
                    None => Err(HsmError::InvalidHandle),
                    Some(found) if !found.object.usable_by(user) => Err(HsmError::KeyAccessDenied),
                    Some(found) => Ok(KeyInfo::of(&found.object)),
                })
            })
        })
    }
}
