//! New keys: generated, imported, made of a masked object.

use crate::audit::{self, Command};
use crate::client::{Added, NodeResult};
use crate::error::{HsmError, Result};
use crate::keys::{Keys, Terms};
use crate::object::{Flags, Handle, Object};
use crate::performance::Work;
use crate::token::slot::Login;
use crate::token::{Mechanism, Template};

/// A key that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its handle, the same on every node.
    pub handle: Handle,
    /// Where it is, and why it is not elsewhere; of a session key its one node.
    pub nodes: Vec<NodeResult<()>>,
}

/// A key pair that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadePair {
    /// The handle of the public key.
    pub public: Handle,
    /// The handle of the private key.
    pub private: Handle,
    /// Where they are, and why they are not elsewhere; of session keys their one node.
    pub nodes: Vec<NodeResult<()>>,
}

impl Keys {
    /// Makes a secret key.
    ///
    /// # Errors
    /// [`HsmError::PolicyViolation`] for a key that the HSM does not make, those of the terms ([`HsmError::NoSuchUser`],
    /// [`HsmError::InvalidAttribute`], [`HsmError::TooFewNodes`]), [`HsmError::KeyStoreFull`] where quotas apply,
    /// [`HsmError::NotLoggedIn`], [`HsmError::PermissionDenied`] to an officer, or no node can be used.
    pub fn generate(&self, mechanism: &Mechanism, template: &Template, terms: &Terms) -> Result<Made> {
        let login = self.require_user()?;
        let key = self.application.make_key(&self.session, mechanism, template)?;
        self.put(login, key, terms, Command::GenerateKey)
    }

    /// Makes a key pair. The terms are about the private key; on how many nodes and under which id, about both.
    ///
    /// # Errors
    /// As [`Keys::generate`].
    pub fn generate_pair(
        &self,
        mechanism: &Mechanism,
        public: &Template,
        private: &Template,
        terms: &Terms,
    ) -> Result<MadePair> {
        let login = self.require_user()?;
        let keys = self.application.make_pair(&self.session, mechanism, public, private)?;
        let Added { handles, nodes } = self.add(login, keys, terms, Command::GenerateKeyPair)?;
        // As many handles as keys.
        Ok(MadePair { public: handles[0], private: handles[1], nodes })
    }

    /// Makes a key of its attributes, such as a public key that came from elsewhere.
    ///
    /// # Errors
    /// As [`Keys::generate`].
    pub fn create(&self, template: &Template, terms: &Terms) -> Result<Made> {
        let login = self.require_user()?;
        let key = self.application.make_object(&self.session, template)?;
        let command = audit::making(std::slice::from_ref(&key));
        self.put(login, key, terms, command)
    }

    /// Adds one key.
    pub(super) fn put(&self, login: Login, key: Object, terms: &Terms, command: Command) -> Result<Made> {
        let Added { handles, nodes } = self.add(login, vec![key], terms, command)?;
        Ok(Made { handle: handles[0], nodes })
    }

    fn add(&self, login: Login, keys: Vec<Object>, terms: &Terms, command: Command) -> Result<Added> {
        if keys.iter().all(|key| key.flags.has(Flags::TOKEN)) {
            return self.application.write_new(&self.session, login, &keys, terms, command);
        }
        self.add_to_session(login, keys, terms, command)
    }

    /// Session keys are on one node; sharing and minimum numbers of nodes are about others and do not matter (inferred).
    fn add_to_session(&self, login: Login, keys: Vec<Object>, terms: &Terms, command: Command) -> Result<Added> {
        let slot = &self.session.slot;
        let sight = slot.sight(self.world())?;
        let Some(first) = keys.first() else { return Err(HsmError::InvalidHandle.into()) };
        let place = slot.place(&sight, first)?;
        place.bear(self.world(), Work::making(&keys))?;
        let handles = self.with_client(|client| {
            self.world().write(|tx| {
                let reach = client.reach(tx)?;
                if terms.unique_id && client.has_id(tx, &reach, &keys)? {
                    return Err(HsmError::InvalidAttribute.into());
                }
                keys.iter().map(|_| client.next_handle(tx, &reach.nodes, &place.node)).collect::<Result<Vec<_>>>()
            })
        })?;
        let mut made = Vec::with_capacity(keys.len());
        for (key, handle) in keys.into_iter().zip(&handles) {
            made.push(slot.add_session_object(place, &self.session, Object { handle: *handle, ..key })?);
        }
        slot.keep(&made, login)?;
        self.application.note_made(command, &made);
        slot.changed();
        let nodes = match self.session_key(handles[0])? {
            Some(key) => vec![key.node],
            None => return Err(HsmError::SessionLost.into()),
        };
        Ok(Added { handles, nodes })
    }

    /// The login of a crypto user, which an officer is not.
    pub(super) fn require_user(&self) -> Result<Login> {
        let login = self.session.slot.login();
        match self.logged_in() {
            Some(true) => Ok(login),
            Some(false) => Err(HsmError::PermissionDenied.into()),
            None => Err(HsmError::NotLoggedIn.into()),
        }
    }
}
