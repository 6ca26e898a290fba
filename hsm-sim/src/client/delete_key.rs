//! Deleting a key: by its owner, on every node that is reached.

use crate::audit::{self, Command, Detail};
use crate::client::{Access, NodeResult};
use crate::error::{HsmError, Result};
use crate::fault;
use crate::id::NodeId;
use crate::object::layer::{self, Change};
use crate::object::{Flags, Handle};

impl Access {
    /// Deletes a key on every node that is reached. A node that is not keeps it: nothing repeats the deletion later
    /// (documented).
    ///
    /// # Errors
    /// The cluster has no nodes, or the store fails. What a node says is in its result: [`HsmError::InvalidHandle`],
    /// [`HsmError::KeyAccessDenied`] to anybody but the owner, [`HsmError::PolicyViolation`] for a key that is not
    /// destroyable.
    pub fn delete_key(&self, handle: Handle) -> Result<Vec<NodeResult<()>>> {
        self.tell(|tx, mut reach| {
            if let Some(error) = fault::command_fails(tx, self.world(), Command::TombstoneObject)? {
                return Err(error.into());
            }
            let results = self.on_each(tx, &reach, |node, user| {
                Ok(match layer::locate(tx, &node.view, handle)? {
                    None => Err(HsmError::InvalidHandle),
                    Some(found) if found.object.owner != user => Err(HsmError::KeyAccessDenied),
                    Some(found) if !found.object.flags.has(Flags::DESTROYABLE) => Err(HsmError::PolicyViolation),
                    Some(_) => Ok(()),
                })
            })?;
            self.change(tx, &mut reach, handle, &results, &Change::Delete)?;
            let detail = Detail::Key { handle: handle.get(), public: 0 };
            let session = |node: &NodeId| self.session_number(node);
            audit::note_each(tx, self.world(), &results, session, (Command::TombstoneObject, detail))?;
            Ok(results)
        })
    }
}
