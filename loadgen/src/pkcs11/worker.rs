//! The calls of one thread.

use std::sync::Arc;

use cryptoki::context::Pkcs11;
use cryptoki::error::Error as CallError;
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use super::code;
use super::keys::{DIGEST, Keys, seal};
use super::operation::Operation;
use crate::plan::Card;
use crate::target::{Fault, Worker};

/// Where sessions are opened.
pub(super) struct Place {
    pub(super) context: Pkcs11,
    pub(super) slot: Slot,
    pub(super) pin: Option<AuthPin>,
}

/// A worker with a session of its own.
pub(super) struct Caller {
    session: Session,
    place: Place,
    keys: Arc<Keys>,
    operations: Arc<[Operation]>,
    of_new_keys: Vec<Attribute>,
    /// For random bytes; as long as the longest payload.
    buffer: Vec<u8>,
    /// The key that the last call made, and those that could not be destroyed.
    made: Vec<ObjectHandle>,
}

impl Caller {
    pub(super) fn new(
        session: Session,
        place: Place,
        keys: Arc<Keys>,
        operations: Arc<[Operation]>,
        of_new_keys: Vec<Attribute>,
    ) -> Self {
        let buffer = vec![0; keys.payloads.iter().map(Vec::len).max().unwrap_or(0)];
        Self { session, place, keys, operations, of_new_keys, buffer, made: Vec::new() }
    }

    /// Makes a call; whether its answer was the right one.
    fn work(&mut self, operation: Operation, card: Card) -> Result<bool, CallError> {
        let (session, keys) = (&self.session, &self.keys);
        let payload = &keys.payloads[card.size];
        Ok(match operation {
            Operation::Encrypt => !seal(session, keys.aes[card.key], payload)?.bytes.is_empty(),
            Operation::Decrypt => {
                let sealed = &keys.sealed[card.key][card.size];
                let mut iv = sealed.iv;
                let mechanism = Mechanism::AesGcm(GcmParams::new(&mut iv, &[], 128.into())?);
                session.decrypt(&mechanism, keys.aes[card.key], &sealed.bytes)?.len() == payload.len()
            }
            Operation::RsaSign => {
                !session.sign(&Mechanism::Sha256RsaPkcs, keys.rsa[card.key].private, payload)?.is_empty()
            }
            Operation::RsaVerify => {
                let signature = &keys.rsa_signatures[card.key][card.size];
                session.verify(&Mechanism::Sha256RsaPkcs, keys.rsa[card.key].public, payload, signature)?;
                true
            }
            Operation::EcdsaSign => !session.sign(&Mechanism::Ecdsa, keys.ec[card.key].private, DIGEST)?.is_empty(),
            Operation::EcdsaVerify => {
                let signature = &keys.ec_signatures[card.key];
                session.verify(&Mechanism::Ecdsa, keys.ec[card.key].public, DIGEST, signature)?;
                true
            }
            Operation::Hmac => session.sign(&Mechanism::Sha256Hmac, keys.hmac[card.key], payload)?.len() == 32,
            Operation::Digest => session.digest(&Mechanism::Sha256, payload)?.len() == 32,
            Operation::Random => {
                session.generate_random_slice(&mut self.buffer[..payload.len()])?;
                true
            }
            Operation::Generate => {
                self.made.push(session.generate_key(&Mechanism::AesKeyGen, &self.of_new_keys)?);
                true
            }
            Operation::Find => session.find_objects(&keys.templates[card.key])?.len() == 1,
            Operation::Session => {
                self.place.context.open_rw_session(self.place.slot)?.close()?;
                true
            }
            Operation::Login => {
                let session = self.place.context.open_rw_session(self.place.slot)?;
                session.login(UserType::User, self.place.pin.as_ref())?;
                session.logout()?;
                session.close()?;
                true
            }
            Operation::Info => {
                session.get_session_info()?;
                true
            }
        })
    }
}

impl Worker for Caller {
    fn call(&mut self, card: Card) -> Result<(), Fault> {
        match self.work(self.operations[card.step], card) {
            Ok(true) => Ok(()),
            Ok(false) => {
                Err(Fault { kind: "wrong answer".to_owned(), message: "not of the expected length".to_owned() })
            }
            Err(error) => Err(code::fault(&error)),
        }
    }

    fn settle(&mut self) -> bool {
        if self.made.is_empty() {
            return false;
        }
        // What cannot be destroyed now is tried again after the next call.
        let session = &self.session;
        self.made.retain(|key| session.destroy_object(*key).is_err());
        true
    }
}
