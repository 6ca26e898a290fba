//! The parameters of messages. The three structures have three sizes.

use hsm_sim::token::{MessageParameter, NonceGenerator, Sealed};

use crate::boundary::Bytes;
use crate::ck::{CcmMessageParams, ChaChaPolyMessageParams, GcmMessageParams, Ulong};
use crate::convert::mechanism::INVALID;
use crate::convert::parameter::aead::chacha_nonce;
use crate::error::Result;

/// What a parameter says, and where its nonce and its tag go.
struct Message {
    parameter: MessageParameter,
    nonce: Bytes,
    tag: Bytes,
}

/// The parameter of a message that begins: its tag comes later.
pub(crate) fn message(given: &Bytes) -> MessageParameter {
    read(given, false).map_or(MessageParameter::Malformed, |message| message.parameter)
}

/// That of a message that is encrypted as a whole: there must be a place for the tag.
pub(crate) fn message_to_seal(given: &Bytes) -> MessageParameter {
    let message = read(given, false).filter(|message| !message.tag.is_null());
    message.map_or(MessageParameter::Malformed, |message| message.parameter)
}

/// That of a message that is decrypted: the tag is there.
pub(crate) fn message_to_open(given: &Bytes) -> MessageParameter {
    read(given, true).map_or(MessageParameter::Malformed, |message| message.parameter)
}

/// Whether the tag of a message has a place to go to.
pub(crate) fn has_room_for_tag(given: &Bytes) -> Result<()> {
    match read(given, false) {
        Some(message) if !message.tag.is_null() => Ok(()),
        _ => Err(INVALID),
    }
}

/// Messages that are signed have no parameters of their own.
pub(crate) fn no_message_parameter(given: &Bytes) -> Result<()> {
    if given.count() == 0 { Ok(()) } else { Err(INVALID) }
}

/// Writes the nonce that the token made, and the tag, into the parameter.
pub(crate) fn tell_sealed(given: &Bytes, sealed: &Sealed) {
    let Some(Message { mut nonce, mut tag, .. }) = read(given, false) else { return };
    if let Some(made) = &sealed.nonce {
        nonce.overwrite(made);
    }
    if let Some(made) = &sealed.tag {
        tag.overwrite(made);
    }
}

fn read(given: &Bytes, with_tag: bool) -> Option<Message> {
    let bytes = |bytes: &Bytes| bytes.get().ok().map(<[u8]>::to_vec);
    let read_tag = |tag: &Bytes| if with_tag { bytes(tag) } else { Some(Vec::new()) };
    if let Some(given) = given.parse::<GcmMessageParams>() {
        // No caller has room for a longer tag, whatever it tells.
        if given.tag_bits > GCM_TAG_BITS {
            return None;
        }
        let (nonce, tag) = (given.iv, given.tag.bytes(given.tag_bits.div_ceil(8)));
        let parameter = MessageParameter::Gcm {
            iv: bytes(&nonce)?,
            fixed_bits: given.fixed_bits,
            generator: generator(given.generator)?,
            tag_bits: given.tag_bits,
            tag: read_tag(&tag)?,
        };
        return Some(Message { parameter, nonce, tag });
    }
    if let Some(given) = given.parse::<CcmMessageParams>() {
        let (nonce, tag) = (given.nonce, given.mac);
        let parameter = MessageParameter::Ccm {
            data_len: given.data_len,
            nonce: bytes(&nonce)?,
            fixed_bits: given.fixed_bits,
            generator: generator(given.generator)?,
            mac_len: tag.count(),
            mac: read_tag(&tag)?,
        };
        return Some(Message { parameter, nonce, tag });
    }
    let given: ChaChaPolyMessageParams = given.parse()?;
    let (nonce, tag) = (chacha_nonce(given.nonce), given.tag.bytes(POLY1305_TAG));
    let parameter = MessageParameter::ChaChaPoly { nonce: bytes(&nonce)?, tag: read_tag(&tag)? };
    Some(Message { parameter, nonce, tag })
}

/// The longest tag of GCM in bits.
const GCM_TAG_BITS: Ulong = 128;
/// The tag of Poly1305 in bytes; its parameter has no length for it.
const POLY1305_TAG: Ulong = 16;

/// `CKG_*`.
fn generator(number: Ulong) -> Option<NonceGenerator> {
    match number {
        0 => Some(NonceGenerator::Caller),
        1 => Some(NonceGenerator::Token),
        2 => Some(NonceGenerator::Counter),
        3 => Some(NonceGenerator::Random),
        4 => Some(NonceGenerator::CounterXor),
        _ => None,
    }
}
