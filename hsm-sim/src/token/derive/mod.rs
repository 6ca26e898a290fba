//! Deriving keys (PKCS#11 v3.1 §5.18.5, mechanisms in §6).

mod tls;

pub(crate) use tls::Finished;

use std::num::NonZeroU32;
use std::sync::Arc;

use crypto::SecretBytes;
use crypto::hash::{Hash, Hmac};
use crypto::kdf::{self, Field, IntegerFormat, LengthMethod, OneStep, tls12};
use crypto::symmetric::{BlockKey, BlockMode, MacKey, set_odd_parity};
use serde::{Deserialize, Serialize};

use crate::audit::Command;
use crate::object::{Class, Flags, KeyType, Object};
use crate::token::application::Application;
use crate::token::carried::merged;
use crate::token::draft::{Draft, Origin};
use crate::token::keys::{Body as KeyBody, Holder, Purpose, Recent};
use crate::token::mechanism::{
    Body, CounterForm, Join, KdfField, Mac, Mechanism, MechanismType, Parameter, Salt, Uses,
};
use crate::token::session::Session;
use crate::token::slot::Login;
use crate::token::view::View;
use crate::token::{Attribute, Error, ObjectHandle, Result, SessionId, Template};

/// The bit that marks what a vendor defines; the vendor's key derivation functions are the standard's with it (inferred).
const VENDOR: u64 = 0x8000_0000;

/// The longest derived value that no type of key bounds.
const LIMIT: usize = 800;

/// What a derivation made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derived {
    /// The key of the caller's template; none where all keys are told through the parameter.
    pub key: Option<ObjectHandle>,
    /// The keys that the parameter asks for, in its order; none for one of no length. Of TLS: the client's and the server's
    /// MAC key, the client's and the server's cipher key.
    pub further: Vec<Option<ObjectHandle>>,
    /// The version at the start of a premaster secret.
    pub version: Option<[u8; 2]>,
    /// The client's and the server's IV of TLS, which are no secrets.
    pub ivs: Option<(Vec<u8>, Vec<u8>)>,
}

/// A derivation: who asks, by what, from which key.
struct Derivation<'a> {
    application: &'a Application,
    session: &'a Session,
    login: Login,
    mechanism: &'a Mechanism,
    base: &'a Holder,
}

impl Application {
    /// Derives a key, or several, from another one.
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
    ) -> Result<Derived> {
        let session = self.session(session)?;
        let login = session.slot.login();
        let purpose = Purpose { uses: Uses::DERIVE, flag: Flags::DERIVE };
        let mut recent = Recent::default();
        let base = self.key(&session, &mut recent, base, mechanism.kind, purpose)?;
        let derivation = Derivation { application: self, session: &session, login, mechanism, base };
        match mechanism.kind.body() {
            Body::TlsKeys { ivs } => derivation.tls_keys(template, ivs),
            _ => derivation.run(template),
        }
    }
}

impl Derivation<'_> {
    /// Makes the keys of the caller's template and of those in the parameter, all or none.
    fn run(&self, template: &Template) -> Result<Derived> {
        let further: &[Template] = match &self.mechanism.parameter {
            Parameter::CounterKdf { further, .. } => further,
            _ => &[],
        };
        let guard = self.guard()?;
        let drafts = std::iter::once(template).chain(further);
        let drafts = drafts.map(|template| self.draft(template, guard)).collect::<Result<Vec<_>>>()?;
        let lengths = drafts.iter().map(Draft::length_to_derive).collect::<Result<Vec<_>>>()?;
        let values = match (self.mechanism.kind.body(), &self.mechanism.parameter) {
            (Body::CounterKdf(mode), parameter) => self.counter_kdf(mode, parameter, &lengths)?,
            // One template, one length.
            _ => vec![self.value(lengths[0])?],
        };
        let objects = drafts.into_iter().zip(values);
        let objects = objects.map(|(draft, value)| self.finish(draft, value)).collect::<Result<Vec<_>>>()?;
        let mut handles = self.application.add_by(self.session, self.login, objects, Command::DeriveKey)?.into_iter();
        let key = handles.next();
        Ok(Derived { key, further: handles.map(Some).collect(), version: self.tls_version()?, ivs: None })
    }

    fn draft(&self, template: &Template, guard: Flags) -> Result<Draft> {
        let template = merged(template, &self.base.object, Attribute::DeriveTemplate)?;
        let key_type = template.get(Attribute::KeyType).is_none().then_some(KeyType::Generic);
        let officer = self.application.is_officer(self.session);
        let expected = (Some(Class::Secret), key_type);
        let personality = self.session.slot.personality;
        let mut draft = Draft::new(personality, Origin::Derive(guard), expected, officer, &template)?;
        self.application.may_add(self.session, &draft)?;
        if self.mechanism.kind.body().keeps_secrets() {
            draft.inherit(guard, &template)?;
        }
        Ok(draft)
    }

    fn finish(&self, draft: Draft, mut value: SecretBytes) -> Result<Object> {
        if matches!(draft.key_type, KeyType::Des | KeyType::TripleDes) {
            set_odd_parity(value.expose_mut());
        }
        draft.finish(self.application.world(), value.expose()).map_err(|error| match error {
            Error::AttributeValueInvalid => Error::TemplateInconsistent,
            error => error,
        })
    }

    /// How well the base is guarded; of two bases, as well as the better guarded one.
    fn guard(&self) -> Result<Flags> {
        let base = self.base.object.flags;
        let Parameter::Key(other) = &self.mechanism.parameter else { return Ok(base) };
        let other = self.secret(*other)?.flags;
        let both = |flag| base.has(flag) && other.has(flag);
        Ok(base
            .with(Flags::SENSITIVE, base.has(Flags::SENSITIVE) || other.has(Flags::SENSITIVE))
            .with(Flags::EXTRACTABLE, both(Flags::EXTRACTABLE))
            .with(Flags::ALWAYS_SENSITIVE, both(Flags::ALWAYS_SENSITIVE))
            .with(Flags::NEVER_EXTRACTABLE, both(Flags::NEVER_EXTRACTABLE)))
    }

    /// The value of the key of a mechanism that makes one.
    fn value(&self, length: Option<usize>) -> Result<SecretBytes> {
        let wrong = Err(Error::MechanismParamInvalid);
        let needed = length.ok_or(Error::TemplateIncomplete);
        let base = &self.base.key.body;
        Ok(match (self.mechanism.kind.body(), &self.mechanism.parameter) {
            (Body::Ecdh, Parameter::Ecdh { kdf, shared, public }) => {
                let secret = match base {
                    KeyBody::EcPrivate(key) => key.agree(key.curve().unwrap_point(public))?,
                    KeyBody::XPrivate(key) => key.agree(public)?,
                    KeyBody::X448Private(key) => key.agree(public)?,
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
                    Salt::Key(key) => self.material(&*self.secret(*key)?)?,
                };
                let base = self.base_value()?;
                // Without a length it is that of the digest, as when nothing is expanded.
                let needed = length.unwrap_or(hash.output_len());
                match (extract, expand) {
                    (true, true) => kdf::hkdf(*hash, salt.expose(), base.expose(), info, needed)?,
                    (true, false) => fit(kdf::hkdf_extract(*hash, salt.expose(), base.expose()), length, false)?,
                    (false, true) => kdf::hkdf_expand(*hash, base.expose(), info, needed)?,
                    (false, false) => return wrong,
                }
            }
            (Body::Join(how), parameter) => {
                let base = self.base_value()?;
                let joined = match (how, parameter) {
                    (Join::BaseAndKey, Parameter::Key(key)) => {
                        kdf::concatenate(base.expose(), self.material(&*self.secret(*key)?)?.expose())
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
                kdf::hash_key(hash, self.base_value()?.expose(), length)?
            }
            (Body::EncryptData, parameter) => {
                let key = match base {
                    KeyBody::Aes(key) => BlockKey::from(key.clone()),
                    KeyBody::Des(key) => BlockKey::from(key.clone()),
                    _ => return Err(Error::KeyTypeInconsistent),
                };
                let (mode, data) = match parameter {
                    Parameter::Bytes(data) => (BlockMode::Ecb, data),
                    Parameter::IvAndData { iv, data } => (BlockMode::Cbc(iv), data),
                    _ => return wrong,
                };
                // A wrong length of the data is one of the parameter, as is too little of it.
                kdf::encrypt_data(&key, mode, data, length.unwrap_or(data.len())).map_err(|error| match error {
                    crypto::Error::DataLength { .. } | crypto::Error::KeySize { .. } => Error::MechanismParamInvalid,
                    error => error.into(),
                })?
            }
            // An agreed secret begins with no version, and what it begins with is told to nobody.
            (Body::TlsMaster { versioned: false }, Parameter::TlsMaster { tells_version: true, .. }) => return wrong,
            (Body::TlsMaster { .. }, Parameter::TlsMaster { prf, seed, .. }) => {
                fit(self.tls_master(*prf, seed)?, length, false)?
            }
            (Body::TlsKdf, Parameter::TlsKdf { prf, label, client, server, context }) => {
                let mut seed = [client.as_slice(), server].concat();
                // As an exporter: its context comes with its length, and no context leaves no trace (RFC 5705 4).
                if !context.is_empty() {
                    let length = u16::try_from(context.len()).map_err(|_| Error::MechanismParamInvalid)?;
                    seed.extend(length.to_be_bytes());
                    seed.extend(context);
                }
                tls12::prf(*prf, self.base_value()?.expose(), label, &seed, needed?)?
            }
            _ => return wrong,
        })
    }

    fn counter_kdf(&self, mode: KdfMode, parameter: &Parameter, lengths: &[Option<usize>]) -> Result<Vec<SecretBytes>> {
        let Parameter::CounterKdf { prf, fields, iv, .. } = parameter else { return Err(Error::MechanismParamInvalid) };
        let mode = match mode {
            KdfMode::Counter => kdf::Mode::Counter,
            KdfMode::Feedback => kdf::Mode::Feedback { iv },
            KdfMode::DoublePipeline => kdf::Mode::DoublePipeline,
        };
        let prf = match MechanismType::from_number(*prf).map(MechanismType::body) {
            Some(Body::Hmac(hash, Mac::Whole)) => MacKey::Hmac(Hmac::new(hash, self.base_value()?.expose())),
            Some(Body::Cmac(Mac::Whole)) => match &self.base.key.body {
                KeyBody::Aes(key) => MacKey::Cmac(key.clone()),
                _ => return Err(Error::KeyTypeInconsistent),
            },
            _ => return Err(Error::MechanismParamInvalid),
        };
        let lengths: Option<Vec<usize>> = lengths.iter().copied().collect();
        let fields = fields.iter().map(field_of).collect::<Result<Vec<_>>>()?;
        Ok(kdf::sp800_108(&prf, mode, &fields, &lengths.ok_or(Error::TemplateIncomplete)?)?)
    }

    fn material(&self, object: &Object) -> Result<SecretBytes> {
        View { world: self.application.world(), personality: self.session.slot.personality, object }.material()
    }

    fn base_value(&self) -> Result<SecretBytes> {
        self.material(&self.base.object)
    }

    /// A secret key that takes part.
    fn secret(&self, key: ObjectHandle) -> Result<Arc<Object>> {
        let object = self.application.object(self.session, key).map_err(|_| Error::KeyHandleInvalid)?;
        if object.class == Class::Secret { Ok(object) } else { Err(Error::KeyTypeInconsistent) }
    }
}

/// The most rounds of PBKDF2 that one call does: its iterations for each block of the key (inferred). They take some seconds; what
/// a client may ask for beyond that would keep the token busy for hours.
const PASSWORD_ROUNDS_LIMIT: u64 = 10_000_000;

/// A key from a password (`CKM_PKCS5_PBKD2`, which generates).
pub(crate) fn from_password(parameter: &Parameter, length: usize) -> Result<SecretBytes> {
    let Parameter::Pbkdf2 { salt, iterations, prf, password } = parameter else {
        return Err(Error::MechanismParamInvalid);
    };
    let blocks = length.div_ceil(prf.output_len()) as u64;
    if iterations.saturating_mul(blocks) > PASSWORD_ROUNDS_LIMIT {
        return Err(Error::MechanismParamInvalid);
    }
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

fn field_of(field: &KdfField) -> Result<Field<'_>> {
    let format = |form: &CounterForm| {
        let bits = u32::try_from(form.bits).map_err(|_| Error::MechanismParamInvalid)?;
        Ok::<_, Error>(IntegerFormat { little_endian: form.little_endian, bits })
    };
    Ok(match field {
        KdfField::Iteration(form) => Field::Iteration(form.as_ref().map(format).transpose()?),
        KdfField::Counter(form) => Field::Counter(format(form)?),
        KdfField::Bytes(bytes) => Field::Bytes(bytes),
        KdfField::Length { segments, form } => {
            let method = if *segments { LengthMethod::SumOfSegments } else { LengthMethod::SumOfKeys };
            Field::Length(format(form)?, method)
        }
    })
}
