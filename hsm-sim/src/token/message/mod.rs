//! Message-based operations (PKCS#11 v3.1 §5.9, §5.11, §5.15, §5.17): one start, then any number of messages, each whole or in
//! pieces. What goes wrong with a message ends that message and not the operation.

mod cipher;
mod nonce;
mod sign;

pub(crate) use cipher::MessageCipher;
pub(crate) use sign::{MessageSigner, MessageVerifier};

use serde::{Deserialize, Serialize};

use crate::token::{Error, Result};

/// The parameter of one message. A tag is what a decryption checks; an encryption makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of the standard's structures")]
pub enum MessageParameter {
    /// None of the others: no cipher takes it.
    Malformed,
    /// `CK_GCM_MESSAGE_PARAMS`.
    Gcm { iv: Vec<u8>, fixed_bits: u64, generator: NonceGenerator, tag_bits: u64, tag: Vec<u8> },
    /// `CK_CCM_MESSAGE_PARAMS`.
    Ccm { data_len: u64, nonce: Vec<u8>, fixed_bits: u64, generator: NonceGenerator, mac_len: u64, mac: Vec<u8> },
    /// `CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS`.
    ChaChaPoly { nonce: Vec<u8>, tag: Vec<u8> },
}

/// Who makes the nonce of a message that is encrypted (`CK_GENERATOR_FUNCTION`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NonceGenerator {
    /// The caller.
    Caller,
    /// The token, as it likes: at random.
    Token,
    /// The token counts the messages, from 0.
    Counter,
    /// The token, at random.
    Random,
    /// The token counts the messages, and adds the count without carry to the nonce of the first.
    CounterXor,
}

/// What the encryption of a message, or of a piece of one, wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The length of the ciphertext in bytes.
    pub length: usize,
    /// The nonce, if the token made one now.
    pub nonce: Option<Vec<u8>>,
    /// The tag, if the message is complete.
    pub tag: Option<Vec<u8>>,
}

fn active<T>(operation: &mut Option<T>) -> Result<&mut T> {
    operation.as_mut().ok_or(Error::OperationNotInitialized)
}
