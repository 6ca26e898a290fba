//! What a key is, and what its owner changes of it.

use crypto::keyfile::PublicKey;

use crate::audit::Command;
use crate::client::{KeyInfo, NodeResult};
use crate::error::{HsmError, Result};
use crate::keys::{Keys, Right};
use crate::object::{Attribute, AttributeValue, Class, Flags, Handle, Object};

impl Keys {
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
    /// As [`Keys::key_info`], and [`HsmError::InvalidAttribute`] when the key has no such attribute.
    pub fn attribute(&self, handle: Handle, attribute: Attribute) -> Result<AttributeValue> {
        Ok(attribute.of(&self.object(handle)?).ok_or(HsmError::InvalidAttribute)?)
    }

    /// A public key.
    ///
    /// # Errors
    /// As [`Keys::key_info`], and [`HsmError::PolicyViolation`] for any other key.
    pub fn public_key(&self, handle: Handle) -> Result<PublicKey> {
        let object = self.object(handle)?;
        let key = object.public_key().filter(|_| object.class == Class::Public);
        Ok(key.ok_or(HsmError::PolicyViolation)?)
    }

    /// The public half of either half of a pair.
    ///
    /// # Errors
    /// As [`Keys::public_key`].
    pub fn public_half(&self, handle: Handle) -> Result<PublicKey> {
        Ok(self.object(handle)?.public_key().ok_or(HsmError::PolicyViolation)?)
    }

    /// Deletes a key on every node that is reached. A node that is not keeps it: nothing repeats the deletion later
    /// (documented).
    ///
    /// # Errors
    /// As [`crate::client::Access::delete_key`].
    pub fn delete(&self, handle: Handle) -> Result<Vec<NodeResult<()>>> {
        match self.session_key(handle)? {
            Some(key) => {
                let target = self.target(handle)?;
                self.application.note(&self.session, Command::DestroyObject, target);
                self.session.slot.forget(target);
                Ok(vec![key.node])
            }
            None => self.with_client(|client| client.delete_key(handle)),
        }
    }

    /// Makes a session key one of the cluster, on every node, under its handle (documented). A key that is one already stays it.
    ///
    /// # Errors
    /// As [`Keys::generate`]; [`HsmError::KeyAccessDenied`] to anybody but the owner.
    pub fn persist(&self, handle: Handle) -> Result<Vec<NodeResult<()>>> {
        let login = self.session.slot.login();
        match self.session_key(handle)? {
            Some(key) => {
                let object = Object { flags: key.object.flags.with(Flags::TOKEN, true), ..(*key.object).clone() };
                Ok(self.application.promote(&self.session, login, key.number, object)?.nodes)
            }
            None => self.ask(handle, Right::Manage, None),
        }
    }

    pub(super) fn object(&self, handle: Handle) -> Result<Object> {
        match self.session_key(handle)? {
            Some(key) => Ok((*key.object).clone()),
            None => self.with_client(|client| client.object(handle)),
        }
    }
}
