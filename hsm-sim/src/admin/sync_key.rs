//! `syncKey`: the repair of a key that one server has in another version than its neighbour, or not at all (documented).

use crate::admin::Admin;
use crate::audit::{Command, Detail};
use crate::error::{HsmError, Result};
use crate::node::Node;
use crate::object::{Handle, Object, layer};
use crate::user::{NodeUsers, Operation, Role};

impl Admin {
    /// Brings a key as the selected server holds it to another one, under the same handle. An officer may bring any key, a
    /// crypto user those it owns; this connection must be logged in on both servers (documented).
    ///
    /// # Errors
    /// [`HsmError::NodeUnavailable`] without a selected server or when the other number is no server's,
    /// [`HsmError::InvalidHandle`], [`HsmError::KeyAccessDenied`], [`HsmError::NoSuchUser`] when the key's owner does not
    /// exist on the other server, or a login is missing or does not permit it.
    pub fn sync_key(&mut self, handle: Handle, destination: usize) -> Result<()> {
        let source = self.selected.and_then(|number| self.server(number));
        let (Some(source), Some(destination)) = (source, self.server(destination)) else {
            return Err(HsmError::NodeUnavailable.into());
        };
        self.tell(|tx, mut reach| {
            let (from, users) = self.authorize(tx, &reach, source, Operation::SyncKey)??;
            let found = layer::locate(tx, &from.view, handle)?.ok_or(HsmError::InvalidHandle)?;
            self.may_sync(from, &users, &found.object)?;
            let view = from.view.clone();
            let (to, users) = self.authorize(tx, &reach, destination, Operation::SyncKey)??;
            self.may_sync(to, &users, &found.object)?;
            if users.by_id(found.object.owner).is_none_or(|owner| owner.role != Role::Cu) {
                return Err(HsmError::NoSuchUser.into());
            }
            let to = to.id.clone();
            match reach.nodes.iter_mut().find(|node| node.id == to) {
                Some(node) => layer::copy(tx, self.world.vault(), &view, node, handle)?,
                None => return Err(HsmError::NodeUnavailable.into()),
            }
            let detail = Detail::Key { handle: handle.get(), public: 0 };
            self.note(tx, &[source.answer(Ok(()))], Some((Command::ExtractMasked, detail)))?;
            self.note(tx, &[destination.answer(Ok(()))], Some((Command::InsertMasked, detail)))
        })
    }

    /// That the login may bring a key from or to a node.
    pub(super) fn may_sync(&self, node: &Node, users: &NodeUsers, object: &Object) -> Result<(), HsmError> {
        let user = self.logged_in(node, users)?;
        if user.role == Role::Cu && user.id != object.owner { Err(HsmError::KeyAccessDenied) } else { Ok(()) }
    }
}
