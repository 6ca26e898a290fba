//! Wrapping keys out of the token and unwrapping them into it (PKCS#11 v3.1 §5.18.3, §5.18.4).

use std::sync::Arc;

use crypto::SecretBytes;
use crypto::symmetric::{AesKey, Direction, KeyWrap};

use crate::audit::Command;
use crate::cluster::Personality;
use crate::object::{Class, Flags, KeyType, Object};
use crate::quorum::Subject;
use crate::token::application::Application;
use crate::token::asymmetric;
use crate::token::carried::{merged, template_of};
use crate::token::cipher::{Cipher, RsaScheme, modulus_len};
use crate::token::draft::{Draft, Origin};
use crate::token::keys::{Body as KeyBody, Holder, Key, Purpose, Recent};
use crate::token::mechanism::{Body, Mechanism, MechanismType, Parameter, Uses};
use crate::token::rules::Kinds;
use crate::token::session::Session;
use crate::token::slot::Found;
use crate::token::view::View;
use crate::token::{Attribute, Error, ObjectHandle, Output, Result, SessionId, Template};

impl Application {
    /// Wraps a secret or private key by another key.
    ///
    /// # Errors
    /// [`Error::WrappingKeyHandleInvalid`], [`Error::KeyHandleInvalid`], [`Error::MechanismInvalid`],
    /// [`Error::WrappingKeyTypeInconsistent`], [`Error::KeyFunctionNotPermitted`], [`Error::KeyUnextractable`],
    /// [`Error::KeyNotWrappable`], [`Error::KeySizeRange`], [`Error::BufferTooSmall`].
    pub fn wrap_key(
        &self,
        session: SessionId,
        mechanism: &Mechanism,
        wrapping: ObjectHandle,
        key: ObjectHandle,
        out: Output<'_>,
    ) -> Result<usize> {
        let session = self.session(session)?;
        out.write(&self.wrapped(&session, mechanism, wrapping, key)?)
    }

    /// A key, wrapped by another one.
    pub(crate) fn wrapped(
        &self,
        session: &Session,
        mechanism: &Mechanism,
        wrapping: ObjectHandle,
        key: ObjectHandle,
    ) -> Result<Vec<u8>> {
        let mut recent = Recent::default();
        let by = self.wrapping_key(session, &mut recent, mechanism, wrapping)?;
        let Found { object, own, .. } = self.found(session, key).map_err(|error| match error {
            Error::ObjectHandleInvalid => Error::KeyHandleInvalid,
            error => error,
        })?;
        match object.class {
            // Only the owner takes a key out; those it is shared with use it (documented).
            Class::Secret | Class::Private if own => {}
            Class::Secret | Class::Private | Class::Public => return Err(Error::KeyNotWrappable),
            Class::Certificate | Class::Data | Class::Profile => return Err(Error::KeyHandleInvalid),
        }
        if !object.flags.has(Flags::EXTRACTABLE) {
            return Err(Error::KeyUnextractable);
        }
        if object.flags.has(Flags::WRAP_WITH_TRUSTED) && !by.object.flags.has(Flags::TRUSTED) {
            return Err(Error::KeyNotWrappable);
        }
        if session.slot.personality == Personality::Generic && gives_away(&by.object, mechanism.kind, &object) {
            return Err(Error::KeyNotWrappable);
        }
        if object.is_guarded() {
            self.require_approval(Subject::ManageKey(object.handle))?;
        }
        let view = View { world: self.world(), personality: session.slot.personality, object: &object };
        if let Some(wanted) = template_of(&by.object, Attribute::WrapTemplate)
            && !view.matches(&wanted)
        {
            return Err(Error::KeyHandleInvalid);
        }
        let material = view.material()?;
        let wrapped = self.wrap(session, mechanism, by, material.expose()).map_err(|error| match error {
            Error::DataLenRange => Error::KeySizeRange,
            error => error,
        })?;
        self.note(session, Command::WrapKey, key);
        self.note_wrapping(session, by, wrapping);
        Ok(wrapped)
    }

    /// Bytes of the caller's, wrapped by a key.
    pub(crate) fn wrapped_bytes(
        &self,
        session: &Session,
        mechanism: &Mechanism,
        wrapping: ObjectHandle,
        bytes: &[u8],
    ) -> Result<Vec<u8>> {
        let mut recent = Recent::default();
        let by = self.wrapping_key(session, &mut recent, mechanism, wrapping)?;
        let wrapped = self.wrap(session, mechanism, by, bytes)?;
        self.note_wrapping(session, by, wrapping);
        Ok(wrapped)
    }

    fn wrapping_key<'r>(
        &self,
        session: &Session,
        recent: &'r mut Recent,
        mechanism: &Mechanism,
        key: ObjectHandle,
    ) -> Result<&'r Holder> {
        let purpose = Purpose { uses: Uses::WRAP, flag: Flags::WRAP };
        self.key(session, recent, key, mechanism.kind, purpose).map_err(|error| match error {
            Error::KeyHandleInvalid => Error::WrappingKeyHandleInvalid,
            Error::KeyTypeInconsistent => Error::WrappingKeyTypeInconsistent,
            error => error,
        })
    }

    fn wrap(&self, session: &Session, mechanism: &Mechanism, by: &Holder, material: &[u8]) -> Result<Vec<u8>> {
        match mechanism.kind.body() {
            Body::KeyWrap(how) => Ok(aes(&by.key)?.wrap(self.with_iv_of(how, session, mechanism)?, material)?),
            Body::RsaAesWrap => {
                let (bits, scheme) = rsa_aes(&mechanism.parameter)?;
                let KeyBody::RsaPublic(rsa) = &by.key.body else { return Err(Error::WrappingKeyTypeInconsistent) };
                let mut value = vec![0; bits / 8];
                self.world().entropy().fill(&mut value);
                let value = SecretBytes::new(value);
                let mut wrapped = rsa.encrypt(scheme.borrow(), value.expose())?;
                wrapped.extend(AesKey::new(value.expose())?.wrap(KeyWrap::KWP, material)?);
                Ok(wrapped)
            }
            body => {
                let made = self.with_iv(Personality::Generic, mechanism)?;
                let mechanism = made.as_ref().unwrap_or(mechanism);
                let mut cipher = Cipher::new(Personality::Generic, Direction::Encrypt, mechanism, &by.key)?;
                // Modes without padding take what fills their blocks: the standard pads with zeros, and raw RSA with zeros in front.
                let block = if matches!(&by.key.body, KeyBody::Des(_)) { 8 } else { 16 };
                let (front, length) = match body {
                    Body::Ecb | Body::Cbc => (0, material.len().next_multiple_of(block)),
                    Body::RsaBare => {
                        let length = modulus_len(&by.key)?.max(material.len());
                        (length - material.len(), length)
                    }
                    _ => (0, material.len()),
                };
                // Allocated in its full length at once: a growing copy would leave the key behind in freed memory.
                let mut padded = vec![0; length];
                padded[front..front + material.len()].copy_from_slice(material);
                let padded = SecretBytes::new(padded);
                let mut wrapped = vec![0; cipher.one_shot(padded.expose(), Output::Length)?];
                let length = cipher.one_shot(padded.expose(), Output::Buffer(&mut wrapped))?;
                wrapped.truncate(length);
                Ok(wrapped)
            }
        }
    }

    /// Unwraps a key into the token.
    ///
    /// # Errors
    /// [`Error::UnwrappingKeyHandleInvalid`], [`Error::MechanismInvalid`], [`Error::UnwrappingKeyTypeInconsistent`],
    /// [`Error::KeyFunctionNotPermitted`], [`Error::WrappedKeyInvalid`], [`Error::WrappedKeyLenRange`], what the template's
    /// rules say.
    pub fn unwrap_key(
        &self,
        session: SessionId,
        mechanism: &Mechanism,
        unwrapping: ObjectHandle,
        wrapped: &[u8],
        template: &Template,
    ) -> Result<ObjectHandle> {
        let session = self.session(session)?;
        let login = session.slot.login();
        let object = self.unwrapped(&session, mechanism, unwrapping, wrapped, template)?;
        self.add_one(&session, login, object)
    }

    /// A key that arrived wrapped and is in no token yet.
    pub(crate) fn unwrapped(
        &self,
        session: &Session,
        mechanism: &Mechanism,
        unwrapping: ObjectHandle,
        wrapped: &[u8],
        template: &Template,
    ) -> Result<Object> {
        let mut recent = Recent::default();
        let by = self.unwrapping_key(session, &mut recent, mechanism, unwrapping)?;
        let template = merged(template, &by.object, Attribute::UnwrapTemplate)?;
        let officer = self.is_officer(session);
        let mut draft = Draft::new(session.slot.personality, Origin::Unwrap, (None, None), officer, &template)?;
        if self.is_tool() {
            draft.of_tool();
        }
        if !draft.kind.meets(Kinds::GUARDED) {
            return Err(Error::TemplateInconsistent);
        }
        self.may_add(session, &draft)?;
        let material = self.unwrap(session, mechanism, &by.key, wrapped)?;
        self.note_wrapping(session, by, unwrapping);
        if draft.kind.meets(Kinds::PRIVATE) {
            let material = asymmetric::from_pkcs8(self.world(), &mut draft, material.expose()).map_err(invalid)?;
            draft.finish(self.world(), material.expose())
        } else {
            let mut value = material.expose();
            match mechanism.kind.body() {
                // The zeros that filled the last block.
                Body::Ecb | Body::Cbc => {
                    let wanted = draft.wanted_length().unwrap_or(value.len());
                    value = value.get(..wanted).ok_or(Error::WrappedKeyLenRange)?;
                }
                // Those in front; the key may begin with zeros of its own.
                Body::RsaBare => {
                    let wanted = draft.wanted_length().ok_or(Error::TemplateIncomplete)?;
                    let zeros = value.len().checked_sub(wanted).ok_or(Error::WrappedKeyLenRange)?;
                    let (zeros, key) = value.split_at(zeros);
                    if zeros.iter().any(|byte| *byte != 0) {
                        return Err(Error::WrappedKeyInvalid);
                    }
                    value = key;
                }
                _ => {}
            }
            draft.finish(self.world(), value).map_err(invalid)
        }
    }

    /// What was wrapped, for the caller.
    pub(crate) fn unwrapped_bytes(
        &self,
        session: &Session,
        mechanism: &Mechanism,
        unwrapping: ObjectHandle,
        wrapped: &[u8],
    ) -> Result<SecretBytes> {
        let mut recent = Recent::default();
        let by = self.unwrapping_key(session, &mut recent, mechanism, unwrapping)?;
        let bytes = self.unwrap(session, mechanism, &by.key, wrapped)?;
        self.note_wrapping(session, by, unwrapping);
        Ok(bytes)
    }

    /// Notes the use of a key that wrapped or unwrapped; only that of AES keys is (documented).
    fn note_wrapping(&self, session: &Session, by: &Holder, handle: ObjectHandle) {
        if by.object.key_type == KeyType::Aes {
            self.note(session, Command::AesWrap, handle);
        }
    }

    fn unwrapping_key<'r>(
        &self,
        session: &Session,
        recent: &'r mut Recent,
        mechanism: &Mechanism,
        key: ObjectHandle,
    ) -> Result<&'r Holder> {
        let purpose = Purpose { uses: Uses::UNWRAP, flag: Flags::UNWRAP };
        self.key(session, recent, key, mechanism.kind, purpose).map_err(|error| match error {
            Error::KeyHandleInvalid => Error::UnwrappingKeyHandleInvalid,
            Error::KeyTypeInconsistent => Error::UnwrappingKeyTypeInconsistent,
            error => error,
        })
    }

    fn unwrap(&self, session: &Session, mechanism: &Mechanism, by: &Arc<Key>, wrapped: &[u8]) -> Result<SecretBytes> {
        let material = match mechanism.kind.body() {
            Body::KeyWrap(how) => {
                let how = self.with_iv_of(how, session, mechanism)?;
                aes(by)?.unwrap(how, wrapped).map_err(Error::from)
            }
            _ => unwrap(mechanism, by, wrapped),
        };
        material.map_err(|error| match error {
            Error::EncryptedDataInvalid => Error::WrappedKeyInvalid,
            Error::EncryptedDataLenRange | Error::DataLenRange => Error::WrappedKeyLenRange,
            error => error,
        })
    }

    /// The integrity check value is the usual one or the caller's; PKCS#11 clients of `cloudhsm` have only the usual one, its
    /// tools any (documented).
    fn with_iv_of(&self, how: KeyWrap, session: &Session, mechanism: &Mechanism) -> Result<KeyWrap> {
        let with = with_iv(how, &mechanism.parameter)?;
        let any = session.slot.personality == Personality::Generic || self.is_tool();
        if any || with == how { Ok(with) } else { Err(Error::MechanismParamInvalid) }
    }
}

fn unwrap(mechanism: &Mechanism, by: &Arc<Key>, wrapped: &[u8]) -> Result<SecretBytes> {
    match mechanism.kind.body() {
        Body::RsaAesWrap => {
            let (bits, scheme) = rsa_aes(&mechanism.parameter)?;
            let KeyBody::RsaPrivate(rsa) = &by.body else { return Err(Error::UnwrappingKeyTypeInconsistent) };
            let (first, rest) = wrapped.split_at_checked(modulus_len(by)?).ok_or(Error::WrappedKeyLenRange)?;
            let value = rsa.decrypt(scheme.borrow(), first)?;
            if value.len() * 8 != bits {
                return Err(Error::WrappedKeyInvalid);
            }
            Ok(AesKey::new(value.expose())?.unwrap(KeyWrap::KWP, rest)?)
        }
        _ => {
            let mut cipher = Cipher::new(Personality::Generic, Direction::Decrypt, mechanism, by)?;
            let mut material = vec![0; cipher.one_shot(wrapped, Output::Length)?];
            let length = cipher.one_shot(wrapped, Output::Buffer(&mut material));
            let material = length.map(|length| material.truncate(length)).map(|()| material)?;
            Ok(SecretBytes::new(material))
        }
    }
}

/// Whether a key that wraps a sensitive one by this mechanism could decrypt what it wrapped: it may decrypt, and the mechanism
/// decrypts as well as it wraps. Such a key undoes `CKA_SENSITIVE`, so `generic` tokens refuse it when it is used: clients often
/// make keys that may do everything and then wrap nothing secret. An officer's trust overrules. The client library of `cloudhsm`
/// refuses nothing here (inferred); its answer is `CKA_WRAP_WITH_TRUSTED`.
fn gives_away(by: &Object, mechanism: MechanismType, key: &Object) -> bool {
    let decrypts = by.class == Class::Secret && by.flags.has(Flags::DECRYPT) && mechanism.uses().has(Uses::DECRYPT);
    decrypts && !by.flags.has(Flags::TRUSTED) && key.flags.has(Flags::SENSITIVE)
}

/// What came out is no key of the wanted type.
fn invalid(error: Error) -> Error {
    if error == Error::AttributeValueInvalid { Error::WrappedKeyInvalid } else { error }
}

fn aes(key: &Key) -> Result<&AesKey> {
    match &key.body {
        KeyBody::Aes(key) => Ok(key),
        _ => Err(Error::KeyTypeInconsistent),
    }
}

/// With the integrity check value of the parameter, if it gives one.
fn with_iv(how: KeyWrap, parameter: &Parameter) -> Result<KeyWrap> {
    let iv = match parameter {
        Parameter::None => return Ok(how),
        Parameter::Bytes(iv) if iv.is_empty() => return Ok(how),
        Parameter::Bytes(iv) => iv.as_slice(),
        _ => return Err(Error::MechanismParamInvalid),
    };
    let wrong = |_| Error::MechanismParamInvalid;
    Ok(match how {
        KeyWrap::Kw { .. } => KeyWrap::Kw { iv: iv.try_into().map_err(wrong)? },
        KeyWrap::Kwp { .. } => KeyWrap::Kwp { iv: iv.try_into().map_err(wrong)? },
        KeyWrap::KwPkcs7 { .. } => KeyWrap::KwPkcs7 { iv: iv.try_into().map_err(wrong)? },
    })
}

fn rsa_aes(parameter: &Parameter) -> Result<(usize, RsaScheme)> {
    match parameter {
        Parameter::RsaAesWrap { aes_bits: bits @ (128 | 192 | 256), hash, mgf, label } => {
            let bits = usize::try_from(*bits).map_err(|_| Error::MechanismParamInvalid)?;
            Ok((bits, RsaScheme::Oaep(*hash, *mgf, label.clone())))
        }
        _ => Err(Error::MechanismParamInvalid),
    }
}
