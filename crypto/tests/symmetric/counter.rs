//! AES in counter mode.

use hsm_sim_crypto::{
    Error,
    symmetric::{AesKey, BlockMode, CounterOperation},
};
use proptest::prelude::*;

use crate::{
    aes_key,
    block::{KEYS, PLAINTEXT},
    bytes, cuts, hex, pieces,
};

/// SP 800-38A F.5.
#[test]
fn examples_of_the_standard() {
    let expected = [
        "874d6191b620e3261bef6864990db6ce 9806f66b7970fdff8617187bb9fffdff
         5ae4df3edbd5d35e5b4f09020db03eab 1e031dda2fbe03d1792170a0f3009cee",
        "1abc932417521ca24f2b0459fe7e6e0b 090339ec0aa6faefd5ccc2c6f4ce8e94
         1e36b26bd1ebc670d1bd1d665620abf7 4f78a7f6d29809585a97daec58c6b050",
        "601ec313775789a5b7a7f504bbf3d228 f443e3ca4d62b59aca84e990cacaf5c5
         2b0930daa23de94ce87017ba2d84988d dfc9c58db67aada613c2dd08457941a6",
    ];
    let counter = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff").try_into().expect("16 bytes");
    for (key, expected) in KEYS.iter().zip(expected) {
        let key = AesKey::new(&hex(key)).expect("an AES key");
        for bits in [16, 32, 64, 128] {
            let mut out = [0; 64];
            assert_eq!(key.ctr(&counter, bits, &hex(PLAINTEXT), &mut out), Ok(64));
            assert_eq!(out.to_vec(), hex(expected), "{key:?}, {bits} bits");
        }
    }
}

#[test]
fn a_counter_never_repeats() {
    let key = AesKey::new(&[3; 16]).expect("16 bytes");
    let mut out = [0; 100];
    for bits in [0, 129, u32::MAX] {
        let expected = Err(Error::Parameter { parameter: "number of counter bits" });
        assert_eq!(key.ctr(&[0; 16], bits, b"", &mut out), expected);
    }
    // Two bits make four blocks, wherever they start.
    for start in 0..4 {
        let mut counter = [0xff; 16];
        counter[15] = 0xfc | start;
        assert_eq!(key.ctr(&counter, 2, &[0; 64], &mut out), Ok(64));
        assert_eq!(key.ctr(&counter, 2, &[0; 65], &mut out), Err(Error::DataLength { bytes: 65 }));
        let mut operation = CounterOperation::new(key.clone(), &counter, 2).expect("2 bits");
        assert_eq!(operation.update(&[0; 63], &mut out), Ok(63));
        assert_eq!(operation.update(&[0; 2], &mut out), Err(Error::DataLength { bytes: 2 }));
        assert_eq!(operation.update(&[0; 1], &mut out), Ok(1));
        assert_eq!(operation.update(&[], &mut out), Ok(0));
        assert_eq!(operation.update(&[0; 1], &mut out), Err(Error::DataLength { bytes: 1 }));
    }
    assert_eq!(key.ctr(&[0; 16], 128, &[0; 5], &mut out[..4]), Err(Error::OutputTooSmall { needed: 5 }));
}

/// One block after the other.
fn naive(key: &AesKey, counter: [u8; 16], bits: u32, data: &[u8]) -> Vec<u8> {
    let mask = u128::MAX >> (128 - bits);
    let mut counter = u128::from_be_bytes(counter);
    let mut out = Vec::new();
    for chunk in data.chunks(16) {
        let mut stream = [0; 16];
        key.encrypt(BlockMode::Ecb, &counter.to_be_bytes(), &mut stream).expect("a block");
        out.extend(chunk.iter().zip(stream).map(|(byte, with)| byte ^ with));
        counter = (counter & !mask) | (counter.wrapping_add(1) & mask);
    }
    out
}

proptest! {
    #[test]
    fn any_width_and_any_pieces(
        key in aes_key(), nonce: [u8; 16], near_wrap: bool, bits in 5..=128_u32, data in bytes(), cuts in cuts(),
    ) {
        let key = AesKey::new(&key).expect("an AES key");
        // Counters that start shortly before they wrap are the interesting ones.
        let wrap = u128::MAX >> (128 - bits);
        let start = u128::from_be_bytes(nonce) | if near_wrap { wrap & !7 } else { 0 };
        let counter = start.to_be_bytes();
        let expected = naive(&key, counter, bits, &data);
        let mut whole = vec![0; data.len()];
        prop_assert_eq!(key.ctr(&counter, bits, &data, &mut whole), Ok(data.len()));
        prop_assert_eq!(&whole, &expected);
        let mut operation = CounterOperation::new(key, &counter, bits).expect("a width");
        let mut parts = Vec::new();
        for piece in pieces(&data, &cuts) {
            let mut part = vec![0; piece.len()];
            prop_assert_eq!(operation.update(piece, &mut part), Ok(piece.len()));
            parts.append(&mut part);
        }
        prop_assert_eq!(parts, expected);
    }
}
