//! Signatures.

use crate::client::NodeResult;
use crate::error::Result;
use crate::keys::{Keys, Right};
use crate::object::Handle;
use crate::quorum::Subject;
use crate::token::{Mechanism, Output};

impl Keys {
    /// Signs a message.
    ///
    /// # Errors
    /// [`crate::HsmError::InvalidHandle`], [`crate::HsmError::KeyAccessDenied`], [`crate::HsmError::PolicyViolation`] when the
    /// key is not for it, [`crate::HsmError::KeyNotApproved`], or no node can be used.
    pub fn sign(&self, mechanism: &Mechanism, key: Handle, data: &[u8]) -> Result<(Vec<u8>, Vec<NodeResult<()>>)> {
        let subject = Subject::UseKey(key);
        let nodes = self.ask(key, Right::Use, Some(subject))?;
        let (session, key) = (self.session.id, self.target(key)?);
        let signature = self.approved(&[subject], || {
            self.application.sign_init(session, mechanism, key)?;
            let mut signature = vec![0; self.application.sign(session, data, Output::Length)?];
            let length = self.application.sign(session, data, Output::Buffer(&mut signature))?;
            signature.truncate(length);
            Ok(signature)
        })?;
        Ok((signature, nodes))
    }

    /// Verifies a signature.
    ///
    /// # Errors
    /// [`crate::HsmError::BadSignature`], and as [`Keys::sign`].
    pub fn verify(
        &self,
        mechanism: &Mechanism,
        key: Handle,
        data: &[u8],
        signature: &[u8],
    ) -> Result<Vec<NodeResult<()>>> {
        let subject = Subject::UseKey(key);
        let nodes = self.ask(key, Right::Use, Some(subject))?;
        let (session, key) = (self.session.id, self.target(key)?);
        self.approved(&[subject], || {
            self.application.verify_init(session, mechanism, key)?;
            Ok(self.application.verify(session, data, signature)?)
        })?;
        Ok(nodes)
    }
}
