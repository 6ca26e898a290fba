//! Ed25519ctx as AWS-LC's C interface offers it: Ed25519 under a context (RFC 8032 §5.1). No safe interface of any crate does.
//!
//! The second file of the crate with `unsafe` code. What makes it sound: every pointer comes from a slice or an array that outlives the
//! call and goes with its true length, and the functions keep none of them (`curve25519.h`).
#![allow(unsafe_code)]

use aws_lc_sys as sys;

use crate::{Error, Result, SecretBytes};

/// Length of a signature in bytes.
const SIGNATURE_LEN: usize = 64;

/// The signature of a message under a context of 1 to 255 bytes.
pub(crate) fn sign(seed: &[u8; 32], public: &[u8; 32], message: &[u8], context: &[u8]) -> Result<[u8; SIGNATURE_LEN]> {
    // AWS-LC takes the seed with the public key behind it.
    let private = SecretBytes::new([*seed, *public].concat());
    let mut signature = [0; SIGNATURE_LEN];
    // SAFETY: the output has 64 bytes and the key 64; message and context are live with their true lengths.
    let signed = unsafe {
        sys::ED25519ctx_sign(
            signature.as_mut_ptr(),
            message.as_ptr(),
            message.len(),
            private.expose().as_ptr(),
            context.as_ptr(),
            context.len(),
        )
    };
    if signed == 1 { Ok(signature) } else { Err(Error::Primitive { operation: "sign with an Ed25519 key" }) }
}

/// Whether the signature of a message under a context is valid.
pub(crate) fn verify(public: &[u8; 32], message: &[u8], context: &[u8], signature: &[u8; SIGNATURE_LEN]) -> bool {
    // SAFETY: the key has 32 bytes and the signature 64; message and context are live with their true lengths.
    let valid = unsafe {
        sys::ED25519ctx_verify(
            message.as_ptr(),
            message.len(),
            signature.as_ptr(),
            public.as_ptr(),
            context.as_ptr(),
            context.len(),
        )
    };
    valid == 1
}
