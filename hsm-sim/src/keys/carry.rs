//! Keys that leave the cluster and come into it, wrapped.

use crypto::SecretBytes;

use crate::audit::Command;
use crate::client::NodeResult;
use crate::cluster::Personality;
use crate::error::Result;
use crate::keys::{Keys, Made, Right, Terms};
use crate::object::Handle;
use crate::quorum::Subject;
use crate::token::{Mechanism, MechanismType, ObjectHandle, Parameter, Template};

/// How AES key wrap fills what it wraps up to whole blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// Not: only whole blocks of 8 bytes can be wrapped (RFC 3394).
    None,
    /// With zeros (RFC 5649).
    Zeros,
    /// With 1 to 8 bytes that say how many they are (the vendor's own).
    Pkcs5,
}

impl Keys {
    /// AES key wrap with an integrity check value, or the usual one if there are no bytes of it.
    pub fn key_wrap(&self, padding: Padding, iv: &[u8]) -> Mechanism {
        let kind = match (self.session.slot.personality, padding) {
            (Personality::CloudHsm, Padding::None) => MechanismType::CloudHsmAesKeyWrapNoPad,
            (Personality::CloudHsm, Padding::Zeros) => MechanismType::CloudHsmAesKeyWrapZeroPad,
            (Personality::CloudHsm, Padding::Pkcs5) => MechanismType::CloudHsmAesKeyWrapPkcs5Pad,
            (Personality::Generic, Padding::None) => MechanismType::AesKeyWrap,
            (Personality::Generic, Padding::Zeros) => MechanismType::AesKeyWrapPad,
            (Personality::Generic, Padding::Pkcs5) => MechanismType::AesKeyWrapPkcs7,
        };
        Mechanism { kind, parameter: Parameter::Bytes(iv.to_vec()) }
    }

    /// A key, wrapped by another one. Only the owner may take a key out (documented); the wrapping key may be a shared one.
    ///
    /// # Errors
    /// [`crate::HsmError::InvalidHandle`], [`crate::HsmError::KeyAccessDenied`], [`crate::HsmError::PolicyViolation`] when one
    /// of the keys is not for it, [`crate::HsmError::KeyNotApproved`], or no node can be used.
    pub fn wrap(&self, mechanism: &Mechanism, wrapping: Handle, key: Handle) -> Result<(Vec<u8>, Vec<NodeResult<()>>)> {
        let subjects = [Subject::ManageKey(wrapping), Subject::ManageKey(key)];
        self.ask(wrapping, Right::Use, Some(subjects[0]))?;
        let nodes = self.ask(key, Right::Manage, Some(subjects[1]))?;
        let (wrapping, key) = (self.target(wrapping)?, self.target(key)?);
        let wrapped =
            self.approved(&subjects, || Ok(self.application.wrapped(&self.session, mechanism, wrapping, key)?))?;
        Ok((wrapped, nodes))
    }

    /// Unwraps a key into the cluster.
    ///
    /// # Errors
    /// As [`Keys::wrap`] and [`Keys::generate`]; [`crate::HsmError::InvalidCiphertext`].
    pub fn unwrap(
        &self,
        mechanism: &Mechanism,
        unwrapping: Handle,
        wrapped: &[u8],
        template: &Template,
        terms: &Terms,
    ) -> Result<Made> {
        let login = self.require_user()?;
        self.carrying(unwrapping, |unwrapping| {
            let key = self.application.unwrapped(&self.session, mechanism, unwrapping, wrapped, template)?;
            self.put(login, key, terms, Command::UnwrapKey)
        })
    }

    /// Bytes of the caller's, wrapped by a key of the cluster.
    ///
    /// # Errors
    /// As [`Keys::wrap`].
    pub fn wrap_bytes(&self, mechanism: &Mechanism, wrapping: Handle, bytes: &[u8]) -> Result<Vec<u8>> {
        self.carrying(wrapping, |wrapping| {
            Ok(self.application.wrapped_bytes(&self.session, mechanism, wrapping, bytes)?)
        })
    }

    /// What a key of the cluster wrapped, for the caller.
    ///
    /// # Errors
    /// As [`Keys::wrap`]; [`crate::HsmError::InvalidCiphertext`].
    pub fn unwrap_bytes(&self, mechanism: &Mechanism, unwrapping: Handle, wrapped: &[u8]) -> Result<SecretBytes> {
        self.carrying(unwrapping, |unwrapping| {
            Ok(self.application.unwrapped_bytes(&self.session, mechanism, unwrapping, wrapped)?)
        })
    }

    /// Does something with a key that wraps or unwraps others.
    fn carrying<T>(&self, key: Handle, act: impl FnOnce(ObjectHandle) -> Result<T>) -> Result<T> {
        let subject = Subject::ManageKey(key);
        self.ask(key, Right::Use, Some(subject))?;
        let key = self.target(key)?;
        self.approved(&[subject], || act(key))
    }
}
