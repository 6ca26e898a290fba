//! Making keys (PKCS#11 v3.1 §5.18.1, §5.18.2).

use crypto::SecretBytes;
use crypto::kdf::tls12;
use crypto::symmetric::set_odd_parity;

use crate::object::{Class, KeyType, Object};
use crate::token::application::Application;
use crate::token::asymmetric;
use crate::token::derive::from_password;
use crate::token::draft::{Draft, Origin};
use crate::token::mechanism::{Body, Mechanism, Parameter, Uses, only_digest};
use crate::token::session::Session;
use crate::token::{Error, ObjectHandle, Result, SessionId, Template};

impl Application {
    /// Makes a secret key.
    ///
    /// # Errors
    /// [`Error::MechanismInvalid`], [`Error::MechanismParamInvalid`], what the template's rules say,
    /// [`Error::SessionReadOnly`], [`Error::UserNotLoggedIn`].
    pub fn generate_key(&self, session: SessionId, mechanism: &Mechanism, template: &Template) -> Result<ObjectHandle> {
        let session = self.session(session)?;
        let login = session.slot.login();
        let object = self.make_key(&session, mechanism, template)?;
        self.add_one(&session, login, object)
    }

    /// A secret key that is in no token yet.
    pub(crate) fn make_key(&self, session: &Session, mechanism: &Mechanism, template: &Template) -> Result<Object> {
        let body = offered(session, mechanism, Uses::GENERATE)?;
        let (key_type, fits) = match body {
            Body::Generate(key_type) => (key_type, mechanism.parameter == Parameter::None),
            Body::FromPassword => (KeyType::Generic, matches!(mechanism.parameter, Parameter::Pbkdf2 { .. })),
            Body::TlsPremaster => (KeyType::Generic, matches!(mechanism.parameter, Parameter::Version(_))),
            _ => return Err(Error::MechanismInvalid),
        };
        if !fits {
            return Err(Error::MechanismParamInvalid);
        }
        let origin = Origin::Generate(mechanism.kind);
        // The mechanism of generic secrets also makes keys that are for one digest only.
        let fixed = (key_type != KeyType::Generic).then_some(key_type);
        let expected = (Some(Class::Secret), fixed.or(default_type(template)));
        let mut draft = Draft::new(session.slot.personality, origin, expected, self.is_officer(session), template)?;
        if self.is_tool() {
            draft.of_tool();
        }
        let any_type = body == Body::FromPassword || only_digest(draft.key_type).is_some();
        if !any_type && !mechanism.kind.takes(draft.key_type) {
            return Err(Error::TemplateInconsistent);
        }
        self.may_add(session, &draft)?;
        let random = |length| {
            let mut value = SecretBytes::new(vec![0; length]);
            self.world().entropy().fill(value.expose_mut());
            value
        };
        let value = match &mechanism.parameter {
            parameter @ Parameter::Pbkdf2 { .. } => from_password(parameter, draft.length_to_generate()?)?,
            Parameter::Version(version) => {
                let mut value = random(draft.value_len.unwrap_or(tls12::MASTER_SECRET));
                if value.len() != tls12::MASTER_SECRET {
                    return Err(Error::TemplateInconsistent);
                }
                value.expose_mut()[..2].copy_from_slice(version);
                value
            }
            _ => {
                let mut value = random(draft.length_to_generate()?);
                if matches!(draft.key_type, KeyType::Des | KeyType::TripleDes) {
                    set_odd_parity(value.expose_mut());
                }
                value
            }
        };
        draft.finish(self.world(), value.expose())
    }

    /// Makes a key pair: the public key, then the private one.
    ///
    /// # Errors
    /// As [`Application::generate_key`].
    pub fn generate_key_pair(
        &self,
        session: SessionId,
        mechanism: &Mechanism,
        public: &Template,
        private: &Template,
    ) -> Result<(ObjectHandle, ObjectHandle)> {
        let session = self.session(session)?;
        let login = session.slot.login();
        match self.add(&session, login, self.make_pair(&session, mechanism, public, private)?)?[..] {
            [public, private] => Ok((public, private)),
            _ => Err(Error::FunctionFailed("the keys were not made".into())),
        }
    }

    /// A key pair that is in no token yet: the public key, then the private one.
    pub(crate) fn make_pair(
        &self,
        session: &Session,
        mechanism: &Mechanism,
        public: &Template,
        private: &Template,
    ) -> Result<Vec<Object>> {
        let Body::GeneratePair(key_type) = offered(session, mechanism, Uses::GENERATE_PAIR)? else {
            return Err(Error::MechanismInvalid);
        };
        if mechanism.parameter != Parameter::None {
            return Err(Error::MechanismParamInvalid);
        }
        let (personality, officer) = (session.slot.personality, self.is_officer(session));
        let origin = Origin::Generate(mechanism.kind);
        let mut public = Draft::new(personality, origin, (Some(Class::Public), Some(key_type)), officer, public)?;
        let mut private = Draft::new(personality, origin, (Some(Class::Private), Some(key_type)), officer, private)?;
        self.may_add(session, &public)?;
        self.may_add(session, &private)?;
        let material = asymmetric::generate(self.world(), &mut public, &mut private)?;
        let public = public.finish(self.world(), b"")?;
        Ok(vec![public, private.finish(self.world(), material.expose())?])
    }
}

/// How a mechanism is done, if the token has it for this.
fn offered(session: &Session, mechanism: &Mechanism, uses: Uses) -> Result<Body> {
    let kind = mechanism.kind;
    if !kind.is_offered(session.slot.personality) || !kind.uses().has(uses) {
        return Err(Error::MechanismInvalid);
    }
    Ok(kind.body())
}

/// A generic secret, unless the template says which type.
fn default_type(template: &Template) -> Option<KeyType> {
    template.get(crate::token::Attribute::KeyType).is_none().then_some(KeyType::Generic)
}
