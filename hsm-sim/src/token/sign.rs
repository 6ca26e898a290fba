//! Signatures and message authentication codes (PKCS#11 v3.1 §5.14, §5.16).

use std::sync::Arc;

use crypto::SecretBytes;
use crypto::asymmetric::ml_dsa::{Prehash, Variant};
use crypto::asymmetric::rsa::Scheme;
use crypto::asymmetric::{ed448, ed25519};
use crypto::hash::{Hash, Hasher, Hmac, Output as Tag};
use crypto::symmetric::{AesKey, MacContext};

use crate::cluster::Personality;
use crate::object::Flags;
use crate::token::application::Application;
use crate::token::cipher::{gcm_tag_len, modulus_len};
use crate::token::derive::Finished;
use crate::token::digest::{room, writes};
use crate::token::keys::{Body as KeyBody, Key, Purpose};
use crate::token::mechanism::{Body, Mac, Mechanism, Nonce, Parameter, Uses};
use crate::token::operation::{require_confirmed, require_none, step};
use crate::token::{Error, ObjectHandle, Output, Result, SessionId};

/// A signature that was started.
#[derive(Debug)]
pub(crate) struct Signer(Signing);

/// A verification that was started.
#[derive(Debug)]
pub(crate) struct Verifier(Signing);

#[derive(Debug)]
struct Signing {
    how: How,
    limit: usize,
    /// The length of a one-shot signature was asked for.
    asked: bool,
    running: Option<Running>,
}

#[derive(Debug)]
enum How {
    Mac(MacKey, usize),
    /// A digest of the data is signed.
    Digested(Arc<Key>, Hash, Family),
    /// The data itself is signed, in one piece.
    Direct(Arc<Key>, Family),
    /// The data itself is signed; what comes in pieces is kept until the end.
    Collected(Arc<Key>, Family),
}

#[derive(Debug)]
enum MacKey {
    Hmac(Arc<Hmac>),
    Cmac(AesKey),
    Gmac(AesKey, Nonce, usize),
}

/// The families of signatures.
#[derive(Debug)]
enum Family {
    Rsa(Scheme),
    Ecdsa,
    Eddsa,
    /// Under a context.
    EddsaContext(Vec<u8>),
    /// Of a digest, under a context; Ed448 takes the message.
    EddsaPrehash(Vec<u8>),
    /// Under a context.
    MlDsa(Variant, Vec<u8>),
    /// Of a digest, under a context.
    HashMlDsa(Prehash, Variant, Vec<u8>),
    /// Of a digest of SHAKE, which is made here of the message.
    ShakeMlDsa(Prehash, Variant, Vec<u8>),
    Tls(Finished),
}

#[derive(Debug)]
enum Running {
    Mac(MacContext),
    Digest(Hasher),
    Data(SecretBytes),
}

impl Signing {
    fn new(personality: Personality, mechanism: &Mechanism, key: &Arc<Key>) -> Result<Self> {
        let how = How::new(mechanism, key)?;
        how.check()?;
        let limit = match (&how, personality) {
            (How::Mac(MacKey::Hmac(key), _), Personality::CloudHsm) => match key.hash() {
                Hash::Sha1 | Hash::Sha256 => 16_288,
                Hash::Sha224 => 16_256,
                _ => 16_224,
            },
            _ => usize::MAX,
        };
        Ok(Self { how, limit, asked: false, running: None })
    }

    fn check(&self, data: &[u8]) -> Result<()> {
        if data.len() > self.limit { Err(Error::DataLenRange) } else { Ok(()) }
    }

    fn rewind(&mut self) {
        self.asked = false;
        self.running = None;
    }

    fn start_one_shot(&self, data: &[u8]) -> Result<()> {
        if self.running.is_some() {
            return Err(Error::OperationActive);
        }
        self.check(data)
    }

    fn update(&mut self, data: &[u8]) -> Result<()> {
        self.check(data)?;
        if self.asked {
            return Err(Error::OperationActive);
        }
        match self.running()? {
            Running::Mac(mac) => mac.update(data)?,
            Running::Digest(hasher) => hasher.update(data),
            Running::Data(kept) => *kept = SecretBytes::new([kept.expose(), data].concat()),
        }
        Ok(())
    }

    fn running(&mut self) -> Result<&mut Running> {
        if self.running.is_none() {
            self.running = Some(match &self.how {
                How::Mac(key, _) => Running::Mac(key.start()?),
                How::Digested(_, hash, _) => Running::Digest(Hasher::new(*hash)),
                How::Collected(..) => Running::Data(SecretBytes::new(Vec::new())),
                // The standard names no code for pieces that a mechanism does not take; these are what clients expect.
                How::Direct(_, Family::HashMlDsa(..)) => return Err(Error::OperationNotInitialized),
                How::Direct(..) => return Err(Error::FunctionNotSupported),
            });
        }
        self.running.as_mut().ok_or(Error::OperationNotInitialized)
    }

    fn finish(&mut self) -> Result<Running> {
        self.running()?;
        self.running.take().ok_or(Error::OperationNotInitialized)
    }
}

impl How {
    fn new(mechanism: &Mechanism, key: &Arc<Key>) -> Result<Self> {
        let parameter = &mechanism.parameter;
        let none = |how| if *parameter == Parameter::None { Ok(how) } else { Err(Error::MechanismParamInvalid) };
        let length = |mac: Mac, whole: usize| match (mac, parameter) {
            (Mac::Whole, Parameter::None) => Ok(whole),
            (Mac::General, Parameter::Number(length)) => usize::try_from(*length)
                .ok()
                .filter(|length| (1..=whole).contains(length))
                .ok_or(Error::MechanismParamInvalid),
            _ => Err(Error::MechanismParamInvalid),
        };
        let aes = || match &key.body {
            KeyBody::Aes(key) => Ok(key.clone()),
            _ => Err(Error::KeyTypeInconsistent),
        };
        let key = Arc::clone(key);
        match mechanism.kind.body() {
            Body::Hmac(hash, mac) => Ok(Self::Mac(MacKey::Hmac(key.hmac(hash)?), length(mac, hash.output_len())?)),
            Body::Cmac(mac) => Ok(Self::Mac(MacKey::Cmac(aes()?), length(mac, 16)?)),
            Body::Gmac => match parameter {
                // Other lengths come in the structure: bare, they are one that was cut short.
                Parameter::Bytes(iv) if iv.len() == 12 => {
                    Ok(Self::Mac(MacKey::Gmac(aes()?, Nonce::from_slice(iv), 16), 16))
                }
                // What is signed is the additional data; there is no other.
                Parameter::Gcm { iv, aad, tag_bits } if !iv.is_empty() && aad.is_empty() => {
                    let length = gcm_tag_len(*tag_bits)?;
                    Ok(Self::Mac(MacKey::Gmac(aes()?, Nonce::from_slice(iv), length), length))
                }
                _ => Err(Error::MechanismParamInvalid),
            },
            Body::RsaPkcs => none(Self::Direct(key, Family::Rsa(Scheme::Pkcs1Data))),
            Body::RsaBare => none(Self::Direct(key, Family::Rsa(Scheme::Bare))),
            Body::RsaSign(hash) => none(Self::Digested(key, hash, Family::Rsa(Scheme::Pkcs1(hash)))),
            Body::RsaPss(of) => {
                let Parameter::Pss { hash, mgf, salt_len } = parameter else {
                    return Err(Error::MechanismParamInvalid);
                };
                let salt = u16::try_from(*salt_len).map_err(|_| Error::MechanismParamInvalid)?;
                let scheme = Family::Rsa(Scheme::Pss { hash: *hash, mgf: *mgf, salt });
                match of {
                    None => Ok(Self::Direct(key, scheme)),
                    Some(of) if of == *hash => Ok(Self::Digested(key, of, scheme)),
                    Some(_) => Err(Error::MechanismParamInvalid),
                }
            }
            Body::Ecdsa(None) => none(Self::Direct(key, Family::Ecdsa)),
            Body::Ecdsa(Some(hash)) => none(Self::Digested(key, hash, Family::Ecdsa)),
            Body::MlDsa => match parameter {
                Parameter::None => Ok(Self::Collected(key, Family::MlDsa(Variant::Hedged, Vec::new()))),
                parameter => {
                    let (variant, context, _) = ml_dsa(parameter)?;
                    Ok(Self::Collected(key, Family::MlDsa(variant, context)))
                }
            },
            Body::HashMlDsa(Some(prehash)) => {
                let (variant, context) = match parameter {
                    Parameter::None => (Variant::Hedged, Vec::new()),
                    parameter => {
                        let (variant, context, _) = ml_dsa(parameter)?;
                        (variant, context)
                    }
                };
                Ok(match prehash {
                    Prehash::Hash(hash) => Self::Digested(key, hash, Family::HashMlDsa(prehash, variant, context)),
                    Prehash::Shake(_) => Self::Collected(key, Family::ShakeMlDsa(prehash, variant, context)),
                })
            }
            Body::HashMlDsa(None) => {
                let (variant, context, hash) = ml_dsa(parameter)?;
                let hash = hash.ok_or(Error::MechanismParamInvalid)?;
                Ok(Self::Direct(key, Family::HashMlDsa(hash.into(), variant, context)))
            }
            Body::TlsMac => Ok(Self::Direct(key, Family::Tls(Finished::new(parameter)?))),
            Body::Eddsa => {
                // Ed448 has no variant without context (PKCS#11 v3.1 §6.3.15, the mapping to RFC 8032).
                let is_448 = matches!(key.body, KeyBody::Ed448Private(_) | KeyBody::Ed448Public(_));
                match parameter {
                    Parameter::None => Ok(Self::Direct(key, Family::Eddsa)),
                    Parameter::Eddsa { context, .. } if context.len() > 255 => Err(Error::MechanismParamInvalid),
                    Parameter::Eddsa { prehash: true, context } => {
                        let family = Family::EddsaPrehash(context.clone());
                        Ok(if is_448 {
                            Self::Collected(key, family)
                        } else {
                            Self::Digested(key, Hash::Sha512, family)
                        })
                    }
                    Parameter::Eddsa { context, .. } => Ok(Self::Direct(key, Family::EddsaContext(context.clone()))),
                    _ => Err(Error::MechanismParamInvalid),
                }
            }
            _ => Err(Error::MechanismInvalid),
        }
    }

    /// A parameter that goes with no key, or with none of this size, is refused before there is data.
    fn check(&self) -> Result<()> {
        match self {
            Self::Digested(key, _, Family::Rsa(scheme)) | Self::Direct(key, Family::Rsa(scheme)) => match &key.body {
                KeyBody::RsaPrivate(key) => Ok(key.check(*scheme)?),
                KeyBody::RsaPublic(key) => Ok(key.check(*scheme)?),
                _ => Err(Error::KeyTypeInconsistent),
            },
            Self::Direct(_, Family::HashMlDsa(prehash, ..)) => Ok(prehash.check()?),
            Self::Mac(..) | Self::Digested(..) | Self::Direct(..) | Self::Collected(..) => Ok(()),
        }
    }

    fn signature_len(&self) -> Result<usize> {
        match self {
            Self::Mac(_, length) => Ok(*length),
            Self::Digested(key, _, scheme) | Self::Direct(key, scheme) | Self::Collected(key, scheme) => {
                match (scheme, &key.body) {
                    (Family::Rsa(_), _) => modulus_len(key),
                    (Family::Ecdsa, KeyBody::EcPrivate(key)) => Ok(2 * key.curve().scalar_len()),
                    (Family::Ecdsa, KeyBody::EcPublic(key)) => Ok(2 * key.curve().scalar_len()),
                    (
                        Family::Eddsa | Family::EddsaContext(_) | Family::EddsaPrehash(_),
                        KeyBody::EdPrivate(_) | KeyBody::EdPublic(_),
                    ) => Ok(ed25519::SIGNATURE_LEN),
                    (
                        Family::Eddsa | Family::EddsaContext(_) | Family::EddsaPrehash(_),
                        KeyBody::Ed448Private(_) | KeyBody::Ed448Public(_),
                    ) => Ok(ed448::SIGNATURE_LEN),
                    (
                        Family::MlDsa(..) | Family::HashMlDsa(..) | Family::ShakeMlDsa(..),
                        KeyBody::MlDsaPrivate(key, _),
                    ) => Ok(key.set().signature_len()),
                    (Family::MlDsa(..) | Family::HashMlDsa(..) | Family::ShakeMlDsa(..), KeyBody::MlDsaPublic(key)) => {
                        Ok(key.set().signature_len())
                    }
                    (Family::Tls(finished), _) => Ok(finished.length()),
                    _ => Err(Error::KeyTypeInconsistent),
                }
            }
        }
    }
}

impl MacKey {
    fn start(&self) -> Result<MacContext> {
        Ok(match self {
            Self::Hmac(key) => key.start().into(),
            Self::Cmac(key) => key.start_cmac()?,
            Self::Gmac(key, iv, tag_len) => key.start_gmac(iv, *tag_len)?,
        })
    }

    fn sign(&self, data: &[u8]) -> Result<Tag> {
        Ok(match self {
            Self::Hmac(key) => key.sign(data),
            Self::Cmac(key) => key.cmac(data)?,
            Self::Gmac(key, iv, tag_len) => key.gmac(iv, *tag_len, data)?,
        })
    }
}

/// What a parameter of ML-DSA says.
fn ml_dsa(parameter: &Parameter) -> Result<(Variant, Vec<u8>, Option<Hash>)> {
    let Parameter::MlDsa { deterministic, context, hash } = parameter else {
        return Err(Error::MechanismParamInvalid);
    };
    if context.len() > 255 {
        return Err(Error::MechanismParamInvalid);
    }
    Ok((if *deterministic { Variant::Deterministic } else { Variant::Hedged }, context.clone(), *hash))
}

fn sign(key: &Key, scheme: &Family, input: &[u8]) -> Result<Vec<u8>> {
    Ok(match (scheme, &key.body) {
        (Family::Rsa(scheme), KeyBody::RsaPrivate(key)) => key.sign(*scheme, input)?,
        (Family::Ecdsa, KeyBody::EcPrivate(key)) => key.sign(input)?,
        (Family::Eddsa, KeyBody::EdPrivate(key)) => key.sign(input)?,
        (Family::EddsaContext(context), KeyBody::EdPrivate(key)) => key.sign_in_context(input, context)?,
        (Family::EddsaPrehash(context), KeyBody::EdPrivate(key)) => key.sign_prehashed(sha512(input)?, context)?,
        (Family::Eddsa, KeyBody::Ed448Private(key)) => key.sign(input, b"")?,
        (Family::EddsaContext(context), KeyBody::Ed448Private(key)) => key.sign(input, context)?,
        (Family::EddsaPrehash(context), KeyBody::Ed448Private(key)) => key.sign_prehashed(input, context)?,
        (Family::MlDsa(variant, context), KeyBody::MlDsaPrivate(key, entropy)) => {
            key.sign(input, context, *variant, entropy)?
        }
        (Family::HashMlDsa(prehash, variant, context), KeyBody::MlDsaPrivate(key, entropy)) => {
            key.sign_prehashed(*prehash, input, context, *variant, entropy)?
        }
        (Family::ShakeMlDsa(prehash, variant, context), KeyBody::MlDsaPrivate(key, entropy)) => {
            key.sign_prehashed(*prehash, &prehash.digest(input), context, *variant, entropy)?
        }
        (Family::Tls(finished), KeyBody::Secret(master)) => finished.sign(master.expose(), input)?,
        _ => return Err(Error::KeyTypeInconsistent),
    })
}

fn verify(key: &Key, scheme: &Family, input: &[u8], signature: &[u8]) -> Result<()> {
    match (scheme, &key.body) {
        (Family::Rsa(scheme), KeyBody::RsaPublic(key)) => key.verify(*scheme, input, signature)?,
        (Family::Ecdsa, KeyBody::EcPublic(key)) => key.verify(input, signature)?,
        (Family::Eddsa, KeyBody::EdPublic(key)) => key.verify(input, signature)?,
        (Family::EddsaContext(context), KeyBody::EdPublic(key)) => key.verify_in_context(input, context, signature)?,
        (Family::EddsaPrehash(context), KeyBody::EdPublic(key)) => {
            key.verify_prehashed(sha512(input)?, context, signature)?;
        }
        (Family::Eddsa, KeyBody::Ed448Public(key)) => key.verify(input, b"", signature)?,
        (Family::EddsaContext(context), KeyBody::Ed448Public(key)) => key.verify(input, context, signature)?,
        (Family::EddsaPrehash(context), KeyBody::Ed448Public(key)) => {
            key.verify_prehashed(input, context, signature)?
        }
        (Family::MlDsa(_, context), KeyBody::MlDsaPublic(key)) => key.verify(input, context, signature)?,
        (Family::HashMlDsa(prehash, _, context), KeyBody::MlDsaPublic(key)) => {
            key.verify_prehashed(*prehash, input, context, signature)?;
        }
        (Family::ShakeMlDsa(prehash, _, context), KeyBody::MlDsaPublic(key)) => {
            key.verify_prehashed(*prehash, &prehash.digest(input), context, signature)?;
        }
        (Family::Tls(finished), KeyBody::Secret(master)) => finished.verify(master.expose(), input, signature)?,
        _ => return Err(Error::KeyTypeInconsistent),
    }
    Ok(())
}

/// A digest of SHA-512, by its length.
fn sha512(digest: &[u8]) -> Result<&[u8; 64]> {
    digest.try_into().map_err(|_| Error::DataLenRange)
}

impl Signer {
    pub(crate) fn new(personality: Personality, mechanism: &Mechanism, key: &Arc<Key>) -> Result<Self> {
        Signing::new(personality, mechanism, key).map(Self)
    }

    pub(crate) fn one_shot(&mut self, data: &[u8], out: Output<'_>) -> Result<usize> {
        let signing = &mut self.0;
        signing.start_one_shot(data)?;
        let length = signing.how.signature_len()?;
        let Some(room) = room(out, length)? else {
            signing.asked = true;
            return Ok(length);
        };
        match &signing.how {
            How::Mac(key, _) => room.copy_from_slice(&key.sign(data)?[..length]),
            How::Digested(key, hash, scheme) => room.copy_from_slice(&sign(key, scheme, &hash.digest(data))?),
            How::Direct(key, scheme) | How::Collected(key, scheme) => room.copy_from_slice(&sign(key, scheme, data)?),
        }
        Ok(length)
    }

    pub(crate) fn update(&mut self, data: &[u8]) -> Result<()> {
        self.0.update(data)
    }

    pub(crate) fn signature_len(&self) -> Result<usize> {
        self.0.how.signature_len()
    }

    /// Makes it ready for the next message.
    pub(crate) fn rewind(&mut self) {
        self.0.rewind();
    }

    pub(crate) fn finish(&mut self, out: Output<'_>) -> Result<usize> {
        let signing = &mut self.0;
        let length = signing.how.signature_len()?;
        signing.running()?;
        let Some(room) = room(out, length)? else { return Ok(length) };
        match (signing.finish()?, &signing.how) {
            (Running::Mac(mac), _) => room.copy_from_slice(&mac.finish()?[..length]),
            (Running::Digest(hasher), How::Digested(key, _, scheme)) => {
                room.copy_from_slice(&sign(key, scheme, &hasher.finish())?);
            }
            (Running::Data(data), How::Collected(key, scheme)) => {
                room.copy_from_slice(&sign(key, scheme, data.expose())?)
            }
            _ => return Err(Error::OperationNotInitialized),
        }
        Ok(length)
    }
}

impl Verifier {
    pub(crate) fn new(personality: Personality, mechanism: &Mechanism, key: &Arc<Key>) -> Result<Self> {
        Signing::new(personality, mechanism, key).map(Self)
    }

    pub(crate) fn update(&mut self, data: &[u8]) -> Result<()> {
        self.0.update(data)
    }

    /// Makes it ready for the next message.
    pub(crate) fn rewind(&mut self) {
        self.0.rewind();
    }

    pub(crate) fn one_shot(&self, data: &[u8], signature: &[u8]) -> Result<()> {
        let signing = &self.0;
        signing.start_one_shot(data)?;
        match &signing.how {
            How::Mac(key, length) => {
                let mut mac = key.start()?;
                mac.update(data)?;
                Ok(mac.verify(signature, *length)?)
            }
            How::Digested(key, hash, scheme) => verify(key, scheme, &hash.digest(data), signature),
            How::Direct(key, scheme) | How::Collected(key, scheme) => verify(key, scheme, data, signature),
        }
    }

    pub(crate) fn finish(&mut self, signature: &[u8]) -> Result<()> {
        let signing = &mut self.0;
        match (signing.finish()?, &signing.how) {
            (Running::Mac(mac), How::Mac(_, length)) => Ok(mac.verify(signature, *length)?),
            (Running::Digest(hasher), How::Digested(key, _, scheme)) => {
                verify(key, scheme, &hasher.finish(), signature)
            }
            (Running::Data(data), How::Collected(key, scheme)) => verify(key, scheme, data.expose(), signature),
            _ => Err(Error::OperationNotInitialized),
        }
    }
}

impl Application {
    /// Starts a signature or code.
    ///
    /// # Errors
    /// As [`Application::encrypt_init`].
    pub fn sign_init(&self, session: SessionId, mechanism: &Mechanism, key: ObjectHandle) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (session, state) = entered.parts();
        require_none(state.operations.sign.is_some())?;
        let purpose = Purpose { uses: Uses::SIGN, flag: Flags::SIGN };
        let holder = self.key(session, &mut state.recent, key, mechanism.kind, purpose)?;
        state.operations.sign = Some(Signer::new(session.slot.personality, mechanism, &holder.key)?);
        state.operations.unconfirmed.sign = holder.object.flags.has(Flags::ALWAYS_AUTHENTICATE);
        Ok(())
    }

    /// The signature of data in one piece.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`], [`Error::OperationActive`] after an update, [`Error::BufferTooSmall`],
    /// [`Error::DataLenRange`], [`Error::DataInvalid`].
    pub fn sign(&self, session: SessionId, data: &[u8], out: Output<'_>) -> Result<usize> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let ends = writes(&out);
        require_confirmed(state.operations.unconfirmed.sign)?;
        step(&mut state.operations.sign, |_| ends, |signer| signer.one_shot(data, out))
    }

    /// A piece of what is signed.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`], also for mechanisms of one piece.
    pub fn sign_update(&self, session: SessionId, data: &[u8]) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        require_confirmed(state.operations.unconfirmed.sign)?;
        step(&mut state.operations.sign, |()| false, |signer| signer.update(data))
    }

    /// The signature of all pieces.
    ///
    /// # Errors
    /// As [`Application::sign`].
    pub fn sign_final(&self, session: SessionId, out: Output<'_>) -> Result<usize> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let ends = writes(&out);
        require_confirmed(state.operations.unconfirmed.sign)?;
        step(&mut state.operations.sign, |_| ends, |signer| signer.finish(out))
    }

    /// Starts the check of a signature or code.
    ///
    /// # Errors
    /// As [`Application::encrypt_init`].
    pub fn verify_init(&self, session: SessionId, mechanism: &Mechanism, key: ObjectHandle) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (session, state) = entered.parts();
        require_none(state.operations.verify.is_some())?;
        let purpose = Purpose { uses: Uses::VERIFY, flag: Flags::VERIFY };
        let holder = self.key(session, &mut state.recent, key, mechanism.kind, purpose)?;
        state.operations.verify = Some(Verifier::new(session.slot.personality, mechanism, &holder.key)?);
        Ok(())
    }

    /// Checks the signature of data in one piece.
    ///
    /// # Errors
    /// [`Error::SignatureInvalid`], [`Error::SignatureLenRange`], and as [`Application::sign`].
    pub fn verify(&self, session: SessionId, data: &[u8], signature: &[u8]) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        step(&mut state.operations.verify, |()| true, |verifier| verifier.one_shot(data, signature))
    }

    /// A piece of what was signed.
    ///
    /// # Errors
    /// As [`Application::sign_update`].
    pub fn verify_update(&self, session: SessionId, data: &[u8]) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        step(&mut state.operations.verify, |()| false, |verifier| verifier.update(data))
    }

    /// Checks the signature of all pieces.
    ///
    /// # Errors
    /// As [`Application::verify`].
    pub fn verify_final(&self, session: SessionId, signature: &[u8]) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        step(&mut state.operations.verify, |()| true, |verifier| verifier.finish(signature))
    }
}
