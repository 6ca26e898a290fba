//! What a key is.

use crate::client::Access;
use crate::error::{HsmError, Result};
use crate::object::{Attribute, AttributeValue, Flags, Handle, Object, layer};

/// Whose a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Persistent, not of a session.
    pub token: bool,
    /// The user id of the owner.
    pub owner: u32,
    /// The ids of the users who may use it too.
    pub shared: Vec<u32>,
    /// How many users must approve its use; 0 for none.
    pub approvals: u8,
}

impl KeyInfo {
    pub(crate) fn of(object: &Object) -> Self {
        Self {
            token: object.flags.has(Flags::TOKEN),
            owner: object.owner,
            shared: object.shared.clone(),
            approvals: object.approvals(),
        }
    }
}

impl Access {
    /// Whose a key is, as one node says.
    ///
    /// # Errors
    /// [`HsmError::InvalidHandle`], [`HsmError::KeyAccessDenied`], or no node can be used.
    pub fn key_info(&self, handle: Handle) -> Result<KeyInfo> {
        self.object(handle).map(|object| KeyInfo::of(&object))
    }

    /// One attribute of a key, as one node says.
    ///
    /// # Errors
    /// As [`Access::key_info`], and [`HsmError::InvalidAttribute`] when the key has no such attribute.
    pub fn attribute(&self, handle: Handle, attribute: Attribute) -> Result<AttributeValue> {
        Ok(attribute.of(&self.object(handle)?).ok_or(HsmError::InvalidAttribute)?)
    }

    /// A key, as one node holds it.
    pub(crate) fn object(&self, handle: Handle) -> Result<Object> {
        self.ask(|rows, reach| {
            self.on_any(rows, &reach, |node, user| {
                Ok(match layer::locate(rows, &node.view, handle)? {
                    None => Err(HsmError::InvalidHandle),
                    Some(found) if !found.object.usable_by(user) => Err(HsmError::KeyAccessDenied),
                    Some(found) => Ok(found.object),
                })
            })
        })
    }
}
