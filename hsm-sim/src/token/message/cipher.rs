//! Messages under a cipher with authentication.

use crypto::symmetric::{AeadKey, AeadParameters, Direction, Sealing};

use crate::object::Flags;
use crate::token::application::Application;
use crate::token::cipher::gcm_tag_len;
use crate::token::digest::room;
use crate::token::keys::{Body as KeyBody, Key, Purpose};
use crate::token::mechanism::{Body, MechanismType, Uses};
use crate::token::message::nonce::Nonces;
use crate::token::message::{MessageParameter, NonceGenerator, Sealed, active};
use crate::token::operation::require_none;
use crate::token::{Error, ObjectHandle, Output, Result, SessionId};

/// A message-based encryption or decryption.
#[derive(Debug)]
pub(crate) struct MessageCipher {
    key: AeadKey,
    nonces: Nonces,
    running: Option<Running>,
}

/// A message in pieces.
#[derive(Debug)]
enum Running {
    Sealing(Box<Sealing>),
    /// Nothing is given out before the tag was checked.
    Opening {
        parts: Parts,
        aad: Vec<u8>,
        ciphertext: Vec<u8>,
    },
}

/// The parameter of a message in the words that all ciphers share.
#[derive(Debug, Clone)]
struct Parts {
    nonce: Vec<u8>,
    fixed_bits: u64,
    generator: NonceGenerator,
    tag_len: usize,
    data_len: Option<usize>,
    tag: Vec<u8>,
}

impl Parts {
    /// # Errors
    /// [`Error::MechanismParamInvalid`] for the parameter of another cipher, or one that this cipher cannot work with.
    fn of(parameter: &MessageParameter, key: &AeadKey) -> Result<Self> {
        let length = |number: u64| usize::try_from(number).map_err(|_| Error::MechanismParamInvalid);
        let parts = match (key, parameter.clone()) {
            (AeadKey::AesGcm(_), MessageParameter::Gcm { iv, fixed_bits, generator, tag_bits, tag }) => {
                Self { nonce: iv, fixed_bits, generator, tag_len: gcm_tag_len(tag_bits)?, data_len: None, tag }
            }
            (AeadKey::AesCcm(_), MessageParameter::Ccm { data_len, nonce, fixed_bits, generator, mac_len, mac }) => {
                let (tag_len, data_len) = (length(mac_len)?, Some(length(data_len)?));
                Self { nonce, fixed_bits, generator, tag_len, data_len, tag: mac }
            }
            (AeadKey::ChaCha20Poly1305(_), MessageParameter::ChaChaPoly { nonce, tag }) => {
                Self { nonce, fixed_bits: 0, generator: NonceGenerator::Caller, tag_len: 16, data_len: None, tag }
            }
            _ => return Err(Error::MechanismParamInvalid),
        };
        // What only the cipher itself knows to be wrong.
        key.start_sealing(&parts.borrow(&[]))?;
        Ok(parts)
    }

    fn borrow<'a>(&'a self, aad: &'a [u8]) -> AeadParameters<'a> {
        AeadParameters { nonce: &self.nonce, aad, tag_len: self.tag_len, data_len: self.data_len }
    }
}

impl MessageCipher {
    fn new(mechanism: MechanismType, key: &Key) -> Result<Self> {
        let key = match (mechanism.body(), &key.body) {
            (Body::Gcm, KeyBody::Aes(key)) => AeadKey::AesGcm(key.clone()),
            (Body::Ccm, KeyBody::Aes(key)) => AeadKey::AesCcm(key.clone()),
            (Body::ChaChaPoly, KeyBody::ChaCha(key)) => AeadKey::ChaCha20Poly1305(key.clone()),
            _ => return Err(Error::KeyTypeInconsistent),
        };
        Ok(Self { key, nonces: Nonces::default(), running: None })
    }

    fn between_messages(&self) -> Result<()> {
        if self.running.is_some() { Err(Error::OperationActive) } else { Ok(()) }
    }

    /// Puts the token's nonce in the place of the caller's, if it makes one.
    fn settle(&mut self, world: &crate::World, parts: &mut Parts) -> Result<Option<Vec<u8>>> {
        let made = self.nonces.next(parts.generator, &parts.nonce, parts.fixed_bits, world.entropy())?;
        if let Some(made) = &made {
            parts.nonce.clone_from(made);
        }
        Ok(made)
    }

    fn seal(
        &mut self,
        world: &crate::World,
        parameter: &MessageParameter,
        aad: &[u8],
        data: &[u8],
        out: Output<'_>,
    ) -> Result<Sealed> {
        self.between_messages()?;
        let mut parts = Parts::of(parameter, &self.key)?;
        let length = data.len();
        let Some(room) = room(out, length)? else { return Ok(Sealed { length, ..Sealed::default() }) };
        let nonce = self.settle(world, &mut parts)?;
        let mut sealed = vec![0; length + parts.tag_len];
        self.key.seal(&parts.borrow(aad), data, &mut sealed)?;
        let (ciphertext, tag) = sealed.split_at(length);
        room.copy_from_slice(ciphertext);
        Ok(Sealed { length, nonce, tag: Some(tag.to_vec()) })
    }

    fn open(&self, parameter: &MessageParameter, aad: &[u8], ciphertext: &[u8], out: Output<'_>) -> Result<usize> {
        self.between_messages()?;
        let parts = Parts::of(parameter, &self.key)?;
        let Some(room) = room(out, ciphertext.len())? else { return Ok(ciphertext.len()) };
        self.open_parts(&parts, aad, ciphertext, room)
    }

    fn open_parts(&self, parts: &Parts, aad: &[u8], ciphertext: &[u8], room: &mut [u8]) -> Result<usize> {
        self.key.open_detached(&parts.borrow(aad), ciphertext, &parts.tag, room).map_err(|error| match error.into() {
            Error::EncryptedDataInvalid => Error::AeadDecryptFailed,
            error => error,
        })
    }

    fn begin(
        &mut self,
        world: &crate::World,
        direction: Direction,
        parameter: &MessageParameter,
        aad: &[u8],
    ) -> Result<Option<Vec<u8>>> {
        self.between_messages()?;
        let mut parts = Parts::of(parameter, &self.key)?;
        let (nonce, running) = match direction {
            Direction::Encrypt => {
                let nonce = self.settle(world, &mut parts)?;
                (nonce, Running::Sealing(Box::new(self.key.start_sealing(&parts.borrow(aad))?)))
            }
            Direction::Decrypt => (None, Running::Opening { parts, aad: aad.to_vec(), ciphertext: Vec::new() }),
        };
        self.running = Some(running);
        Ok(nonce)
    }

    fn seal_piece(&mut self, data: &[u8], last: bool, out: Output<'_>) -> Result<Sealed> {
        let Some(Running::Sealing(sealing)) = &mut self.running else { return Err(Error::OperationNotInitialized) };
        let length = data.len();
        let Some(room) = room(out, length)? else { return Ok(Sealed { length, ..Sealed::default() }) };
        let updated = sealing.update(data, room);
        if !last && updated.is_ok() {
            return Ok(Sealed { length, ..Sealed::default() });
        }
        let Some(Running::Sealing(sealing)) = self.running.take() else { return Err(Error::OperationNotInitialized) };
        updated?;
        Ok(Sealed { length, nonce: None, tag: Some(sealing.finish()?.to_vec()) })
    }

    /// The parameter is that of the last piece, which has the tag.
    fn open_piece(&mut self, data: &[u8], last: Option<&MessageParameter>, out: Output<'_>) -> Result<usize> {
        let Some(Running::Opening { ciphertext, .. }) = &mut self.running else {
            return Err(Error::OperationNotInitialized);
        };
        let length = if last.is_some() { ciphertext.len() + data.len() } else { 0 };
        let Some(room) = room(out, length)? else { return Ok(length) };
        ciphertext.extend_from_slice(data);
        let Some(parameter) = last else { return Ok(0) };
        let Some(Running::Opening { mut parts, aad, ciphertext }) = self.running.take() else {
            return Err(Error::OperationNotInitialized);
        };
        parts.tag = Parts::of(parameter, &self.key)?.tag;
        self.open_parts(&parts, &aad, &ciphertext, room)
    }
}

impl Application {
    /// Starts the encryption of messages. The mechanism has no parameter of its own, each message has one.
    ///
    /// # Errors
    /// As [`Application::encrypt_init`].
    pub fn message_encrypt_init(&self, session: SessionId, mechanism: MechanismType, key: ObjectHandle) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (session, state) = entered.parts();
        require_none(state.operations.message_encrypt.is_some())?;
        let purpose = Purpose { uses: Uses::MESSAGE_ENCRYPT, flag: Flags::ENCRYPT };
        let holder = self.key(session, &mut state.recent, key, mechanism, purpose)?;
        state.operations.message_encrypt = Some(MessageCipher::new(mechanism, &holder.key)?);
        Ok(())
    }

    /// Encrypts a message. The ciphertext is as long as the message; nonce and tag are in the answer.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`], [`Error::OperationActive`] between the pieces of a message,
    /// [`Error::MechanismParamInvalid`], [`Error::BufferTooSmall`], [`Error::DataLenRange`], [`Error::KeyExhausted`].
    pub fn encrypt_message(
        &self,
        session: SessionId,
        parameter: &MessageParameter,
        aad: &[u8],
        data: &[u8],
        out: Output<'_>,
    ) -> Result<Sealed> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        active(&mut state.operations.message_encrypt)?.seal(self.world(), parameter, aad, data, out)
    }

    /// Begins the encryption of a message in pieces. The answer is the nonce, if the token made one.
    ///
    /// # Errors
    /// As [`Application::encrypt_message`].
    pub fn encrypt_message_begin(
        &self,
        session: SessionId,
        parameter: &MessageParameter,
        aad: &[u8],
    ) -> Result<Option<Vec<u8>>> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        active(&mut state.operations.message_encrypt)?.begin(self.world(), Direction::Encrypt, parameter, aad)
    }

    /// Encrypts a piece of a message; with the last one comes the tag.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`], [`Error::BufferTooSmall`], [`Error::DataLenRange`].
    pub fn encrypt_message_next(&self, session: SessionId, data: &[u8], last: bool, out: Output<'_>) -> Result<Sealed> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        active(&mut state.operations.message_encrypt)?.seal_piece(data, last, out)
    }

    /// Ends the encryption of messages.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`], [`Error::OperationActive`] between the pieces of a message.
    pub fn message_encrypt_final(&self, session: SessionId) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        active(&mut state.operations.message_encrypt)?.between_messages()?;
        state.operations.message_encrypt = None;
        Ok(())
    }

    /// Starts the decryption of messages.
    ///
    /// # Errors
    /// As [`Application::message_encrypt_init`].
    pub fn message_decrypt_init(&self, session: SessionId, mechanism: MechanismType, key: ObjectHandle) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (session, state) = entered.parts();
        require_none(state.operations.message_decrypt.is_some())?;
        let purpose = Purpose { uses: Uses::MESSAGE_DECRYPT, flag: Flags::DECRYPT };
        let holder = self.key(session, &mut state.recent, key, mechanism, purpose)?;
        state.operations.message_decrypt = Some(MessageCipher::new(mechanism, &holder.key)?);
        Ok(())
    }

    /// Decrypts a message.
    ///
    /// # Errors
    /// [`Error::AeadDecryptFailed`], and as [`Application::encrypt_message`].
    pub fn decrypt_message(
        &self,
        session: SessionId,
        parameter: &MessageParameter,
        aad: &[u8],
        ciphertext: &[u8],
        out: Output<'_>,
    ) -> Result<usize> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        active(&mut state.operations.message_decrypt)?.open(parameter, aad, ciphertext, out)
    }

    /// Begins the decryption of a message in pieces.
    ///
    /// # Errors
    /// As [`Application::encrypt_message`].
    pub fn decrypt_message_begin(&self, session: SessionId, parameter: &MessageParameter, aad: &[u8]) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        let cipher = active(&mut state.operations.message_decrypt)?;
        cipher.begin(self.world(), Direction::Decrypt, parameter, aad).map(|_| ())
    }

    /// Takes a piece of a ciphertext. Nothing of the plaintext is given out before the tag was checked.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`].
    pub fn decrypt_message_next(&self, session: SessionId, ciphertext: &[u8], out: Output<'_>) -> Result<usize> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        active(&mut state.operations.message_decrypt)?.open_piece(ciphertext, None, out)
    }

    /// Takes the last piece of a ciphertext, whose parameter has the tag: the plaintext of all pieces.
    ///
    /// # Errors
    /// [`Error::OperationNotInitialized`], [`Error::BufferTooSmall`], [`Error::MechanismParamInvalid`],
    /// [`Error::AeadDecryptFailed`].
    pub fn decrypt_message_last(
        &self,
        session: SessionId,
        parameter: &MessageParameter,
        ciphertext: &[u8],
        out: Output<'_>,
    ) -> Result<usize> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        active(&mut state.operations.message_decrypt)?.open_piece(ciphertext, Some(parameter), out)
    }

    /// Ends the decryption of messages.
    ///
    /// # Errors
    /// As [`Application::message_encrypt_final`].
    pub fn message_decrypt_final(&self, session: SessionId) -> Result<()> {
        let mut entered = self.enter(session)?;
        let (_, state) = entered.parts();
        active(&mut state.operations.message_decrypt)?.between_messages()?;
        state.operations.message_decrypt = None;
        Ok(())
    }
}
