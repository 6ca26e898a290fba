//! Ciphers, codes, digests and key derivations: published vectors, properties against naive references, and pieces against the whole.
#![forbid(unsafe_code)]

mod aead;
mod block;
mod counter;
mod derivation;
mod des;
mod digests;
mod mac;
mod sp800_108;
mod wrap;

use hsm_sim_crypto::{
    hash::{Hasher, Hmac},
    symmetric::{
        AeadKey, AesKey, BlockKey, BlockOperation, ChaChaKey, CounterOperation, DesKey, MacContext, MacKey, Opening,
        Sealing,
    },
};
use proptest::prelude::*;

/// Bytes from hexadecimal digits; spaces do not count.
fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    assert!(digits.len().is_multiple_of(2), "an odd number of digits");
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("a hex digit") as u8;
    digits.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// Cuts `data` at the given places, whatever they are.
fn pieces<'a>(data: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(data.len() + 1)).collect();
    places.sort_unstable();
    places.push(data.len());
    let mut start = 0;
    let mut pieces = Vec::new();
    for place in places {
        pieces.push(&data[start..place]);
        start = place;
    }
    pieces
}

/// Up to six places to cut data at.
fn cuts() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 0..6)
}

/// Up to 300 bytes.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..300)
}

/// An AES key of any size.
fn aes_key() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(vec![16, 24, 32]).prop_flat_map(|size| prop::collection::vec(any::<u8>(), size))
}

/// Keys are shared between threads; a running operation moves from one to another.
#[test]
fn threads() {
    fn shared<T: Send + Sync + 'static>() {}
    fn moved<T: Send + 'static>() {}
    shared::<(AesKey, DesKey, ChaChaKey, Hmac, BlockKey, AeadKey, MacKey)>();
    moved::<(BlockOperation, CounterOperation, Sealing, Opening, MacContext, Hasher)>();
}
