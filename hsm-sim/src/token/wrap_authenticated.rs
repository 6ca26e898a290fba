//! Wrapping with authenticated data beside the key (PKCS#11 v3.2 §5.18.5, §5.18.7): that of the ciphers with authentication, whose
//! tag follows the wrapped key.

use crate::object::Flags;
use crate::token::application::Application;
use crate::token::keys::{Purpose, Recent};
use crate::token::mechanism::{Body, Mechanism, Parameter, Uses};
use crate::token::{Error, ObjectHandle, Output, Result, SessionId, Template};

impl Application {
    /// Wraps a key, and binds it to data.
    ///
    /// # Errors
    /// As [`Application::wrap_key`]; [`Error::MechanismInvalid`] for a mechanism without authentication.
    pub fn wrap_key_authenticated(
        &self,
        session: SessionId,
        mechanism: &Mechanism,
        wrapping: ObjectHandle,
        key: ObjectHandle,
        aad: &[u8],
        out: Output<'_>,
    ) -> Result<usize> {
        let purpose = Purpose { uses: Uses::WRAP, flag: Flags::WRAP };
        let bound = self.bound(session, mechanism, wrapping, purpose, aad).map_err(|error| match error {
            Error::KeyHandleInvalid => Error::WrappingKeyHandleInvalid,
            error => error,
        })?;
        self.wrap_key(session, &bound, wrapping, key, out)
    }

    /// Unwraps a key that is bound to data.
    ///
    /// # Errors
    /// As [`Application::unwrap_key`]; [`Error::MechanismInvalid`] for a mechanism without authentication.
    pub fn unwrap_key_authenticated(
        &self,
        session: SessionId,
        mechanism: &Mechanism,
        unwrapping: ObjectHandle,
        wrapped: &[u8],
        template: &Template,
        aad: &[u8],
    ) -> Result<ObjectHandle> {
        let purpose = Purpose { uses: Uses::UNWRAP, flag: Flags::UNWRAP };
        let bound = self.bound(session, mechanism, unwrapping, purpose, aad).map_err(|error| match error {
            Error::KeyHandleInvalid => Error::UnwrappingKeyHandleInvalid,
            error => error,
        })?;
        self.unwrap_key(session, &bound, unwrapping, wrapped, template)
    }

    /// The mechanism with the data in its parameter, which may hold none of its own. What is wrong with the key comes first, and
    /// what else is wrong with the mechanism is said by the wrapping itself.
    fn bound(
        &self,
        session: SessionId,
        mechanism: &Mechanism,
        key: ObjectHandle,
        purpose: Purpose,
        data: &[u8],
    ) -> Result<Mechanism> {
        if !matches!(mechanism.kind.body(), Body::Gcm | Body::Ccm | Body::ChaChaPoly) {
            let session = self.session(session)?;
            let offered = purpose.offers(session.slot.personality, mechanism.kind);
            // The key's handle comes before the mechanism.
            Recent::default().holder(self.world(), &session, self.needs_two(&session), key)?;
            return Err(offered.err().unwrap_or(Error::MechanismInvalid));
        }
        let mut bound = mechanism.clone();
        if let Parameter::Gcm { aad, .. } | Parameter::Ccm { aad, .. } | Parameter::ChaChaPoly { aad, .. } =
            &mut bound.parameter
        {
            if !aad.is_empty() && aad.as_slice() != data {
                return Err(Error::MechanismParamInvalid);
            }
            *aad = data.to_vec();
        }
        Ok(bound)
    }
}
