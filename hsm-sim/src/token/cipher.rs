//! Encryption and decryption (PKCS#11 v3.1 §5.8, §5.10).

use std::sync::Arc;

use crypto::asymmetric::rsa::{Encryption, Oaep};
use crypto::hash::Hash;
use crypto::symmetric::{
    AeadKey, AeadParameters, AesKey, BlockKey, BlockMode, BlockOperation, CounterOperation, Direction, Opening, Sealing,
};

use crate::cluster::Personality;
use crate::object::Flags;
use crate::token::application::Application;
use crate::token::digest::{room, writes};
use crate::token::keys::{Body as KeyBody, Key, Purpose};
use crate::token::mechanism::{Body, Gcm, Mechanism, MechanismType, Nonce, Parameter, Uses};
use crate::token::operation::{Again, require_confirmed, require_none};
use crate::token::{Error, ObjectHandle, Output, Result, SessionId};

/// The longest block of any cipher here.
const BLOCK: usize = 16;

/// More than anybody has in one piece: a client's wrong length is refused before memory is read that is not there.
const LARGEST: usize = 1 << 30;

/// The IVs that HSMs make.
const IV: usize = 12;

/// The most additional data that is kept for the next operation.
const MOST_AAD: usize = 4096;

/// A cipher that was started.
#[derive(Debug)]
pub(crate) struct Cipher {
    how: How,
    direction: Direction,
    /// The most data that one call may carry (documented for `cloudhsm`).
    limit: usize,
    /// No pieces (documented for `cloudhsm`, and for RSA always).
    whole: bool,
    /// The length of a one-shot result was asked for.
    asked: bool,
    running: Option<Running>,
}

#[derive(Debug)]
enum How {
    Block(BlockKey, Chaining),
    Counter(AesKey, [u8; BLOCK], u32),
    Aead(AeadKey, Parameters),
    /// AES-GCM whose ciphertext begins with the IV (documented, vendor-defined); to decrypt, the parameters hold none.
    Prefixed(AesKey, Parameters),
    Rsa(Arc<Key>, RsaScheme),
}

#[derive(Debug, Clone)]
enum Chaining {
    Ecb,
    Cbc(Vec<u8>),
    CbcPad(Vec<u8>),
}

impl Chaining {
    fn mode(&self) -> BlockMode<'_> {
        match self {
            Self::Ecb => BlockMode::Ecb,
            Self::Cbc(iv) => BlockMode::Cbc(iv),
            Self::CbcPad(iv) => BlockMode::CbcPad(iv),
        }
    }
}

#[derive(Debug, Clone)]
struct Parameters {
    nonce: Nonce,
    aad: Vec<u8>,
    tag_len: usize,
    data_len: Option<usize>,
}

impl Parameters {
    fn borrow(&self) -> AeadParameters<'_> {
        AeadParameters { nonce: &self.nonce, aad: &self.aad, tag_len: self.tag_len, data_len: self.data_len }
    }
}

/// How RSA encrypts.
#[derive(Debug, Clone)]
pub(crate) enum RsaScheme {
    Pkcs1,
    Oaep(Hash, Hash, Vec<u8>),
    Bare,
}

impl RsaScheme {
    /// The scheme that a mechanism names.
    pub(crate) fn of(mechanism: &Mechanism) -> Result<Self> {
        match (mechanism.kind.body(), &mechanism.parameter) {
            (Body::RsaPkcs, Parameter::None) => Ok(Self::Pkcs1),
            (Body::RsaBare, Parameter::None) => Ok(Self::Bare),
            (Body::RsaOaep, Parameter::Oaep { hash, mgf, label }) => Ok(Self::Oaep(*hash, *mgf, label.clone())),
            _ => Err(Error::MechanismParamInvalid),
        }
    }

    pub(crate) fn borrow(&self) -> Encryption<'_> {
        match self {
            Self::Pkcs1 => Encryption::Pkcs1,
            Self::Oaep(hash, mgf, label) => Encryption::Oaep(Oaep { hash: *hash, mgf: *mgf, label }),
            Self::Bare => Encryption::Bare,
        }
    }
}

#[derive(Debug)]
enum Running {
    Block(BlockOperation),
    Counter(CounterOperation),
    Sealing(Box<Sealing>),
    Opening(Opening),
}

/// What a cipher is started with.
#[derive(Debug, Clone, Copy)]
enum Asked<'a> {
    Gcm(MechanismType, &'a Gcm<'a>),
    Other(&'a Mechanism),
}

impl Asked<'_> {
    fn kind(&self) -> MechanismType {
        match self {
            Self::Gcm(kind, _) => *kind,
            Self::Other(mechanism) => mechanism.kind,
        }
    }
}

impl Cipher {
    /// Checks key and parameter.
    pub(crate) fn new(
        personality: Personality,
        direction: Direction,
        mechanism: &Mechanism,
        key: &Arc<Key>,
    ) -> Result<Self> {
        How::new(mechanism, key, direction).map(|how| Self::of(personality, direction, how))
    }

    fn of(personality: Personality, direction: Direction, how: How) -> Self {
        let cloud = personality == Personality::CloudHsm;
        let limit = match (&how, cloud) {
            (How::Aead(..) | How::Prefixed(..), true) => 16_224,
            (How::Block(..) | How::Counter(..), true) => 16_272,
            (_, false) | (How::Rsa(..), true) => LARGEST,
        };
        let whole = matches!(how, How::Rsa(..) | How::Prefixed(..)) || (cloud && matches!(how, How::Aead(..)));
        Self { how, direction, limit, whole, asked: false, running: None }
    }

    /// Starts again, if it is for this form of GCM and the key is the same.
    #[inline]
    fn again(&mut self, body: Body, gcm: &Gcm<'_>, iv: &[u8], key: &Key) -> Result<bool> {
        let (own, parameters) = match (&mut self.how, body) {
            (How::Aead(AeadKey::AesGcm(own), parameters), Body::Gcm)
            | (How::Prefixed(own, parameters), Body::GcmPrefixed) => (own, parameters),
            _ => return Ok(false),
        };
        if !matches!(&key.body, KeyBody::Aes(key) if own.is_same(key)) {
            return Ok(false);
        }
        parameters.tag_len = checked_tag_len(body, self.direction, iv, gcm.tag_bits)?;
        parameters.nonce.clear();
        parameters.nonce.extend_from_slice(iv);
        parameters.aad.clear();
        parameters.aad.extend_from_slice(gcm.aad);
        self.asked = false;
        Ok(true)
    }

    pub(crate) fn one_shot(&mut self, data: &[u8], out: Output<'_>) -> Result<usize> {
        if self.running.is_some() {
            return Err(Error::OperationActive);
        }
        // IV and tag come on top.
        let overhead = if self.direction == Direction::Decrypt { IV + BLOCK } else { 0 };
        if data.len() > self.limit.saturating_add(overhead) {
            return Err(Error::DataLenRange);
        }
        let bound = self.how.bound(self.direction, data.len())?;
        let Output::Buffer(buffer) = out else {
            self.asked = true;
            return Ok(bound);
        };
        let encrypts = self.direction == Direction::Encrypt;
        let length = match &self.how {
            How::Block(key, chaining) if encrypts => key.encrypt(chaining.mode(), data, buffer),
            How::Block(key, chaining) => key.decrypt(chaining.mode(), data, buffer),
            How::Counter(key, block, bits) => key.ctr(block, *bits, data, buffer),
            How::Aead(key, parameters) if encrypts => key.seal(&parameters.borrow(), data, buffer),
            How::Aead(key, parameters) => key.open(&parameters.borrow(), data, buffer),
            How::Prefixed(key, parameters) if encrypts => {
                let room = buffer.get_mut(..bound).ok_or(Error::BufferTooSmall { needed: bound })?;
                let (iv, sealed) = room.split_at_mut(IV);
                iv.copy_from_slice(&parameters.nonce);
                key.gcm_seal(&parameters.borrow(), data, sealed).map(|length| length + IV)
            }
            How::Prefixed(key, parameters) => {
                let (nonce, sealed) = data.split_at_checked(IV).ok_or(Error::EncryptedDataLenRange)?;
                key.gcm_open(&AeadParameters { nonce, ..parameters.borrow() }, sealed, buffer)
            }
            How::Rsa(key, scheme) => return rsa(key, scheme, self.direction, data, buffer),
        };
        Ok(length?)
    }

    /// What is wrong with data is, when decrypting, wrong with the ciphertext.
    #[cold]
    #[inline(never)]
    fn of_direction(&self, error: Error) -> Error {
        match (self.direction, error) {
            (Direction::Decrypt, Error::DataLenRange) => Error::EncryptedDataLenRange,
            (Direction::Decrypt, Error::DataInvalid) => Error::EncryptedDataInvalid,
            (_, error) => error,
        }
    }

    fn running(&mut self) -> Result<&mut Running> {
        if self.asked {
            return Err(Error::OperationActive);
        }
        if self.whole {
            return Err(match self.how {
                How::Rsa(..) => Error::FunctionNotSupported,
                How::Block(..) | How::Counter(..) | How::Aead(..) | How::Prefixed(..) => Error::MechanismInvalid,
            });
        }
        if self.running.is_none() {
            self.running = Some(match (&self.how, self.direction) {
                (How::Block(key, chaining), direction) => {
                    Running::Block(BlockOperation::new(key.clone(), chaining.mode(), direction)?)
                }
                (How::Counter(key, block, bits), _) => {
                    Running::Counter(CounterOperation::new(key.clone(), block, *bits)?)
                }
                (How::Aead(key, parameters), Direction::Encrypt) => {
                    Running::Sealing(Box::new(key.start_sealing(&parameters.borrow())?))
                }
                (How::Aead(key, parameters), Direction::Decrypt) => {
                    Running::Opening(key.start_opening(&parameters.borrow())?)
                }
                (How::Rsa(..) | How::Prefixed(..), _) => return Err(Error::FunctionNotSupported),
            });
        }
        self.running.as_mut().ok_or(Error::OperationNotInitialized)
    }

    fn update(&mut self, data: &[u8], out: Output<'_>) -> Result<usize> {
        if data.len() > self.limit {
            return Err(Error::DataLenRange);
        }
        let running = self.running()?;
        let length = match running {
            Running::Block(operation) => operation.update_len(data.len()),
            Running::Counter(_) | Running::Sealing(_) => data.len(),
            Running::Opening(_) => 0,
        };
        // Told that it needs nothing, a client that allocates nothing would come with the null pointer of a question again.
        let Some(room) = room(out, length)? else { return Ok(if length == 0 { BLOCK } else { length }) };
        Ok(match running {
            Running::Block(operation) => operation.update(data, room)?,
            Running::Counter(operation) => operation.update(data, room)?,
            Running::Sealing(sealing) => sealing.update(data, room)?,
            Running::Opening(opening) => {
                opening.update(data);
                0
            }
        })
    }

    fn finish(&mut self, out: Output<'_>) -> Result<usize> {
        let running = self.running()?;
        let Output::Buffer(buffer) = out else {
            return Ok(match running {
                Running::Block(operation) => operation.finish_len(),
                Running::Counter(_) => 0,
                Running::Sealing(sealing) => sealing.tag_len(),
                Running::Opening(opening) => opening.finish_len(),
            });
        };
        match running {
            Running::Block(operation) => Ok(operation.finish(buffer)?),
            Running::Counter(_) => Ok(0),
            Running::Opening(opening) => Ok(opening.finish(buffer)?),
            Running::Sealing(sealing) => {
                let needed = sealing.tag_len();
                let room = buffer.get_mut(..needed).ok_or(Error::BufferTooSmall { needed })?;
                let Some(Running::Sealing(sealing)) = self.running.take() else {
                    return Err(Error::OperationNotInitialized);
                };
                room.copy_from_slice(&sealing.finish()?);
                Ok(needed)
            }
        }
    }
}

impl Again for Cipher {
    fn may_rest(&self) -> bool {
        // Nothing secret is kept but the key, which the session keeps anyway, and not much memory.
        let parameters = match &self.how {
            How::Aead(AeadKey::AesGcm(_), parameters) | How::Prefixed(_, parameters) => parameters,
            _ => return false,
        };
        self.running.is_none() && parameters.aad.capacity() <= MOST_AAD
    }
}

impl How {
    fn new(mechanism: &Mechanism, key: &Arc<Key>, direction: Direction) -> Result<Self> {
        let parameter = &mechanism.parameter;
        let wrong = Err(Error::MechanismParamInvalid);
        let block_key = |key: &Key| match &key.body {
            KeyBody::Aes(key) => Ok(BlockKey::from(key.clone())),
            KeyBody::Des(key) => Ok(BlockKey::from(key.clone())),
            _ => Err(Error::KeyTypeInconsistent),
        };
        Ok(match (mechanism.kind.body(), parameter) {
            (Body::Ecb, Parameter::None) => Self::Block(block_key(key)?, Chaining::Ecb),
            (body @ (Body::Cbc | Body::CbcPad), Parameter::Bytes(iv)) => {
                let key = block_key(key)?;
                if iv.len() != key.block_len() {
                    return wrong;
                }
                let chaining = if body == Body::Cbc { Chaining::Cbc(iv.clone()) } else { Chaining::CbcPad(iv.clone()) };
                Self::Block(key, chaining)
            }
            (Body::Ctr, Parameter::Counter { bits, block }) if (1..=128).contains(bits) => {
                // Just checked: it fits.
                Self::Counter(aes(key)?, *block, u32::try_from(*bits).map_err(|_| Error::MechanismParamInvalid)?)
            }
            (body @ (Body::Gcm | Body::GcmPrefixed), Parameter::Gcm { iv, aad, tag_bits }) => {
                return Self::gcm(body, &Gcm { iv, aad, tag_bits: *tag_bits }, key, direction);
            }
            (Body::Ccm, Parameter::Ccm { data_len, nonce, aad, mac_len }) => {
                let length = |number: u64| usize::try_from(number).map_err(|_| Error::MechanismParamInvalid);
                let (tag_len, data_len) = (length(*mac_len)?, Some(length(*data_len)?));
                let parameters = Parameters { nonce: Nonce::from_slice(nonce), aad: aad.clone(), tag_len, data_len };
                Self::Aead(AeadKey::AesCcm(aes(key)?), parameters).checked(direction)?
            }
            (Body::ChaChaPoly, Parameter::ChaChaPoly { nonce, aad }) => {
                let KeyBody::ChaCha(key) = &key.body else { return Err(Error::KeyTypeInconsistent) };
                let parameters =
                    Parameters { nonce: Nonce::from_slice(nonce), aad: aad.clone(), tag_len: 16, data_len: None };
                Self::Aead(AeadKey::ChaCha20Poly1305(key.clone()), parameters).checked(direction)?
            }
            (Body::RsaPkcs | Body::RsaBare | Body::RsaOaep, _) => Self::Rsa(Arc::clone(key), RsaScheme::of(mechanism)?),
            _ => return wrong,
        })
    }

    fn gcm(body: Body, gcm: &Gcm<'_>, key: &Key, direction: Direction) -> Result<Self> {
        let (nonce, aad) = (Nonce::from_slice(gcm.iv), gcm.aad.to_vec());
        let parameters =
            Parameters { nonce, aad, tag_len: checked_tag_len(body, direction, gcm.iv, gcm.tag_bits)?, data_len: None };
        match body {
            Body::Gcm => Ok(Self::Aead(AeadKey::AesGcm(aes(key)?), parameters)),
            Body::GcmPrefixed => Ok(Self::Prefixed(aes(key)?, parameters)),
            _ => Err(Error::MechanismParamInvalid),
        }
    }

    /// What only the cipher itself knows to be wrong shows when it starts.
    fn checked(self, direction: Direction) -> Result<Self> {
        if let Self::Aead(key, parameters) = &self {
            match direction {
                Direction::Encrypt => drop(key.start_sealing(&parameters.borrow())?),
                Direction::Decrypt => drop(key.start_opening(&parameters.borrow())?),
            }
        }
        Ok(self)
    }

    /// A length that suffices for the result of one call.
    fn bound(&self, direction: Direction, data: usize) -> Result<usize> {
        Ok(match (self, direction) {
            (Self::Block(key, chaining), Direction::Encrypt) => chaining.mode().encrypted_len(key.block_len(), data),
            (Self::Block(..), Direction::Decrypt) | (Self::Counter(..), _) => data,
            (Self::Aead(_, parameters), Direction::Encrypt) => data.saturating_add(parameters.tag_len),
            (Self::Aead(_, parameters), Direction::Decrypt) => data.saturating_sub(parameters.tag_len),
            (Self::Prefixed(_, parameters), Direction::Encrypt) => data.saturating_add(IV + parameters.tag_len),
            (Self::Prefixed(_, parameters), Direction::Decrypt) => data.saturating_sub(IV + parameters.tag_len),
            (Self::Rsa(key, _), _) => modulus_len(key)?,
        })
    }
}

fn aes(key: &Key) -> Result<AesKey> {
    match &key.body {
        KeyBody::Aes(key) => Ok(key.clone()),
        _ => Err(Error::KeyTypeInconsistent),
    }
}

/// The length of the tag of an operation whose IV fits: in GCM there must be one, in a prefixed ciphertext it comes with the data.
fn checked_tag_len(body: Body, direction: Direction, iv: &[u8], tag_bits: u64) -> Result<usize> {
    let tag_len = gcm_tag_len(tag_bits)?;
    let comes_with_data = body == Body::GcmPrefixed && direction == Direction::Decrypt;
    if iv.is_empty() == comes_with_data { Ok(tag_len) } else { Err(Error::MechanismParamInvalid) }
}

/// The length in bytes of a GCM tag of so many bits.
pub(crate) fn gcm_tag_len(bits: u64) -> Result<usize> {
    match usize::try_from(bits) {
        Ok(bits @ 32..=128) if bits.is_multiple_of(8) => Ok(bits / 8),
        _ => Err(Error::MechanismParamInvalid),
    }
}

/// The length of an RSA key's modulus in bytes.
pub(crate) fn modulus_len(key: &Key) -> Result<usize> {
    match &key.body {
        KeyBody::RsaPrivate(key) => Ok(key.size()),
        KeyBody::RsaPublic(key) => Ok(key.size()),
        _ => Err(Error::KeyTypeInconsistent),
    }
}

fn rsa(key: &Key, scheme: &RsaScheme, direction: Direction, data: &[u8], buffer: &mut [u8]) -> Result<usize> {
    match (&key.body, direction) {
        (KeyBody::RsaPublic(key), Direction::Encrypt) => {
            let needed = key.size();
            let room = buffer.get_mut(..needed).ok_or(Error::BufferTooSmall { needed })?;
            room.copy_from_slice(&key.encrypt(scheme.borrow(), data)?);
            Ok(needed)
        }
        (KeyBody::RsaPrivate(key), Direction::Decrypt) => {
            let plaintext = key.decrypt(scheme.borrow(), data)?;
            Output::Buffer(buffer).write(plaintext.expose())
        }
        _ => Err(Error::KeyTypeInconsistent),
    }
}

impl Application {
    /// Starts an encryption. The answer is the IV, if the HSM made one, to be written into the caller's parameter
    /// (documented for AES-GCM in `cloudhsm`).
    ///
    /// # Errors
    /// [`Error::OperationActive`], [`Error::KeyHandleInvalid`], [`Error::MechanismInvalid`], [`Error::KeyTypeInconsistent`],
    /// [`Error::KeyFunctionNotPermitted`], [`Error::MechanismParamInvalid`], in this order.
    #[inline]
    pub fn encrypt_init(
        &self,
        session: SessionId,
        mechanism: &Mechanism,
        key: ObjectHandle,
    ) -> Result<Option<[u8; 12]>> {
        let mut iv = [0; IV];
        let made = self.start_with(session, Direction::Encrypt, mechanism, key, &mut iv)?;
        Ok(made.then_some(iv))
    }

    /// [`Application::encrypt_init`] with AES-GCM: says whether the HSM made an IV, which is then in `iv`. Parameter and IV are
    /// borrowed, as moving either just after it was written costs some nanoseconds.
    ///
    /// # Errors
    /// The same.
    pub fn encrypt_init_gcm(
        &self,
        session: SessionId,
        mechanism: MechanismType,
        gcm: &Gcm<'_>,
        key: ObjectHandle,
        iv: &mut [u8; 12],
    ) -> Result<bool> {
        self.start_cipher(session, Direction::Encrypt, Asked::Gcm(mechanism, gcm), key, iv)
    }

    /// Starts a decryption.
    ///
    /// # Errors
    /// As [`Application::encrypt_init`].
    pub fn decrypt_init(&self, session: SessionId, mechanism: &Mechanism, key: ObjectHandle) -> Result<()> {
        self.start_with(session, Direction::Decrypt, mechanism, key, &mut [0; IV]).map(drop)
    }

    /// [`Application::decrypt_init`] with AES-GCM.
    ///
    /// # Errors
    /// The same.
    pub fn decrypt_init_gcm(
        &self,
        session: SessionId,
        mechanism: MechanismType,
        gcm: &Gcm<'_>,
        key: ObjectHandle,
    ) -> Result<()> {
        self.start_cipher(session, Direction::Decrypt, Asked::Gcm(mechanism, gcm), key, &mut [0; IV]).map(drop)
    }

    fn start_with(
        &self,
        session: SessionId,
        direction: Direction,
        mechanism: &Mechanism,
        key: ObjectHandle,
        iv: &mut [u8; IV],
    ) -> Result<bool> {
        match mechanism.parameter.gcm() {
            Some(gcm) => self.start_cipher(session, direction, Asked::Gcm(mechanism.kind, &gcm), key, iv),
            None => self.start_cipher(session, direction, Asked::Other(mechanism), key, iv),
        }
    }

    #[inline]
    fn start_cipher(
        &self,
        session: SessionId,
        direction: Direction,
        asked: Asked<'_>,
        key: ObjectHandle,
        iv: &mut [u8; IV],
    ) -> Result<bool> {
        let mut entered = self.enter(session)?;
        let (session, state) = entered.parts();
        let (operation, purpose) = match direction {
            Direction::Encrypt => {
                (&mut state.operations.encrypt, Purpose { uses: Uses::ENCRYPT, flag: Flags::ENCRYPT })
            }
            Direction::Decrypt => {
                (&mut state.operations.decrypt, Purpose { uses: Uses::DECRYPT, flag: Flags::DECRYPT })
            }
        };
        require_none(operation.is_active())?;
        let holder = self.key(session, &mut state.recent, key, asked.kind(), purpose)?;
        let (personality, key) = (session.slot.personality, &holder.key);
        let made = match asked {
            Asked::Gcm(kind, gcm) => {
                let body = kind.body();
                let made = direction == Direction::Encrypt && makes_iv(personality, body, gcm)?;
                let iv = if made {
                    *iv = self.world().iv();
                    &iv[..]
                } else {
                    gcm.iv
                };
                operation.start(
                    |cipher| cipher.again(body, gcm, iv, key),
                    || Ok(Cipher::of(personality, direction, How::gcm(body, &Gcm { iv, ..*gcm }, key, direction)?)),
                )?;
                made && body == Body::Gcm
            }
            Asked::Other(mechanism) => {
                operation.start(|_| Ok(false), || Cipher::new(personality, direction, mechanism, key))?;
                false
            }
        };
        if direction == Direction::Decrypt {
            state.operations.unconfirmed.decrypt = holder.object.flags.has(Flags::ALWAYS_AUTHENTICATE);
        }
        Ok(made)
    }

    /// The IV that the HSM makes for a mechanism that leaves it to the HSM, and the mechanism with it.
    pub(crate) fn with_iv(&self, personality: Personality, mechanism: &Mechanism) -> Result<Option<Mechanism>> {
        let Some(gcm) = mechanism.parameter.gcm() else { return Ok(None) };
        let made = makes_iv(personality, mechanism.kind.body(), &gcm)?;
        Ok(made.then(|| Mechanism::with(mechanism.kind, Gcm { iv: &self.world().iv(), ..gcm }.into())))
    }
}

/// Whether the IV is left to the HSM.
#[inline]
fn makes_iv(personality: Personality, body: Body, gcm: &Gcm<'_>) -> Result<bool> {
    let fits = match (body, personality) {
        (Body::GcmPrefixed, _) => gcm.iv.is_empty(),
        // A buffer of zeros that the HSM fills (documented).
        (Body::Gcm, Personality::CloudHsm) => gcm.iv == [0; IV],
        _ => return Ok(false),
    };
    if fits { Ok(true) } else { Err(Error::MechanismParamInvalid) }
}

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident($field:ident, $method:ident $(, $data:ident)?) $ends:expr;)*) => {
        impl Application {
            $($(#[$doc])*
            ///
            /// # Errors
            /// [`Error::OperationNotInitialized`], [`Error::OperationActive`], [`Error::BufferTooSmall`] (the operation stays
            /// active), the wrong length, or data that is not valid.
            pub fn $name(&self, session: SessionId, $($data: &[u8],)? out: Output<'_>) -> Result<usize> {
                let mut entered = self.enter(session)?;
                let (_, state) = entered.parts();
                let ends: bool = $ends(&out);
                require_confirmed(state.operations.unconfirmed.$field)?;
                state.operations.$field.step(|_| ends, |cipher| {
                    let result = cipher.$method($($data,)? out);
                    result.map_err(|error| cipher.of_direction(error))
                })
            })*
        }
    };
}

steps! {
    /// Encrypts data in one piece.
    encrypt(encrypt, one_shot, data) writes;
    /// Encrypts a piece of data.
    encrypt_update(encrypt, update, data) |_: &Output<'_>| false;
    /// The rest of an encryption in pieces.
    encrypt_final(encrypt, finish) writes;
    /// Decrypts data in one piece.
    decrypt(decrypt, one_shot, data) writes;
    /// Decrypts a piece of data. Ciphers with authentication give out nothing before the end.
    decrypt_update(decrypt, update, data) |_: &Output<'_>| false;
    /// The rest of a decryption in pieces.
    decrypt_final(decrypt, finish) writes;
}
