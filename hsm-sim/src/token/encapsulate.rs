//! Keys that arrive encapsulated (PKCS#11 v3.2 §5.18.8, §5.18.9).

use crypto::SecretBytes;

use crate::object::{Class, Flags, KeyType, Object};
use crate::token::application::Application;
use crate::token::carried::merged;
use crate::token::digest::room;
use crate::token::draft::{Draft, Origin};
use crate::token::keys::{Body as KeyBody, Purpose, Recent};
use crate::token::mechanism::{Mechanism, Parameter, Uses};
use crate::token::session::Session;
use crate::token::slot::Login;
use crate::token::{Attribute, Error, ObjectHandle, Output, Result, SessionId, Template};

impl Application {
    /// Makes a secret key and encapsulates it for the owner of a public key. The answer is the ciphertext's length and, unless only
    /// that was asked for, the new key.
    ///
    /// # Errors
    /// [`Error::KeyHandleInvalid`], [`Error::MechanismInvalid`], [`Error::KeyTypeInconsistent`],
    /// [`Error::KeyFunctionNotPermitted`], [`Error::MechanismParamInvalid`], [`Error::BufferTooSmall`], what the template's rules
    /// say.
    pub fn encapsulate_key(
        &self,
        session: SessionId,
        mechanism: &Mechanism,
        public: ObjectHandle,
        template: &Template,
        out: Output<'_>,
    ) -> Result<(usize, Option<ObjectHandle>)> {
        let session = self.session(session)?;
        let login = session.slot.login();
        let purpose = Purpose { uses: Uses::ENCAPSULATE, flag: Flags::ENCAPSULATE };
        let mut recent = Recent::default();
        let by = self.key(&session, &mut recent, public, mechanism.kind, purpose)?;
        let KeyBody::MlKemPublic(key) = &by.key.body else { return Err(Error::KeyTypeInconsistent) };
        bare(mechanism)?;
        let length = key.set().ciphertext_len();
        let Some(room) = room(out, length)? else { return Ok((length, None)) };
        let draft = self.arriving(&session, &by.object, Attribute::EncapsulateTemplate, template)?;
        let (ciphertext, secret) = key.encapsulate(self.world().entropy())?;
        let handle = self.arrived(&session, login, draft, &secret)?;
        room.copy_from_slice(&ciphertext);
        Ok((length, Some(handle)))
    }

    /// Takes a secret key out of its capsule.
    ///
    /// # Errors
    /// [`Error::WrappedKeyLenRange`], and as [`Application::encapsulate_key`].
    pub fn decapsulate_key(
        &self,
        session: SessionId,
        mechanism: &Mechanism,
        private: ObjectHandle,
        template: &Template,
        ciphertext: &[u8],
    ) -> Result<ObjectHandle> {
        let session = self.session(session)?;
        let login = session.slot.login();
        let purpose = Purpose { uses: Uses::DECAPSULATE, flag: Flags::DECAPSULATE };
        let mut recent = Recent::default();
        let by = self.key(&session, &mut recent, private, mechanism.kind, purpose)?;
        let KeyBody::MlKemPrivate(key) = &by.key.body else { return Err(Error::KeyTypeInconsistent) };
        bare(mechanism)?;
        let draft = self.arriving(&session, &by.object, Attribute::DecapsulateTemplate, template)?;
        let secret = key.decapsulate(ciphertext).map_err(|error| match error.into() {
            Error::EncryptedDataLenRange => Error::WrappedKeyLenRange,
            Error::EncryptedDataInvalid => Error::WrappedKeyInvalid,
            error => error,
        })?;
        self.arrived(&session, login, draft, &secret)
    }

    /// The key of a template; a generic secret unless it says otherwise.
    fn arriving(&self, session: &Session, by: &Object, carried: Attribute, template: &Template) -> Result<Draft> {
        let template = merged(template, by, carried)?;
        let key_type = template.get(Attribute::KeyType).is_none().then_some(KeyType::Generic);
        let expected = (Some(Class::Secret), key_type);
        let officer = self.is_officer(session);
        let draft = Draft::new(session.slot.personality, Origin::Unwrap, expected, officer, &template)?;
        self.may_add(session, &draft)?;
        Ok(draft)
    }

    /// A shorter key is the start of the secret.
    fn arrived(&self, session: &Session, login: Login, draft: Draft, secret: &SecretBytes) -> Result<ObjectHandle> {
        let length = draft.wanted_length().unwrap_or(secret.len());
        let value = secret.expose().get(..length).ok_or(Error::TemplateInconsistent)?;
        let object = draft.finish(self.world(), value).map_err(|error| match error {
            Error::AttributeValueInvalid => Error::TemplateInconsistent,
            error => error,
        })?;
        self.add_one(session, login, object)
    }
}

fn bare(mechanism: &Mechanism) -> Result<()> {
    if mechanism.parameter == Parameter::None { Ok(()) } else { Err(Error::MechanismParamInvalid) }
}
