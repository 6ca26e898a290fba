//! `setAttribute`: on every addressed server by itself, so a server that is missed shows the old value (documented).

use store::Writer;

use crate::admin::quorum_token::Permit;
use crate::admin::{Admin, NodeResult};
use crate::audit::{Command, Detail};
use crate::error::{HsmError, Result};
use crate::node::Node;
use crate::node::reach::Reach;
use crate::object::layer::{self, Change};
use crate::object::{Attribute, AttributeValue, Flags, Handle, LABEL_LIMIT, Object};
use crate::user::{NodeUsers, Operation, Role, permits};

impl Admin {
    /// Changes an attribute of a key on every addressed server: the owner those of its usage and its label, an officer
    /// `OBJ_ATTR_TRUSTED` of any key (documented).
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. What a server says is in its result: [`HsmError::InvalidAttribute`]
    /// for one that cannot be changed or a value that does not fit, [`HsmError::InvalidHandle`],
    /// [`HsmError::KeyAccessDenied`], [`HsmError::KeyNotApproved`], or the login does not permit it.
    pub fn set_attribute(
        &mut self,
        handle: Handle,
        attribute: Attribute,
        value: &AttributeValue,
    ) -> Result<Vec<NodeResult<()>>> {
        self.tell(|tx, reach| {
            let answers = self.on_each(tx, &reach, Operation::Info, |rows, node, users| {
                let role = match self.changer(node, &users, attribute) {
                    Ok(role) => role,
                    Err(error) => return Ok(Err(error)),
                };
                Ok(match layer::locate(rows, &node.view, handle)? {
                    None => Err(HsmError::InvalidHandle),
                    Some(found) => match role {
                        Changer::Owner(user) if found.object.owner != user => Err(HsmError::KeyAccessDenied),
                        Changer::Owner(_) => match self.permit_key(rows, node, &found.object)? {
                            Ok(permit) => changed(found.object, attribute, value).map(|object| (object, permit)),
                            Err(error) => Err(error),
                        },
                        // An officer has no part in a key's quorum.
                        Changer::Officer => {
                            changed(found.object, attribute, value).map(|object| (object, Permit::not_needed()))
                        }
                    },
                })
            })?;
            self.put_answers(tx, reach, handle, Command::ModifyObject, answers)
        })
    }

    /// Writes what the servers answered as their new versions of a key, uses up what permitted it and notes it; those that refused keep theirs.
    pub(super) fn put_answers(
        &self,
        tx: &mut Writer<'_>,
        mut reach: Reach,
        handle: Handle,
        command: Command,
        answers: Vec<NodeResult<(Object, Permit)>>,
    ) -> Result<Vec<NodeResult<()>>> {
        let noted = Some((command, Detail::Key { handle: handle.get(), public: 0 }));
        let mut changes = vec![Change::Missed; reach.nodes.len()];
        let mut results = Vec::with_capacity(answers.len());
        for NodeResult { server, node, ip, result } in answers {
            let place = reach.nodes.iter().position(|other| other.id == node);
            let result = match (result, place) {
                (Ok((object, permit)), Some(place)) => match self.told_to_fail(tx, noted)? {
                    Some(error) => Err(error),
                    None => {
                        permit.spend(self, tx, &reach.nodes[place])?;
                        changes[place] = Change::Put(object);
                        Ok(())
                    }
                },
                (Ok(_), None) => Err(HsmError::NodeUnavailable),
                (Err(error), _) => Err(error),
            };
            results.push(NodeResult { server, node, ip, result });
        }
        layer::write(tx, self.world.vault(), reach.cluster.layer, &mut reach.nodes, handle, &changes)?;
        self.note(tx, &results, noted)?;
        Ok(results)
    }

    fn changer(&self, node: &Node, users: &NodeUsers, attribute: Attribute) -> Result<Changer, HsmError> {
        let user = self.logged_in(node, users)?;
        match (attribute, user.role) {
            (Attribute::Trusted, role) if permits(Some(role), Operation::Trusted) => Ok(Changer::Officer),
            (Attribute::Trusted, _) => Err(HsmError::PermissionDenied),
            (_, Role::Cu) => Ok(Changer::Owner(user.id)),
            (_, Role::Preco | Role::Pco | Role::Co | Role::Au) => Err(HsmError::PermissionDenied),
        }
    }
}

/// By what right a key is changed.
enum Changer {
    Owner(u32),
    Officer,
}

/// The object with another value of an attribute that can be changed (documented list).
fn changed(object: Object, attribute: Attribute, value: &AttributeValue) -> Result<Object, HsmError> {
    match (attribute, value) {
        (Attribute::Label, AttributeValue::Text(label)) if label.len() <= LABEL_LIMIT => {
            Ok(Object { label: label.clone(), ..object })
        }
        // Once true it stays so (documented).
        (Attribute::WrapWithTrusted, AttributeValue::Flag(false)) if object.flags.has(Flags::WRAP_WITH_TRUSTED) => {
            Err(HsmError::InvalidAttribute)
        }
        (
            Attribute::Trusted
            | Attribute::Encrypt
            | Attribute::Decrypt
            | Attribute::Wrap
            | Attribute::Unwrap
            | Attribute::Sign
            | Attribute::Verify
            | Attribute::Derive
            | Attribute::Destroyable
            | Attribute::WrapWithTrusted,
            AttributeValue::Flag(value),
        ) => {
            let flag = attribute.flag().ok_or(HsmError::InvalidAttribute)?;
            Ok(Object { flags: object.flags.with(flag, *value), ..object })
        }
        _ => Err(HsmError::InvalidAttribute),
    }
}
