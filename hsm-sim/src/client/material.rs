//! Which nodes hold a service's key.

use crate::client::Access;
use crate::error::Result;
use crate::object::index::{self, By};
use crate::service::Material;

impl Access {
    /// What the nodes say about the key of this label that the user owns.
    pub(crate) fn material(&self, label: &str) -> Result<Material> {
        self.world().read(|rows| {
            let reach = self.reach(rows)?;
            let mut material = Material { nodes: 0, answered: 0, holders: 0, handle: None };
            for node in reach.present() {
                material.nodes += 1;
                let Ok(user) = self.user_on(rows, &reach, node)? else { continue };
                material.answered += 1;
                let found = index::outlines(rows, self.world().vault(), &node.view, By::Label(label))?;
                if let Some((handle, _)) = found.into_iter().find(|(_, outline)| outline.owner == user) {
                    material.holders += 1;
                    material.handle = material.handle.or(Some(handle));
                }
            }
            Ok(material)
        })
    }
}
