//! `getAttribute`.

use crate::admin::{Admin, NodeResult};
use crate::error::{HsmError, Result};
use crate::object::attribute::ALL_ATTRIBUTES;
use crate::object::{Attribute, AttributeValue, Handle, Object, layer};
use crate::user::{Operation, permits};

/// An attribute of a key and its value.
pub type KeyAttribute = (Attribute, AttributeValue);

impl Admin {
    /// One attribute of a key by its number, or all of them (512), on every addressed server. A crypto user reads those of
    /// the keys that it may use; an officer reads `OBJ_ATTR_TRUSTED` of any key (inferred).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result: [`HsmError::InvalidAttribute`],
    /// [`HsmError::InvalidHandle`], [`HsmError::KeyAccessDenied`], or the login does not permit it.
    pub fn attribute(&self, handle: Handle, number: u32) -> Result<Vec<NodeResult<Vec<KeyAttribute>>>> {
        let wanted = match number {
            ALL_ATTRIBUTES => Ok(Attribute::ALL.to_vec()),
            number => Attribute::from_number(number).map(|attribute| vec![attribute]),
        };
        self.ask(|rows, reach| {
            // Everybody who is logged in may ask; what exactly is decided below.
            self.on_each(rows, &reach, Operation::Info, |rows, node, users| {
                let name = match self.logins.get(&node.id) {
                    Some(login) => &login.name,
                    None => return Ok(Err(HsmError::NotLoggedIn)),
                };
                let Some(user) = users.find(name) else { return Ok(Err(HsmError::NotLoggedIn)) };
                let wanted = match &wanted {
                    Ok(wanted) => wanted,
                    Err(error) => return Ok(Err(error.clone())),
                };
                let trusted = *wanted == [Attribute::Trusted] && permits(Some(user.role), Operation::Trusted);
                if !trusted && !permits(Some(user.role), Operation::ReadAttributes) {
                    return Ok(Err(HsmError::PermissionDenied));
                }
                Ok(match layer::locate(rows, &node.view, handle)? {
                    None => Err(HsmError::InvalidHandle),
                    Some(found) if !trusted && !found.object.usable_by(user.id) => Err(HsmError::KeyAccessDenied),
                    Some(found) => values(&found.object, wanted),
                })
            })
        })
    }
}

/// The attributes that the object has; a single one must be there.
fn values(object: &Object, wanted: &[Attribute]) -> Result<Vec<KeyAttribute>, HsmError> {
    let values: Vec<KeyAttribute> = wanted.iter().filter_map(|one| Some((*one, one.of(object)?))).collect();
    if values.is_empty() { Err(HsmError::InvalidAttribute) } else { Ok(values) }
}
