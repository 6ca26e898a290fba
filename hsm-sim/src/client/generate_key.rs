//! Making a key: on one node, then on all others under the same handle (documented).

use crypto::{SecretBytes, aes_kcv};

use crate::audit::Command;
use crate::client::{Access, NodeResult, Terms};
use crate::error::{HsmError, Result};
use crate::object::{Class, Extra, Handle, KeyTemplate, NOBODY, Object};

/// A key that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// Its handle, the same on every node.
    pub handle: Handle,
    /// Where it is, and why it is not elsewhere.
    pub nodes: Vec<NodeResult<()>>,
}

impl Access {
    /// Makes a key on one node and brings it to every other one that is reached and where the owner exists.
    ///
    /// # Errors
    /// [`HsmError::PolicyViolation`] for a key that the HSM does not make, [`HsmError::KeyStoreFull`] where quotas apply,
    /// [`HsmError::NoSuchUser`] when it shall be shared with a user who does not exist, or no node can be used.
    pub fn generate_key(&self, template: &KeyTemplate) -> Result<Created> {
        template.check()?;
        let mut value = vec![0; template.length];
        self.world().entropy().fill(&mut value);
        let value = SecretBytes::new(value);
        let unique = self.world().entropy().bytes();
        let object = Object {
            handle: Handle::NONE,
            unique,
            class: Class::Secret,
            key_type: template.key_type,
            label: template.label.clone(),
            id: template.id.clone(),
            flags: template.flags,
            value_len: u32::try_from(template.length).map_err(|_| HsmError::PolicyViolation)?,
            owner: NOBODY,
            shared: Vec::new(),
            kcv: aes_kcv(value.expose())?,
            material: self.world().vault().seal(self.world().entropy(), &Object::context(&unique), value.expose()),
            extra: Extra::default(),
        };
        let terms = Terms { shared: template.shared.clone(), ..Terms::default() };
        let added = self.tell(|tx, mut reach| {
            self.add(tx, &mut reach, std::slice::from_ref(&object), &terms, Command::GenerateKey, |user| user)
        })?;
        // One object, one handle.
        Ok(Created { handle: added.handles[0], nodes: added.nodes })
    }
}
