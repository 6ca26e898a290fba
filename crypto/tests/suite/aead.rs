//! AES-GCM: the vectors of its specification (McGrew and Viega, test cases with 96-bit IVs), and properties.

use hsm_sim_crypto::{AesGcm, Error};
use proptest::prelude::*;

use crate::hex;

struct Vector {
    case: u8,
    key: &'static str,
    iv: &'static str,
    aad: &'static str,
    plaintext: &'static str,
    ciphertext: &'static str,
    tag: &'static str,
}

const ZERO_IV: &str = "000000000000000000000000";
const ZERO_BLOCK: &str = "00000000000000000000000000000000";
const IV: &str = "cafebabefacedbaddecaf888";
const AAD: &str = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
const TEXT_60: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
const TEXT_64: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
const KEY_128: &str = "feffe9928665731c6d6a8f9467308308";
const KEY_192: &str = "feffe9928665731c6d6a8f9467308308feffe9928665731c";
const KEY_256: &str = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
const ZERO_192: &str = "000000000000000000000000000000000000000000000000";
const ZERO_256: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[rustfmt::skip]
const VECTORS: &[Vector] = &[
    Vector { case: 1, key: ZERO_BLOCK, iv: ZERO_IV, aad: "", plaintext: "", ciphertext: "", tag: "58e2fccefa7e3061367f1d57a4e7455a" },
    Vector { case: 2, key: ZERO_BLOCK, iv: ZERO_IV, aad: "", plaintext: ZERO_BLOCK, ciphertext: "0388dace60b6a392f328c2b971b2fe78", tag: "ab6e47d42cec13bdf53a67b21257bddf" },
    Vector { case: 3, key: KEY_128, iv: IV, aad: "", plaintext: TEXT_64, ciphertext: "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985", tag: "4d5c2af327cd64a62cf35abd2ba6fab4" },
    Vector { case: 4, key: KEY_128, iv: IV, aad: AAD, plaintext: TEXT_60, ciphertext: "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091", tag: "5bc94fbc3221a5db94fae95ae7121a47" },
    Vector { case: 7, key: ZERO_192, iv: ZERO_IV, aad: "", plaintext: "", ciphertext: "", tag: "cd33b28ac773f74ba00ed1f312572435" },
    Vector { case: 8, key: ZERO_192, iv: ZERO_IV, aad: "", plaintext: ZERO_BLOCK, ciphertext: "98e7247c07f0fe411c267e4384b0f600", tag: "2ff58d80033927ab8ef4d4587514f0fb" },
    Vector { case: 10, key: KEY_192, iv: IV, aad: AAD, plaintext: TEXT_60, ciphertext: "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710", tag: "2519498e80f1478f37ba55bd6d27618c" },
    Vector { case: 13, key: ZERO_256, iv: ZERO_IV, aad: "", plaintext: "", ciphertext: "", tag: "530f8afbc74536b9a963b4f1c4cb738b" },
    Vector { case: 14, key: ZERO_256, iv: ZERO_IV, aad: "", plaintext: ZERO_BLOCK, ciphertext: "cea7403d4d606b6e074ec5d3baf39d18", tag: "d0d1c8a799996bf0265b98b5d48ab919" },
    Vector { case: 16, key: KEY_256, iv: IV, aad: AAD, plaintext: TEXT_60, ciphertext: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662", tag: "76fc6ece0f4e1768cddf8853bb2d551b" },
];

#[test]
fn specification_vectors() {
    for Vector { case, key, iv, aad, plaintext, ciphertext, tag } in VECTORS {
        let key = AesGcm::new(&hex(key)).expect("a key of the vectors");
        let iv: [u8; 12] = hex(iv).try_into().expect("a 96-bit IV");
        let (aad, plaintext, sealed) = (hex(aad), hex(plaintext), hex(&format!("{ciphertext}{tag}")));
        assert_eq!(key.seal(&iv, &aad, &plaintext), sealed, "seal, test case {case}");
        let opened = key.open(&iv, &aad, &sealed).expect("an authentic vector");
        assert_eq!(opened.expose(), plaintext, "open, test case {case}");
    }
}

#[test]
fn only_aes_key_lengths_are_accepted() {
    for bytes in 0..=40 {
        let parsed = AesGcm::new(&vec![7; bytes]).map(drop);
        let expected = if matches!(bytes, 16 | 24 | 32) { Ok(()) } else { Err(Error::AesKeyLength { bytes }) };
        assert_eq!(parsed, expected);
    }
}

#[test]
fn a_cut_ciphertext_is_not_authentic() {
    let key = AesGcm::new(&[1; 32]).expect("32 bytes");
    let sealed = key.seal(&[2; 12], b"", b"plaintext");
    for length in 0..sealed.len() {
        assert_eq!(key.open(&[2; 12], b"", &sealed[..length]), Err(Error::NotAuthentic), "{length} bytes");
    }
}

#[test]
fn debug_shows_the_size_only() {
    assert_eq!(format!("{:?}", AesGcm::new(&[0xab; 24]).expect("24 bytes")), "AesGcm(<192 bits>)");
}

proptest! {
    #[test]
    fn what_is_sealed_opens(key: [u8; 32], iv: [u8; 12], aad: Vec<u8>, plaintext: Vec<u8>, prefix: Vec<u8>) {
        let key = AesGcm::new(&key).expect("32 bytes");
        let mut out = prefix.clone();
        key.seal_into(&iv, &aad, &plaintext, &mut out);
        prop_assert_eq!(&out[..prefix.len()], &prefix);
        let sealed = &out[prefix.len()..];
        prop_assert_eq!(sealed, key.seal(&iv, &aad, &plaintext));
        let opened = key.open(&iv, &aad, sealed);
        prop_assert_eq!(opened.as_ref().map(|opened| opened.expose()), Ok(plaintext.as_slice()));
    }

    #[test]
    fn a_flipped_bit_anywhere_is_found(plaintext: Vec<u8>, at: prop::sample::Index, bit in 0..8_u8) {
        let key = AesGcm::new(&[3; 16]).expect("16 bytes");
        let (iv, aad) = ([4; 12], b"context".to_vec());
        let sealed = key.seal(&iv, &aad, &plaintext);
        let mut parts = [iv.to_vec(), aad, sealed];
        let mut at = at.index(parts.iter().map(Vec::len).sum());
        for part in &mut parts {
            if at < part.len() {
                part[at] ^= 1 << bit;
                break;
            }
            at -= part.len();
        }
        let iv = parts[0].clone().try_into().expect("12 bytes");
        prop_assert_eq!(key.open(&iv, &parts[1], &parts[2]), Err(Error::NotAuthentic));
    }
}
