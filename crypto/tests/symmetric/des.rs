//! DES and triple DES.

use hsm_sim_crypto::{
    Error,
    symmetric::{BlockMode, BlockOperation, DesKey, Direction, set_odd_parity},
};
use proptest::prelude::*;

use crate::{cuts, hex, pieces};

/// Key, plaintext and ciphertext in ECB: FIPS 46's worked example, SP 800-67 appendix B.
#[test]
fn ecb_of_the_standards() {
    for (key, plaintext, ciphertext) in [
        ("133457799bbcdff1", "0123456789abcdef", "85e813540f0ab405"),
        (
            "0123456789abcdef23456789abcdef01456789abcdef0123",
            "5468652071756663 6b2062726f776e20 666f78206a756d70",
            "a826fd8ce53b855f cce21c8112256fe6 68d5c05dd9b6b900",
        ),
    ] {
        let key = DesKey::new(&hex(key)).expect("a DES key");
        let (plaintext, ciphertext) = (hex(plaintext), hex(ciphertext));
        let mut out = vec![0; plaintext.len()];
        assert_eq!(key.encrypt(BlockMode::Ecb, &plaintext, &mut out), Ok(out.len()));
        assert_eq!(out, ciphertext);
        assert_eq!(key.decrypt(BlockMode::Ecb, &ciphertext, &mut out), Ok(out.len()));
        assert_eq!(out, plaintext);
    }
}

/// Key, IV, plaintext and ciphertext in CBC: NIST CAVP TCBCMMT3 and, with two keys, TCBCMMT2.
#[test]
fn cbc_of_the_validation_program() {
    for (key, iv, plaintext, ciphertext) in [
        (
            "46133dcbf232b51964e0d95e83208f156732bf75b673abf1",
            "34814c87f47fd59d",
            "de655a0ea771436c",
            "092368405296744a",
        ),
        (
            "199476c24302b6ab0b98d5a807079e4337e68f5ec77561ab",
            "6e06875955b87f87",
            "420fdffb706770ba1aee85bb992ed2efe7c4cb10a75cc03565dd4da41ee1f1e70368fd227acdb0a3",
            "f390d5afc5969d63d9c0a95e1f1c290d0bd29510e8e982502faa7ed616cfe873af88b27a7b62cb21",
        ),
        (
            "cbda4a4cbcb0fdd6c4c4d0b06be085b092abdc07bcb56ba7",
            "47626f9fb95ccfcc",
            "c735fc558568759d2054a3b84846a3c27ff297cb477ed91ce1764776e6a373061970b87208b9b601",
            "db48b63d6331b747621d73cfd3efd4690b7302ee91e7d71e2fba948a4993d2b26e95bb6a2de27982",
        ),
        (
            "766452495bbf797c0e57d6389b523d3b",
            "03497624eccc76c7",
            "cb90fca413c884390077084cd866b6c8150f4f5d44c6d622",
            "a835afd4dad376d611be4fc1282d1e3e36b3be081b7c3a4e",
        ),
    ] {
        let key = DesKey::new(&hex(key)).expect("a DES key");
        let (iv, plaintext, ciphertext) = (hex(iv), hex(plaintext), hex(ciphertext));
        let mut out = vec![0; plaintext.len()];
        assert_eq!(key.encrypt(BlockMode::Cbc(&iv), &plaintext, &mut out), Ok(out.len()));
        assert_eq!(out, ciphertext);
        assert_eq!(key.decrypt(BlockMode::Cbc(&iv), &ciphertext, &mut out), Ok(out.len()));
        assert_eq!(out, plaintext);
    }
}

#[test]
fn sizes_parity_and_check_value() {
    for bytes in 0..=33 {
        let parsed = DesKey::new(&vec![1; bytes]).map(|key| key.bits());
        let expected =
            if matches!(bytes, 8 | 16 | 24) { Ok(bytes * 8) } else { Err(Error::KeySize { bits: bytes * 8 }) };
        assert_eq!(parsed, expected);
    }
    let mut key: Vec<u8> = (0..=255).collect();
    set_odd_parity(&mut key);
    assert!(key.iter().all(|byte| byte.count_ones() % 2 == 1));
    assert!(key.iter().zip(0..=255).all(|(byte, before): (_, u8)| byte & !1 == before & !1));
    let key = DesKey::new(&hex("133457799bbcdff1")).expect("8 bytes");
    let mut block = [0; 8];
    assert_eq!(key.encrypt(BlockMode::Ecb, &[0; 8], &mut block), Ok(8));
    assert_eq!(key.check_value(), block[..3]);
    assert_eq!(format!("{key:?}"), "DesKey(<64 bits>)");
}

#[test]
fn ivs_are_as_long_as_a_block() {
    let key = DesKey::new(&[1; 24]).expect("24 bytes");
    for bytes in [0, 7, 9, 16] {
        let answer = key.encrypt(BlockMode::Cbc(&vec![0; bytes]), &[0; 8], &mut [0; 8]);
        assert_eq!(answer, Err(Error::Parameter { parameter: "IV length" }), "{bytes}");
    }
}

proptest! {
    #[test]
    fn pieces_make_the_whole(
        size in prop::sample::select(vec![8, 16, 24]), material: [u8; 24], iv: [u8; 8],
        data in prop::collection::vec(any::<u8>(), 0..100), cuts in cuts(),
    ) {
        let key = DesKey::new(&material[..size]).expect("a DES key");
        let mode = BlockMode::CbcPad(&iv);
        let mut sealed = vec![0; mode.encrypted_len(8, data.len())];
        prop_assert_eq!(key.encrypt(mode, &data, &mut sealed), Ok(sealed.len()));
        for (direction, input, expected) in [(Direction::Encrypt, &data, &sealed), (Direction::Decrypt, &sealed, &data)] {
            let mut operation = BlockOperation::new(key.clone(), mode, direction).expect("an operation");
            let mut out = vec![0; input.len() + 8];
            let mut length = 0;
            for piece in pieces(input, &cuts) {
                length += operation.update(piece, &mut out[length..]).expect("room");
            }
            length += operation.finish(&mut out[length..]).expect("valid padding");
            prop_assert_eq!(&out[..length], expected.as_slice());
        }
    }
}
