//! The parameters of messages: three structures, whose nonce and tag the module reads or writes.

use std::ptr;

use cryptoki_sys::*;

use crate::input::Input;
use crate::memory::{Memory, Parameter};

/// The longest tag that any structure has, and the room that every tag has here, whatever length is told.
const TAG: usize = 16;

/// A parameter of any of the forms for `data_len` bytes of data, or none.
pub(crate) fn message(input: &mut Input<'_>, memory: &mut Memory, data_len: usize) -> Parameter {
    let len = input.rarely(24).then(|| input.below(9));
    match input.below(8) {
        0..3 => {
            let params = gcm(input, memory);
            memory.structure(params, len)
        }
        3..5 => {
            let params = ccm(input, memory, data_len);
            memory.structure(params, len)
        }
        5 => {
            let (nonce, nonce_len) = bytes(input, memory, 24);
            let params = CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS {
                pNonce: nonce,
                ulNonceLen: nonce_len,
                pTag: tag(input, memory),
            };
            memory.structure(params, len)
        }
        _ => Parameter::NONE,
    }
}

fn gcm(input: &mut Input<'_>, memory: &mut Memory) -> CK_GCM_MESSAGE_PARAMS {
    let (iv, iv_len) = bytes(input, memory, 64);
    CK_GCM_MESSAGE_PARAMS {
        pIv: iv,
        ulIvLen: iv_len,
        ulIvFixedBits: fixed(input),
        ivGenerator: generator(input),
        pTag: tag(input, memory),
        ulTagBits: input.pick(&[128, 96, 120, 32, 64, 0, 8, 127, 129, 4096, CK_ULONG::MAX]).unwrap_or_default(),
    }
}

fn ccm(input: &mut Input<'_>, memory: &mut Memory, data_len: usize) -> CK_CCM_MESSAGE_PARAMS {
    let (nonce, nonce_len) = bytes(input, memory, 16);
    let mac = vec![0; input.pick(&[TAG, 4, 6, 8, 10, 12, 14, 0, 5, 17]).unwrap_or_default()];
    CK_CCM_MESSAGE_PARAMS {
        ulDataLen: if input.rarely(8) { input.number() } else { data_len as CK_ULONG },
        pNonce: nonce,
        ulNonceLen: nonce_len,
        ulNonceFixedBits: fixed(input),
        nonceGenerator: generator(input),
        pMAC: memory.bytes(&mac),
        ulMACLen: mac.len() as CK_ULONG,
    }
}

fn bytes(input: &mut Input<'_>, memory: &mut Memory, most: usize) -> (*mut CK_BYTE, CK_ULONG) {
    if input.rarely(64) {
        return (ptr::null_mut(), input.number());
    }
    let bytes = if input.flag() { vec![input.byte(); 12] } else { input.bytes(most) };
    (memory.bytes(&bytes), bytes.len() as CK_ULONG)
}

fn tag(input: &mut Input<'_>, memory: &mut Memory) -> *mut CK_BYTE {
    if input.rarely(32) { ptr::null_mut() } else { memory.bytes(&[0; TAG]) }
}

fn fixed(input: &mut Input<'_>) -> CK_ULONG {
    input.pick(&[0, 32, 64, 1, 88, 96, 97, CK_ULONG::MAX]).unwrap_or_default()
}

fn generator(input: &mut Input<'_>) -> CK_GENERATOR_FUNCTION {
    if input.rarely(32) { input.number() } else { input.below(6) as CK_ULONG }
}
