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
        // One template, one key.
        Ok(self.generate_keys(std::slice::from_ref(template))?.swap_remove(0))
    }

    /// Makes keys, all in one transaction: a directory that shall hold many is filled at once. All of them or none.
    ///
    /// # Errors
    /// As [`Access::generate_key`].
    pub fn generate_keys(&self, templates: &[KeyTemplate]) -> Result<Vec<Created>> {
        let objects = templates.iter().map(|template| self.make(template)).collect::<Result<Vec<_>>>()?;
        self.tell(|tx, mut reach| {
            let mut created = Vec::with_capacity(objects.len());
            for (object, template) in objects.iter().zip(templates) {
                let terms = Terms { shared: template.shared.clone(), ..Terms::default() };
                let object = std::slice::from_ref(object);
                let added = self.add(tx, &mut reach, object, &terms, Command::GenerateKey, |user| user)?;
                // One object, one handle.
                created.push(Created { handle: added.handles[0], nodes: added.nodes });
            }
            Ok(created)
        })
    }

    /// A new key that is on no node yet.
    fn make(&self, template: &KeyTemplate) -> Result<Object> {
        template.check()?;
        let mut value = vec![0; template.length];
        self.world().entropy().fill(&mut value);
        let value = SecretBytes::new(value);
        let unique = self.world().entropy().bytes();
        Ok(Object {
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
        })
    }
}
