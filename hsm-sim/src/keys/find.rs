//! Finding keys, among them those of the session.

use crate::client::{NodeResult, Query};
use crate::error::Result;
use crate::keys::{Keys, Right};
use crate::object::Handle;

impl Keys {
    /// The keys that the user owns or shares and that fit, over all nodes, in ascending order.
    ///
    /// # Errors
    /// The cluster has no nodes, or the store fails.
    pub fn find(&self, query: &Query) -> Result<(Vec<Handle>, Vec<NodeResult<()>>)> {
        let (mut handles, nodes) = self.with_client(|client| client.find(query))?;
        if let Ok(sight) = self.session.slot.sight(self.world()) {
            let own = self.session.slot.session_objects(&sight);
            handles.extend(own.iter().filter(|(_, object)| query.matches(object)).map(|(_, object)| object.handle));
            handles.sort_unstable();
        }
        Ok((handles, nodes))
    }

    /// Whether a key is there, as each node says; of a session key its one node.
    ///
    /// # Errors
    /// The cluster has no nodes, or the store fails. What a node says is in its result.
    pub fn find_one(&self, handle: Handle) -> Result<Vec<NodeResult<()>>> {
        match self.session_key(handle)? {
            Some(key) => Ok(vec![key.node]),
            None => self.each(handle, Right::Use, None),
        }
    }
}
