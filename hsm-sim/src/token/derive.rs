//! Deriving keys (PKCS#11 v3.1 §5.18.5, mechanisms in §6).

use std::num::NonZeroU32;

use crypto::SecretBytes;
use crypto::asymmetric::curve::Curve;
use crypto::hash::{Hash, Hmac};
use crypto::kdf::{self, Field, IntegerFormat, LengthMethod, OneStep};
use crypto::symmetric::{BlockKey, BlockMode, MacKey};

use crate::object::{Class, Flags, KeyType, Object};
use crate::token::application::Application;
use crate::token::draft::{Draft, Origin};
use crate::token::keys::{Body as KeyBody, Holder, Purpose, Recent};
use crate::token::mechanism::{Body, Join, KdfField, Mechanism, MechanismType, Parameter, Salt, Uses};
use crate::token::session::Session;
use crate::token::view::View;
use crate::token::{Attribute, Error, ObjectHandle, Result, SessionId, Template};

/// The bit that marks what a vendor defines; the vendor's key derivation functions are the standard's with it (inferred).
const VENDOR: u64 = 0x8000_0000;

/// The longest derived value that no type of key bounds.
const LIMIT: usize = 800;

impl Application {
    /// Derives a key from another one.
    ///
    /// # Errors
    /// [`Error::KeyHandleInvalid`], [`Error::MechanismInvalid`], [`Error::KeyTypeInconsistent`],
    /// [`Error::KeyFunctionNotPermitted`], [`Error::MechanismParamInvalid`], what the template's rules say.
    pub fn derive_key(
        &self,
        session: SessionId,
        mechanism: &Mechanism,
        base: ObjectHandle,
        template: &Template,
    ) -> Result<ObjectHandle> {
        let session = self.session(session)?;
        let purpose = Purpose { uses: Uses::DERIVE, flag: Flags::DERIVE };
        let base = self.key(&session, &mut Recent::default(), base, mechanism, purpose)?;
        let origin = Origin::Derive(base.object.flags);
        let key_type = template.get(Attribute::KeyType).is_none().then_some(KeyType::Generic);
        let officer = self.is_officer(&session);
        let personality = session.slot.personality;
        let mut draft = Draft::new(personality, origin, (Some(Class::Secret), key_type), officer, template)?;
        self.may_add(&session, &draft)?;
        if mechanism.kind.body().keeps_secrets() {
            draft.inherit(base.object.flags, template)?;
        }
        let value = self.derive(&session, mechanism, &base, draft.length_to_derive()?)?;
        let object = draft.finish(self.world(), value.expose()).map_err(|error| match error {
            Error::AttributeValueInvalid => Error::TemplateInconsistent,
            error => error,
        })?;
        self.add_one(&session, object)
    }

    fn derive(
        &self,
        session: &Session,
        mechanism: &Mechanism,
        base: &Holder,
        length: Option<usize>,
    ) -> Result<SecretBytes> {
        let value =
            |object: &Object| View { world: self.world(), personality: session.slot.personality, object }.material();
        let wrong = Err(Error::MechanismParamInvalid);
        let needed = length.ok_or(Error::TemplateIncomplete);
        Ok(match (mechanism.kind.body(), &mechanism.parameter) {
            (Body::Ecdh, Parameter::Ecdh { kdf, shared, public }) => {
                let secret = match &base.key.body {
                    KeyBody::EcPrivate(key) => key.agree(unwrapped(key.curve(), public))?,
                    KeyBody::XPrivate(key) => key.agree(public)?,
                    _ => return Err(Error::KeyTypeInconsistent),
                };
                match kdf_of(*kdf)? {
                    None if !shared.is_empty() => return wrong,
                    None => fit(secret, length, true)?,
                    Some((order, hash)) => {
                        kdf::one_step(order, hash, secret.expose(), shared, length.unwrap_or(hash.output_len()))?
                    }
                }
            }
            (Body::Hkdf, Parameter::Hkdf { extract, expand, hash, salt, info }) => {
                let salt = match salt {
                    Salt::Null => Vec::new().into(),
                    Salt::Data(salt) => SecretBytes::from(salt.as_slice()),
                    Salt::Key(key) => value(&*self.secret(session, *key)?)?,
                };
                let base = value(&base.object)?;
                match (extract, expand) {
                    (true, true) => kdf::hkdf(*hash, salt.expose(), base.expose(), info, needed?)?,
                    (true, false) => fit(kdf::hkdf_extract(*hash, salt.expose(), base.expose()), length, false)?,
                    (false, true) => kdf::hkdf_expand(*hash, base.expose(), info, needed?)?,
                    (false, false) => return wrong,
                }
            }
            (Body::CounterKdf(mode), Parameter::CounterKdf { prf, fields, iv }) => {
                let mode = match mode {
                    KdfMode::Counter => kdf::Mode::Counter,
                    KdfMode::Feedback => kdf::Mode::Feedback { iv },
                    KdfMode::DoublePipeline => kdf::Mode::DoublePipeline,
                };
                let prf = match MechanismType::from_number(*prf).map(MechanismType::body) {
                    Some(Body::Hmac(hash, _)) => MacKey::Hmac(Hmac::new(hash, value(&base.object)?.expose())),
                    Some(Body::Cmac(_)) => match &base.key.body {
                        KeyBody::Aes(key) => MacKey::Cmac(key.clone()),
                        _ => return Err(Error::KeyTypeInconsistent),
                    },
                    _ => return wrong,
                };
                let fields = fields.iter().map(|field| field_of(field, mode)).collect::<Result<Vec<_>>>()?;
                let keys = kdf::sp800_108(&prf, mode, &fields, &[needed?])?;
                // One length, one key.
                keys.into_iter().next().ok_or(Error::MechanismParamInvalid)?
            }
            (Body::Join(how), parameter) => {
                let base = value(&base.object)?;
                let joined = match (how, parameter) {
                    (Join::BaseAndKey, Parameter::Key(key)) => {
                        kdf::concatenate(base.expose(), value(&*self.secret(session, *key)?)?.expose())
                    }
                    (Join::BaseAndData, Parameter::Bytes(data)) => kdf::concatenate(base.expose(), data),
                    (Join::DataAndBase, Parameter::Bytes(data)) => kdf::concatenate(data, base.expose()),
                    (Join::Xor, Parameter::Bytes(data)) => kdf::xor(base.expose(), data),
                    (Join::Extract, Parameter::Number(first)) => {
                        let first = usize::try_from(*first).map_err(|_| Error::MechanismParamInvalid)?;
                        kdf::extract_bits(base.expose(), first, needed?)?
                    }
                    _ => return wrong,
                };
                fit(joined, length, false)?
            }
            (Body::HashKey(hash), Parameter::None) => {
                let length = length.unwrap_or(hash.output_len());
                kdf::hash_key(hash, value(&base.object)?.expose(), length)?
            }
            (Body::EncryptData, parameter) => {
                let key = match &base.key.body {
                    KeyBody::Aes(key) => BlockKey::from(key.clone()),
                    KeyBody::Des(key) => BlockKey::from(key.clone()),
                    _ => return Err(Error::KeyTypeInconsistent),
                };
                let (mode, data) = match parameter {
                    Parameter::Bytes(data) => (BlockMode::Ecb, data),
                    Parameter::IvAndData { iv, data } => (BlockMode::Cbc(iv), data),
                    _ => return wrong,
                };
                // A wrong length of the data is one of the parameter.
                kdf::encrypt_data(&key, mode, data, length.unwrap_or(data.len())).map_err(|error| match error {
                    crypto::Error::DataLength { .. } => Error::MechanismParamInvalid,
                    error => error.into(),
                })?
            }
            _ => return wrong,
        })
    }

    /// A secret key that takes part in a derivation.
    fn secret(&self, session: &Session, key: ObjectHandle) -> Result<std::sync::Arc<Object>> {
        let object = self.object(session, key).map_err(|_| Error::KeyHandleInvalid)?;
        if object.class == Class::Secret { Ok(object) } else { Err(Error::KeyTypeInconsistent) }
    }
}

/// A key from a password (`CKM_PKCS5_PBKD2`, which generates).
pub(crate) fn from_password(parameter: &Parameter, length: usize) -> Result<SecretBytes> {
    let Parameter::Pbkdf2 { salt, iterations, prf, password } = parameter else {
        return Err(Error::MechanismParamInvalid);
    };
    let iterations = u32::try_from(*iterations).ok().and_then(NonZeroU32::new).ok_or(Error::MechanismParamInvalid)?;
    Ok(kdf::pbkdf2(*prf, password.expose(), salt, iterations, length)?)
}

/// The first bytes of a secret, as many as are asked for; of an agreed secret the last ones (PKCS#11 v3.1 §6.3.20).
fn fit(secret: SecretBytes, length: Option<usize>, from_end: bool) -> Result<SecretBytes> {
    let Some(length) = length else {
        return if secret.len() > LIMIT { Err(Error::KeySizeRange) } else { Ok(secret) };
    };
    let spare = secret.len().checked_sub(length).ok_or(Error::KeySizeRange)?;
    let part = if from_end { &secret.expose()[spare..] } else { &secret.expose()[..length] };
    Ok(SecretBytes::from(part))
}

fn unwrapped(curve: Curve, point: &[u8]) -> &[u8] {
    curve.unwrap_point(point)
}

/// The key derivation function of this number (`CKD_*`).
fn kdf_of(number: u64) -> Result<Option<(OneStep, Hash)>> {
    let hash = match number & !VENDOR {
        1 if number < VENDOR => return Ok(None),
        0x2 | 0xe => Hash::Sha1,
        0x5 | 0xf => Hash::Sha224,
        0x6 | 0x10 => Hash::Sha256,
        0x7 | 0x11 => Hash::Sha384,
        0x8 | 0x12 => Hash::Sha512,
        0xa | 0x13 => Hash::Sha3_224,
        0xb | 0x14 => Hash::Sha3_256,
        0xc | 0x15 => Hash::Sha3_384,
        0xd | 0x16 => Hash::Sha3_512,
        _ => return Err(Error::MechanismParamInvalid),
    };
    let order = if number & !VENDOR < 0xe { OneStep::X963 } else { OneStep::Sp800_56a };
    Ok(Some((order, hash)))
}

/// The modes of SP 800-108.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KdfMode {
    Counter,
    Feedback,
    DoublePipeline,
}

fn field_of<'a>(field: &'a KdfField, mode: kdf::Mode<'_>) -> Result<Field<'a>> {
    let format = |little_endian, bits: u64| {
        let bits = u32::try_from(bits).map_err(|_| Error::MechanismParamInvalid)?;
        Ok::<_, Error>(IntegerFormat { little_endian, bits })
    };
    Ok(match field {
        KdfField::Iteration { little_endian, bits } => match mode {
            kdf::Mode::Counter => Field::Iteration(Some(format(*little_endian, *bits)?)),
            kdf::Mode::Feedback { .. } | kdf::Mode::DoublePipeline => Field::Iteration(None),
        },
        KdfField::Counter { little_endian, bits } => Field::Counter(format(*little_endian, *bits)?),
        KdfField::Bytes(bytes) => Field::Bytes(bytes),
        KdfField::Length { segments, little_endian, bits } => {
            let method = if *segments { LengthMethod::SumOfSegments } else { LengthMethod::SumOfKeys };
            Field::Length(format(*little_endian, *bits)?, method)
        }
    })
}
